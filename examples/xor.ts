// XOR: the smallest problem that no single layer can learn, and one hidden layer can.
//
//     bun examples/xor.ts
import { F, init, manualSeed, nn, noGrad, optim, tensor } from "otograd";
import { learned, steps } from "./run.ts";

await init();
manualSeed(1);

const pairs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const labels = pairs.map(([a, b]) => a! ^ b!);

const inputs = tensor(pairs);
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 2));
const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });

for (let step = 1; step <= steps(200); step++) {
  optimizer.zeroGrad();
  const loss = F.crossEntropy(model.forward(inputs), labels);
  loss.backward();
  optimizer.step();
  if (step % 40 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(4)}`);
}

const probabilities = noGrad(() => F.softmax(model.forward(inputs), 1));
const rows = (await probabilities.tolist()) as [no: number, yes: number][];
for (const [i, [no, yes]] of rows.entries()) {
  const answer = yes > no ? 1 : 0;
  console.log(`${pairs[i]!.join(" xor ")} = ${answer}   (sure to ${(100 * Math.max(no, yes)).toFixed(1)} %)`);
}
learned(
  `${rows.filter(([no, yes], i) => Number(yes > no) === labels[i]).length} of 4 rows of the truth table`,
  rows.every(([no, yes], i) => Number(yes > no) === labels[i]),
);
