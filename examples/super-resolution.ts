// Pictures enlarged threefold: a network that computes nine small pictures and shuffles their pixels into a large one (Shi
// et al. 2016), beside bilinear interpolation.
//
//     bun examples/super-resolution.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { digits, picture } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const SIZE = 24;
const FACTOR = 3;
const BATCH = 32;

class SubPixel extends nn.Module {
  readonly conv1 = new nn.Conv2d(1, 24, 5, { padding: 2 });
  readonly conv2 = new nn.Conv2d(24, 16, 3, { padding: 1 });
  readonly conv3 = new nn.Conv2d(16, FACTOR ** 2, 3, { padding: 1 });
  readonly shuffle = new nn.PixelShuffle(FACTOR);

  /** [n, 1, h, w] → [n, 1, 3 h, 3 w], as a correction of what interpolation makes. */
  forward(x: Tensor): Tensor {
    const details = this.conv3.forward(this.conv2.forward(this.conv1.forward(x).relu()).relu());
    return this.shuffle.forward(details).add(enlarged(x));
  }
}

const enlarged = (x: Tensor) => F.interpolate(x, { scaleFactor: FACTOR, mode: "bilinear" });

/** Peak signal-to-noise ratio of pictures from 0 to 1, in dB. */
const quality = async (made: Tensor, right: Tensor) => -10 * Math.log10(await F.mseLoss(made, right).item());

await init();
manualSeed(1);
const load = (count: number, seed: number) => {
  const { pixels, shape } = digits(count, SIZE, seed);
  return tensor(pixels, { shape });
};
const train = load(640, 1);
const test = load(100, 2);
const reduced = (x: Tensor) => F.avgPool2d(x, FACTOR);

const model = new SubPixel();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.003 });
const total = steps(200);
for (let step = 1; step <= total; step++) {
  const large = train.narrow(0, ((step - 1) % 20) * BATCH, BATCH);
  const loss = F.mseLoss(model.forward(reduced(large)), large);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 50 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(5)}`);
}

const made = noGrad(() => model.forward(reduced(test)));
const blurred = enlarged(reduced(test));
console.log("interpolated, learned, true:");
const shown = await Promise.all([blurred, made, test].map(async (x) => await x.narrow(0, 3, 1).data()));
console.log(picture(Float32Array.from(shown.flatMap((each) => [...each])), SIZE, 3));
const [better, before] = [await quality(made, test), await quality(blurred, test)];
learned(`${better.toFixed(1)} dB, where interpolation has ${before.toFixed(1)} dB`, better > before + 3);
