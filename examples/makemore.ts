// Names that nobody was given: a multilayer perceptron (Bengio et al. 2003) guesses each letter of a name from the three
// before it, and then makes up names letter by letter. After A. Karpathy's makemore.
//
//     bun examples/makemore.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor } from "otograd";
import { generator, pick } from "./data/digits.ts";
import { NAMES, vocabulary } from "./data/text.ts";
import { learned, steps } from "./run.ts";

const CONTEXT = 3;
const BATCH = 128;
const letters = vocabulary(".abcdefghijklmnopqrstuvwxyz"); // the dot begins and ends a name

class NextLetter extends nn.Module {
  readonly embedding = new nn.Embedding(letters.size, 10);
  readonly hidden = new nn.Linear(CONTEXT * 10, 100);
  readonly norm = new nn.BatchNorm1d(100);
  readonly output = new nn.Linear(100, letters.size);

  /** The letters before [n][CONTEXT] to the logits of the next [n, 27]. */
  forward(before: readonly number[]): Tensor {
    const known = this.embedding.forward(before).reshape([-1, CONTEXT * 10]);
    return this.output.forward(this.norm.forward(this.hidden.forward(known)).tanh());
  }
}

/** Every letter of the names, each with the three before it. */
function examples(names: readonly string[]): { before: number[][]; next: number[] } {
  const [before, next]: [number[][], number[]] = [[], []];
  for (const name of names) {
    const coded = letters.encode(`${".".repeat(CONTEXT)}${name}.`);
    for (let i = CONTEXT; i < coded.length; i++) {
      before.push(coded.slice(i - CONTEXT, i));
      next.push(coded[i]!);
    }
  }
  return { before, next };
}

await init();
manualSeed(1);
const random = generator(1);

const held = NAMES.filter((_, i) => i % 10 === 0);
const train = examples(NAMES.filter((_, i) => i % 10 !== 0));
const test = examples(held);
const model = new NextLetter();
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.005, weightDecay: 2 });

const total = steps(300);
for (let step = 1; step <= total; step++) {
  const batch = Array.from({ length: BATCH }, () => Math.floor(random() * train.next.length));
  const loss = F.crossEntropy(
    model.forward(batch.flatMap((i) => train.before[i]!)),
    batch.map((i) => train.next[i]!),
  );
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 100 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(3)}`);
}

model.eval();
const loss = await noGrad(() => F.crossEntropy(model.forward(test.before.flat()), test.next)).item();
const made: string[] = [];
while (made.length < 8) {
  let name = ".".repeat(CONTEXT);
  do {
    const before = letters.encode(name.slice(-CONTEXT));
    const chances = await noGrad(() => model.forward(before).softmax(1)).data();
    name += letters.decode([pick(chances, random())]);
  } while (!name.endsWith(".") && name.length < 15);
  made.push(name.replaceAll(".", ""));
}
console.log(made.join(" "));
learned(
  `${loss.toFixed(3)} nats a letter of names that it never saw (${Math.log(27).toFixed(3)} by chance)`,
  loss < 2.4,
);
