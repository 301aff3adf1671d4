// A U-Net (Ronneberger et al. 2015): which pixels of a noisy picture belong to a disc, and which to the square before it or
// the stripes behind? What is seen large on the way down is joined to what is seen sharp on the way up.
//
//     bun examples/unet.ts
import { cat, F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { generator, picture } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const SIZE = 32;
const BATCH = 16;

/** Pictures with a disc each, and its mask. */
function scenes(count: number, random: () => number): { pixels: Float32Array; masks: Float32Array } {
  const pixels = new Float32Array(count * SIZE * SIZE);
  const masks = new Float32Array(count * SIZE * SIZE);
  for (let i = 0; i < count; i++) {
    const [cx, cy, radius] = [8 + 16 * random(), 8 + 16 * random(), 4 + 5 * random()];
    const [left, top, side] = [24 * random(), 24 * random(), 5 + 5 * random()];
    const [wave, turn] = [0.4 + 0.6 * random(), 6.3 * random()];
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++) {
        const disc = (x - cx) ** 2 + (y - cy) ** 2 < radius ** 2;
        const square = x > left && x < left + side && y > top && y < top + side;
        const stripes = 0.25 + 0.25 * Math.sin(wave * (x * Math.cos(turn) + y * Math.sin(turn)));
        const at = (i * SIZE + y) * SIZE + x;
        pixels[at] = (square ? 0.8 : disc ? 0.75 : stripes) + 0.3 * (random() - 0.5);
        masks[at] = Number(disc && !square);
      }
  }
  return { pixels, masks };
}

class Block extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly norm: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;

  constructor(channels: number, outputs: number) {
    super();
    this.conv1 = new nn.Conv2d(channels, outputs, 3, { padding: 1 });
    this.norm = new nn.BatchNorm2d(outputs);
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1 });
  }

  forward(x: Tensor): Tensor {
    return this.conv2.forward(this.norm.forward(this.conv1.forward(x)).relu()).relu();
  }
}

class UNet extends nn.Module {
  readonly down1 = new Block(1, 8);
  readonly down2 = new Block(8, 16);
  readonly bottom = new Block(16, 32);
  readonly raise2 = new nn.ConvTranspose2d(32, 16, 2, { stride: 2 });
  readonly up2 = new Block(32, 16);
  readonly raise1 = new nn.ConvTranspose2d(16, 8, 2, { stride: 2 });
  readonly up1 = new Block(16, 8);
  readonly output = new nn.Conv2d(8, 1, 1);

  /** Pictures [n, 1, h, w] to the logits of each pixel's belonging to a disc. */
  forward(x: Tensor): Tensor {
    const sharp = this.down1.forward(x);
    const middle = this.down2.forward(F.maxPool2d(sharp, 2));
    const large = this.bottom.forward(F.maxPool2d(middle, 2));
    const back = this.up2.forward(cat([middle, this.raise2.forward(large)], 1));
    return this.output.forward(this.up1.forward(cat([sharp, this.raise1.forward(back)], 1)));
  }
}

await init();
manualSeed(1);
const random = generator(1);
const shape = [BATCH, 1, SIZE, SIZE];

const model = new UNet();
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.005 });
const total = steps(180);
const schedule = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: 0.01, totalSteps: total });
for (let step = 1; step <= total; step++) {
  const { pixels, masks } = scenes(BATCH, random);
  const loss = F.binaryCrossEntropyWithLogits(
    model.forward(tensor(pixels, { shape })),
    tensor(masks, { shape }),
  );
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  schedule.step();
  if (step % 60 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(4)}`);
}

model.eval();
const { pixels, masks } = scenes(BATCH, generator(2));
const logits = await noGrad(() => model.forward(tensor(pixels, { shape }))).data();
const found = Float32Array.from(logits, (logit) => Number(logit > 0));
console.log(picture(pixels, SIZE, 3), "\n");
console.log(picture(found, SIZE, 3));
let [both, either] = [0, 0];
for (const [i, mask] of masks.entries()) {
  if (mask === 1 && found[i] === 1) both++;
  if (mask === 1 || found[i] === 1) either++;
}
const overlap = (100 * both) / either;
learned(`discs are found so that ${overlap.toFixed(0)} % of what is true or was said is both`, overlap >= 80);
