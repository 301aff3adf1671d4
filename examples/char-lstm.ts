// A recurrent network that learns two sonnets by heart, letter by letter, and goes on with a line by itself (A. Karpathy's
// "The Unreasonable Effectiveness of Recurrent Neural Networks").
//
//     bun examples/char-lstm.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { SONNETS, vocabulary } from "./data/text.ts";
import { learned, steps } from "./run.ts";

const STEPS = 48;
const HIDDEN = 128;
const letters = vocabulary(SONNETS);

class Reader extends nn.Module {
  readonly embedding = new nn.Embedding(letters.size, 32);
  readonly lstm = new nn.LSTM(32, HIDDEN);
  readonly output = new nn.Linear(HIDDEN, letters.size);

  /** Letters [steps, batch] to the logits of the next ones [steps, batch, letters], and the state to go on with. */
  forward(text: Tensor, state?: [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] {
    const [hidden, last] = this.lstm.forward(this.embedding.forward(text), state);
    return [this.output.forward(hidden), last];
  }
}

await init();
manualSeed(1);

// Every stretch of the text that begins at a multiple of eight: [steps, stretches], and the same one letter later.
const coded = letters.encode(SONNETS);
const starts = Array.from({ length: Math.floor((coded.length - STEPS - 1) / 8) }, (_, i) => 8 * i);
const stretch = (batch: readonly number[], later: number) =>
  Array.from({ length: STEPS }, (_, t) => batch.map((start) => coded[start + t + later]!)).flat();

const model = new Reader();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
const total = steps(250);
let last = 0;
for (let step = 1; step <= total; step++) {
  const batch = starts.filter((_, i) => i % 5 === step % 5);
  const text = tensor(Uint32Array.from(stretch(batch, 0)), { shape: [STEPS, batch.length] });
  const [logits] = model.forward(text);
  const loss = F.crossEntropy(logits.reshape([-1, letters.size]), stretch(batch, 1));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 25 === 0 || step === total) {
    last = await loss.item();
    if (step % 50 === 0) console.log(`step ${step}   loss ${last.toFixed(3)}`);
  }
}

let said = "shall i compare";
let state: [Tensor, Tensor] | undefined;
let next = letters.encode(said);
while (said.length < 120) {
  const text = tensor(Uint32Array.from(next), { shape: [next.length, 1] });
  const [logits, now] = noGrad(() => model.forward(text, state));
  state = now;
  const guesses = await logits.argmax(2).data();
  next = [guesses.at(-1)!];
  said += letters.decode(next);
}
console.log(`\n${said}…\n`);
learned(
  `${last.toFixed(3)} nats a letter, and goes on with "${said.slice(15, 41).replaceAll("\n", " / ")}"`,
  last < 0.3,
);
