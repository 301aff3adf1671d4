// Two networks against each other (Goodfellow et al. 2014), both convolutional (Radford et al. 2016): one draws digits, the
// other tells drawings from the first one's. In the end a third, which only ever saw real digits, says what it reads in
// the forgeries.
//
//     bun examples/dcgan.ts
import { F, init, manualSeed, nn, noGrad, ones, optim, randn, type Tensor, tensor, zeros } from "otograd";
import { digits, picture } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const SIZE = 16;
const LATENT = 16;
const BATCH = 50;

class Generator extends nn.Module {
  readonly start = new nn.Linear(LATENT, 32 * 4 * 4);
  readonly norm1 = new nn.BatchNorm2d(32);
  readonly up1 = new nn.ConvTranspose2d(32, 16, 4, { stride: 2, padding: 1 });
  readonly norm2 = new nn.BatchNorm2d(16);
  readonly up2 = new nn.ConvTranspose2d(16, 1, 4, { stride: 2, padding: 1 });

  /** Noise [n, 16] to pictures [n, 1, 16, 16] from 0 to 1. */
  forward(noise: Tensor): Tensor {
    const small = this.norm1.forward(this.start.forward(noise).reshape([-1, 32, 4, 4])).relu();
    return this.up2.forward(this.norm2.forward(this.up1.forward(small)).relu()).sigmoid();
  }
}

class Discriminator extends nn.Module {
  readonly conv1 = new nn.Conv2d(1, 16, 4, { stride: 2, padding: 1 });
  readonly conv2 = new nn.Conv2d(16, 32, 4, { stride: 2, padding: 1 });
  readonly norm = new nn.BatchNorm2d(32);
  readonly output: nn.Linear;

  constructor(outputs: number) {
    super();
    this.output = new nn.Linear(32 * 4 * 4, outputs);
  }

  forward(x: Tensor): Tensor {
    const edges = this.conv1.forward(x).leakyRelu(0.2);
    return this.output.forward(this.norm.forward(this.conv2.forward(edges)).leakyRelu(0.2).flatten(1));
  }
}

await init();
manualSeed(1);
const { pixels, labels, shape } = digits(1000, SIZE, 1);
const images = tensor(pixels, { shape });
const batch = (step: number) => images.narrow(0, (step % 20) * BATCH, BATCH);

const [generator, critic] = [new Generator(), new Discriminator(1)];
const [drawing, judging] = [generator, critic].map(
  (model) => new optim.Adam(model.parameters(), { lr: 0.002, betas: [0.5, 0.999] }),
) as [optim.Adam, optim.Adam];
const [yes, no] = [ones([BATCH, 1]), zeros([BATCH, 1])];

const total = steps(500);
for (let step = 1; step <= total; step++) {
  const made = generator.forward(randn([BATCH, LATENT]));
  const judged = F.binaryCrossEntropyWithLogits(critic.forward(batch(step)), yes.mul(0.9)).add(
    F.binaryCrossEntropyWithLogits(critic.forward(made.detach()), no),
  );
  judging.zeroGrad();
  judged.backward();
  judging.step();

  const fooled = F.binaryCrossEntropyWithLogits(critic.forward(made), yes);
  drawing.zeroGrad();
  fooled.backward();
  drawing.step();
  if (step % 100 === 0)
    console.log(
      `step ${step}   judge's loss ${(await judged.item()).toFixed(3)}   forger's ${(await fooled.item()).toFixed(3)}`,
    );
}

// A reader of real digits, and what it makes of the forgeries: sure of most, and not always of the same.
const reader = new Discriminator(10);
const reading = new optim.Adam(reader.parameters(), { lr: 0.003 });
for (let step = 0; step < steps(80); step++) {
  const first = (step % 20) * BATCH;
  const loss = F.crossEntropy(reader.forward(batch(step)), labels.slice(first, first + BATCH));
  reading.zeroGrad();
  loss.backward();
  reading.step();
}
generator.eval();
reader.eval();
const forged = noGrad(() => generator.forward(randn([200, LATENT])));
console.log(picture(await forged.data(), SIZE, 6));
const chances = (await noGrad(() => reader.forward(forged).softmax(1)).tolist()) as number[][];
const sure = chances.filter((each) => Math.max(...each) > 0.8);
const kinds = new Set(sure.map((each) => each.indexOf(Math.max(...each)))).size;
learned(
  `${sure.length} of 200 forgeries are read for sure, as ${kinds} different digits`,
  sure.length >= 110 && kinds >= 6,
);
