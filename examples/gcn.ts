// A graph convolutional network (Kipf & Welling 2017) on Zachary's karate club (1977): who went with whom when the club
// split in two? Of its 34 members the network is told one on either side, and who met whom.
//
//     bun examples/gcn.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { learned, steps } from "./run.ts";

/** Who met whom outside of the club: under each member those with higher numbers. */
const MEETINGS = [
  [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31],
  [2, 3, 7, 13, 17, 19, 21, 30],
  [3, 7, 8, 9, 13, 27, 28, 32],
  [7, 12, 13],
  [6, 10],
  [6, 10, 16],
  [16],
  [],
  [30, 32, 33],
  [33],
  [],
  [],
  [],
  [33],
  [32, 33],
  [32, 33],
  [],
  [],
  [32, 33],
  [33],
  [32, 33],
  [],
  [32, 33],
  [25, 27, 29, 32, 33],
  [25, 27, 31],
  [31],
  [29, 33],
  [33],
  [31, 33],
  [32, 33],
  [32, 33],
  [32, 33],
  [33],
  [],
];
/** Who stayed with the instructor, member 0; the others went with the officer, member 33. */
const INSTRUCTORS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 21];
const MEMBERS = MEETINGS.length;

/** D^−½ (A + 1) D^−½: each member's neighbours and itself, weighted. [members, members] */
function neighbourhood(): Tensor {
  const near = Array.from({ length: MEMBERS }, (_, i) =>
    Array.from({ length: MEMBERS }, (_, j) => Number(i === j)),
  );
  for (const [i, others] of MEETINGS.entries()) for (const j of others) near[i]![j] = near[j]![i] = 1;
  const degree = near.map((row) => row.reduce((sum, each) => sum + each));
  return tensor(near.map((row, i) => row.map((each, j) => each / Math.sqrt(degree[i]! * degree[j]!))));
}

class GraphNetwork extends nn.Module {
  readonly hidden = new nn.Linear(MEMBERS, 16);
  readonly output = new nn.Linear(16, 2);

  constructor(private readonly near: Tensor) {
    super();
  }

  /** What is known of the members [members, features] to the logits of either side [members, 2]. */
  forward(x: Tensor): Tensor {
    const once = this.near.matmul(this.hidden.forward(x)).relu();
    return this.near.matmul(this.output.forward(once));
  }
}

await init();
manualSeed(1);

const nothing = tensor(
  Array.from({ length: MEMBERS }, (_, i) => Array.from({ length: MEMBERS }, (_, j) => Number(i === j))),
);
const model = new GraphNetwork(neighbourhood());
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01, weightDecay: 5e-4 });
// −100 is what cross-entropy ignores.
const told = Array.from({ length: MEMBERS }, (_, i) => (i === 0 ? 0 : i === MEMBERS - 1 ? 1 : -100));

const total = steps(200);
for (let step = 1; step <= total; step++) {
  const loss = F.crossEntropy(model.forward(nothing), told);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 50 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(4)}`);
}

const sides = await noGrad(() => model.forward(nothing).argmax(1)).data();
const right = Array.from(sides).filter((side, i) => side === (INSTRUCTORS.includes(i) ? 0 : 1)).length;
learned(`the side of ${right} of ${MEMBERS} members, having been told two`, right >= 31);
