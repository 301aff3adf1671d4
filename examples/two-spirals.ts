// Two spirals wound into each other: which one does a point of the plane belong to? The network only sees 200
// points with noise, and draws the whole plane in the end.
//
//     bun examples/two-spirals.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { learned, steps } from "./run.ts";

const POINTS = 100; // of each spiral
const TURNS = 1.5;

class Classifier extends nn.Module {
  readonly hidden1 = new nn.Linear(2, 32);
  readonly hidden2 = new nn.Linear(32, 32);
  readonly output = new nn.Linear(32, 2);

  /** Points [n, 2] to the logits of either spiral [n, 2]. */
  forward(points: Tensor): Tensor {
    const once = this.hidden1.forward(points).tanh();
    return this.output.forward(this.hidden2.forward(once).tanh());
  }
}

/** The points of one spiral, from the middle outwards; the other one is turned by half a circle. */
function spiral(which: 0 | 1): [number, number][] {
  return Array.from({ length: POINTS }, (_, i) => {
    const radius = 0.1 + (0.9 * i) / POINTS;
    const angle = 2 * Math.PI * TURNS * radius + Math.PI * which + 0.1 * Math.sin(7 * i); // some unevenness
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

await init();
manualSeed(1);

const points = [...spiral(0), ...spiral(1)];
const labels = points.map((_, i) => (i < POINTS ? 0 : 1));
const inputs = tensor(points);
const model = new Classifier();
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.02 });

let right = 0;
for (let step = 1; step <= steps(500); step++) {
  optimizer.zeroGrad();
  const loss = F.crossEntropy(model.forward(inputs), labels);
  loss.backward();
  optimizer.step();
  if (step % 100 === 0) {
    const guesses = (await noGrad(() => model.forward(inputs).argmax(1)).data()) as Uint32Array;
    right = labels.filter((label, i) => guesses[i] === label).length;
    console.log(
      `step ${step}   loss ${(await loss.item()).toFixed(4)}   ${right} of ${labels.length} points right`,
    );
  }
}

// The plane as the network sees it, the darker the surer, and the points that it learned from.
const [WIDTH, HEIGHT, SHADES] = [64, 32, " ░▒▓█"];
const plane = Array.from({ length: WIDTH * HEIGHT }, (_, i) => [
  (2.2 * ((i % WIDTH) + 0.5)) / WIDTH - 1.1,
  1.1 - (2.2 * (Math.floor(i / WIDTH) + 0.5)) / HEIGHT,
]);
const probability = await noGrad(() => model.forward(tensor(plane)).softmax(1).narrow(1, 1, 1)).data();
const picture = Array.from(probability, (p) => SHADES[Math.min(Math.floor(p * SHADES.length), 4)]!);
for (const [i, [x, y]] of points.entries()) {
  const column = Math.floor(((x + 1.1) / 2.2) * WIDTH);
  const row = Math.floor(((1.1 - y) / 2.2) * HEIGHT);
  picture[row * WIDTH + column] = labels[i] === 0 ? "o" : "x";
}
for (let row = 0; row < HEIGHT; row++) console.log(picture.slice(row * WIDTH, (row + 1) * WIDTH).join(""));
learned(`${right} of ${labels.length} points`, right === labels.length);
