// The first network that everybody trains: a small convnet (LeCun et al. 1998) that reads digits. These are drawn anew by
// data/digits.ts and not MNIST's, so that nothing has to be downloaded.
//
//     bun examples/mnist.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { digits, picture } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const BATCH = 50;
const SIZE = 14;

class Convnet extends nn.Module {
  readonly conv1 = new nn.Conv2d(1, 8, 3, { padding: 1 });
  readonly conv2 = new nn.Conv2d(8, 16, 3, { padding: 1 });
  readonly dropout = new nn.Dropout(0.25);
  readonly output = new nn.Linear(16 * 3 * 3, 10);

  /** Images [n, 1, 14, 14] to the logits of ten digits [n, 10]. */
  forward(x: Tensor): Tensor {
    const edges = F.maxPool2d(this.conv1.forward(x).relu(), 2);
    const parts = F.maxPool2d(this.conv2.forward(edges).relu(), 2);
    return this.output.forward(this.dropout.forward(parts.flatten(1)));
  }
}

await init();
manualSeed(1);

const train = digits(1000, SIZE, 1);
const test = digits(200, SIZE, 2);
console.log(picture(train.pixels, SIZE, 6));

const model = new Convnet();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.005 });
const images = tensor(train.pixels, { shape: train.shape });
const perEpoch = train.labels.length / BATCH;

for (let step = 0; step < steps(8 * perEpoch); step++) {
  const first = (step % perEpoch) * BATCH;
  const loss = F.crossEntropy(
    model.forward(images.narrow(0, first, BATCH)),
    train.labels.slice(first, first + BATCH),
  );
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if ((step + 1) % perEpoch === 0)
    console.log(`epoch ${(step + 1) / perEpoch}   loss ${(await loss.item()).toFixed(4)}`);
}

model.eval();
const guesses = await noGrad(() =>
  model.forward(tensor(test.pixels, { shape: test.shape })).argmax(1),
).data();
const right = test.labels.filter((label, i) => guesses[i] === label).length;
learned(`${right} of ${test.labels.length} digits that it never saw are read`, right >= 190);
