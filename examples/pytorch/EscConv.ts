// The blog's EscConv with batch norm as its public PyTorch code has it, by its own names, so that its state dict loads
// as it is: fields are named as there, and modules in a row are numbered as there.
import { F, nn, type Tensor } from "otograd";

/** [segments, 2, 60, 41] → log-probabilities [segments, classes]. */
export class EscConv extends nn.Module {
  readonly conv1: nn.Sequential;
  readonly conv2: nn.Sequential;
  readonly fc1: nn.Sequential;
  readonly fc2: nn.Sequential;

  constructor(classes = 50, hidden = 5000) {
    super();
    this.conv1 = conv(2, [57, 6], [4, 3]);
    this.conv2 = conv(80, [1, 3], [1, 3]);
    this.fc1 = dense(240, hidden);
    this.fc2 = dense(hidden, classes); // batch norm and ReLU on the logits too
  }

  logits(x: Tensor): Tensor {
    return this.fc2.forward(this.fc1.forward(this.conv2.forward(this.conv1.forward(x)).flatten(1)));
  }

  forward(x: Tensor): Tensor {
    return F.logSoftmax(this.logits(x), 1);
  }
}

type Pair = [number, number];

function conv(inputs: number, kernel: Pair, pool: Pair): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(inputs, 80, kernel),
    new nn.BatchNorm2d(80),
    new nn.ReLU(),
    new nn.MaxPool2d(pool, { stride: [1, 3] }),
  );
}

function dense(inputs: number, outputs: number): nn.Sequential {
  return new nn.Sequential(new nn.Linear(inputs, outputs), new nn.BatchNorm1d(outputs), new nn.ReLU());
}
