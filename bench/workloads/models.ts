// The networks of list.ts as a user of otograd writes them. A peer's form of the same is in bench/peers.
import * as otograd from "../../src/index.ts";
import { cat, F, nn, randn, type Tensor, tensor } from "../../src/index.ts";
import { CONTEXT, gpt, LETTERS, letters, lstm } from "./characters.ts";
import type { ModelName } from "./list.ts";

export interface Model {
  build(): nn.Module<[Tensor], Tensor>;
  /** What a batch is, and what is to be learned of it. */
  draw(batch: number): { x: Tensor; y: Tensor };
  loss(output: Tensor, y: Tensor): Tensor;
}

/** Labels in turn, of ten classes: that no others occur is learned in the first steps, so that their losses fall in any batch. */
function labels(batch: number): Tensor {
  return tensor(Uint32Array.from({ length: batch }, (_, i) => i % 10));
}

const pictures = (...shape: number[]) => ({
  draw: (batch: number) => ({ x: randn([batch, ...shape]), y: labels(batch) }),
});

/** Rows of letters, and the letters that follow each. */
const text = (shape: (batch: number) => number[]) => ({
  draw: (batch: number) => ({
    x: tensor(letters(batch, 0), { shape: shape(batch) }),
    y: tensor(letters(batch, 1)),
  }),
  loss: (logits: Tensor, y: Tensor) => F.crossEntropy(logits.reshape([-1, LETTERS]), y),
});

class LeNet extends nn.Module<[Tensor], Tensor> {
  readonly conv1 = new nn.Conv2d(1, 6, 5, { padding: 2 });
  readonly conv2 = new nn.Conv2d(6, 16, 5);
  readonly fc1 = new nn.Linear(400, 120);
  readonly fc2 = new nn.Linear(120, 84);
  readonly fc3 = new nn.Linear(84, 10);

  forward(x: Tensor): Tensor {
    const edges = F.maxPool2d(this.conv1.forward(x).relu(), 2);
    const parts = F.maxPool2d(this.conv2.forward(edges).relu(), 2);
    return this.fc3.forward(this.fc2.forward(this.fc1.forward(parts.flatten(1)).relu()).relu());
  }
}

class Block extends nn.Module<[Tensor], Tensor> {
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

class UNet extends nn.Module<[Tensor], Tensor> {
  readonly down1 = new Block(1, 16);
  readonly down2 = new Block(16, 32);
  readonly bottom = new Block(32, 64);
  readonly raise2 = new nn.ConvTranspose2d(64, 32, 2, { stride: 2 });
  readonly up2 = new Block(64, 32);
  readonly raise1 = new nn.ConvTranspose2d(32, 16, 2, { stride: 2 });
  readonly up1 = new Block(32, 16);
  readonly output = new nn.Conv2d(16, 1, 1);

  forward(x: Tensor): Tensor {
    const sharp = this.down1.forward(x);
    const middle = this.down2.forward(F.maxPool2d(sharp, 2));
    const large = this.bottom.forward(F.maxPool2d(middle, 2));
    const back = this.up2.forward(cat([middle, this.raise2.forward(large)], 1));
    return this.output.forward(this.up1.forward(cat([sharp, this.raise1.forward(back)], 1)));
  }
}

const { crossEntropy, nllLoss } = F;

export const models: Readonly<Record<ModelName, Model>> = {
  mlp: {
    build: () => new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10)),
    ...pictures(784),
    loss: crossEntropy,
  },
  lenet: { build: () => new LeNet(), ...pictures(1, 28, 28), loss: crossEntropy },
  // With the paper's first weights the loss would hardly move in the few steps that are compared.
  piczak: {
    build: () => new nn.Piczak({ classes: 50, init: "pytorch" }),
    ...pictures(2, 60, 41),
    loss: nllLoss,
  },
  lstm: { build: () => lstm(otograd), ...text((batch) => [CONTEXT, batch]) },
  gpt: { build: () => gpt(otograd), ...text((batch) => [batch, CONTEXT]) },
  envnet: { build: () => new nn.EnvNet({ classes: 50 }), ...pictures(1, 24_014), loss: nllLoss },
  unet: {
    build: () => new UNet(),
    draw: (batch) => ({ x: randn([batch, 1, 64, 64]), y: randn([batch, 1, 64, 64]).heaviside(tensor(0)) }),
    loss: F.binaryCrossEntropyWithLogits,
  },
  mn04: { build: () => new nn.MN({ width: 0.4 }), ...pictures(1, 128, 500), loss: crossEntropy },
};
