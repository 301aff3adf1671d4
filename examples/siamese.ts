// One network for two pictures (Bromley et al. 1994), taught by triplets (Schroff et al. 2015): a digit is to lie nearer to
// another drawing of itself than to a different digit. Seven digits are shown; the other three it must tell apart by what
// it learned from them, given one drawing of each.
//
//     bun examples/siamese.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { digits, generator } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const SIZE = 14;
const SHOWN = [0, 1, 2, 3, 5, 7, 8];
const NEW = [4, 6, 9];
const BATCH = 64;

class Embedder extends nn.Module {
  readonly conv1 = new nn.Conv2d(1, 16, 3, { padding: 1 });
  readonly conv2 = new nn.Conv2d(16, 32, 3, { padding: 1 });
  readonly output = new nn.Linear(32 * 3 * 3, 32);

  /** Images [n, 1, 14, 14] to points on a sphere [n, 32]. */
  forward(x: Tensor): Tensor {
    const edges = F.maxPool2d(this.conv1.forward(x).relu(), 2);
    const parts = F.maxPool2d(this.conv2.forward(edges).relu(), 2);
    return F.normalize(this.output.forward(parts.flatten(1)), { dim: 1 });
  }
}

await init();
manualSeed(1);
const random = generator(1);

const train = digits(700, SIZE, 1, SHOWN);
const images = tensor(train.pixels, { shape: train.shape });
const any = (fits: (label: number) => boolean): number => {
  for (;;) {
    const i = Math.floor(random() * train.labels.length);
    if (fits(train.labels[i]!)) return i;
  }
};

const model = new Embedder();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.002 });
const total = steps(120);
for (let step = 1; step <= total; step++) {
  const anchors = Array.from({ length: BATCH }, () => any(() => true));
  const alike = anchors.map((i) => any((label) => label === train.labels[i]));
  const others = anchors.map((i) => any((label) => label !== train.labels[i]));
  const points = (indices: readonly number[]) => model.forward(images.indexSelect(0, indices));
  const loss = F.tripletMarginLoss(points(anchors), points(alike), points(others), { margin: 0.5 });
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 30 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(4)}`);
}

// The first drawing of each new digit is what the others are compared with.
const test = digits(150, SIZE, 3, NEW);
const points = noGrad(() => model.forward(tensor(test.pixels, { shape: test.shape })));
const likeness = await points
  .matmul(points.narrow(0, 0, NEW.length).transpose(0, 1))
  .argmax(1)
  .data();
const right = test.labels.filter((label, i) => i >= NEW.length && NEW[likeness[i]!] === label).length;
const of = test.labels.length - NEW.length;
learned(`${right} of ${of} drawings of digits it never learned, by one drawing of each`, right >= 0.85 * of);
