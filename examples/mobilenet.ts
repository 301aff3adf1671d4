// Inverted residuals (Sandler et al. 2018): a block widens by a 1 × 1 convolution, looks around in each channel by itself,
// and narrows again. A digit reader of four such blocks, with few numbers to learn.
//
//     bun examples/mobilenet.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { digits } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const SIZE = 16;
const BATCH = 50;

class InvertedResidual extends nn.Module {
  readonly body: nn.Sequential;
  private readonly residual: boolean;

  constructor(channels: number, outputs: number, stride: number) {
    super();
    const wide = 4 * channels;
    this.residual = stride === 1 && channels === outputs;
    this.body = new nn.Sequential(
      new nn.Conv2d(channels, wide, 1, { bias: false }),
      new nn.BatchNorm2d(wide),
      new nn.Hardswish(),
      new nn.Conv2d(wide, wide, 3, { stride, padding: 1, groups: wide, bias: false }),
      new nn.BatchNorm2d(wide),
      new nn.Hardswish(),
      new nn.Conv2d(wide, outputs, 1, { bias: false }),
      new nn.BatchNorm2d(outputs),
    );
  }

  forward(x: Tensor): Tensor {
    const made = this.body.forward(x);
    return this.residual ? x.add(made) : made;
  }
}

class MobileNet extends nn.Module {
  readonly stem = new nn.Conv2d(1, 8, 3, { padding: 1 });
  readonly blocks = new nn.Sequential(
    new InvertedResidual(8, 8, 1),
    new InvertedResidual(8, 16, 2),
    new InvertedResidual(16, 16, 1),
    new InvertedResidual(16, 24, 2),
  );
  readonly output = new nn.Linear(24, 10);

  /** Images [n, 1, h, w] to the logits of ten digits [n, 10]. */
  forward(x: Tensor): Tensor {
    const parts = this.blocks.forward(F.hardswish(this.stem.forward(x)));
    return this.output.forward(F.adaptiveAvgPool2d(parts, 1).flatten(1));
  }
}

await init();
manualSeed(1);
const train = digits(1000, SIZE, 1);
const test = digits(200, SIZE, 2);
const images = tensor(train.pixels, { shape: train.shape });
const model = new MobileNet();
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
const perEpoch = train.labels.length / BATCH;
const total = steps(5 * perEpoch);
for (let step = 0; step < total; step++) {
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
const numbers = model.parameters().reduce((sum, parameter) => sum + parameter.numel(), 0);
learned(`${right} of ${test.labels.length} unseen digits by ${numbers} numbers`, right >= 190);
