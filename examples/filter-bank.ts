// A filter bank that learns where to listen: instead of mel bands, eight bands whose middles and widths are numbers to learn,
// by gradients through the spectrogram and the logarithm. Four kinds of tones, told apart by two close pitches.
//
//     bun examples/filter-bank.ts
import { audio, F, init, linspace, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { generator } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const RATE = 8000;
const LENGTH = 2048;
const BATCH = 32;
const BANDS = 8;
const PITCHES = [1400, 1500, 1600, 1700]; // between two of the even bands that it starts from

/** Noisy tones [n, LENGTH], of one pitch each, with a loud hum below that says nothing. */
function tones(count: number, random: () => number): { waves: Tensor; labels: number[] } {
  const labels = Array.from({ length: count }, (_, i) => i % PITCHES.length);
  const rows = labels.map((label) => {
    const [phase, hum, pitch] = [
      6.3 * random(),
      200 + 400 * random(),
      PITCHES[label]! + 40 * (random() - 0.5),
    ];
    return Array.from({ length: LENGTH }, (_, i) => {
      const t = (2 * Math.PI * i) / RATE;
      return 0.1 * Math.sin(pitch * t + phase) + 0.5 * Math.sin(hum * t) + 0.1 * (random() - 0.5);
    });
  });
  return { waves: tensor(rows), labels };
}

class Listener extends nn.Module {
  readonly spectrogram = new audio.Spectrogram({ nFft: 512, hopLength: 256 });
  /** Of each band, in hertz / 1000. */
  readonly middles = new nn.Parameter(linspace(0.5, 3.5, BANDS));
  readonly widths = new nn.Parameter(linspace(0.2, 0.2, BANDS));
  readonly output = new nn.Linear(BANDS, PITCHES.length);

  /** Each band's share of each frequency: a bell. [BANDS, frequencies] */
  filters(): Tensor {
    const frequencies = linspace(0, RATE / 2000, 257);
    const away = frequencies.sub(this.middles.unsqueeze(1)).div(this.widths.unsqueeze(1));
    return away.square().mul(-0.5).exp();
  }

  /** Waves [n, samples] to the logits of the pitches [n, 4]. */
  forward(waves: Tensor): Tensor {
    const power = this.spectrogram.forward(waves).mean(2); // [n, frequencies]
    const bands = power.matmul(this.filters().transpose(0, 1)).add(1e-3).log();
    return this.output.forward(bands);
  }
}

await init();
manualSeed(1);
const random = generator(1);
const model = new Listener();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.03 });

async function accuracy(): Promise<number> {
  const { waves, labels } = tones(200, generator(2));
  const guesses = await noGrad(() => model.forward(waves).argmax(1)).data();
  return labels.filter((label, i) => guesses[i] === label).length / labels.length;
}

const total = steps(200);
for (let step = 1; step <= total; step++) {
  const { waves, labels } = tones(BATCH, random);
  const loss = F.crossEntropy(model.forward(waves), labels);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 50 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(4)}`);
}

const middles = [...(await model.middles.data())].map((kilohertz) => Math.round(1000 * kilohertz));
console.log(`the bands' middles: ${middles.join(", ")} Hz`);
const right = await accuracy();
learned(`${(100 * right).toFixed(0)} % of four close pitches under a loud hum`, right >= 0.9);
