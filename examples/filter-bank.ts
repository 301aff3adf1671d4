// Ears that learn where to listen: two tones a tenth of an octave apart, faint in noise under a loud hum. What a linear layer
// hears is eight bands of a spectrogram in decibels. Mel bands are too wide to tell the tones apart; bands whose centres and
// widths are learned, behind a pre-emphasis that is learned too, move to them: the gradient goes back through decibels, bands,
// the spectrogram and the wave. After N. Zeghidour et al., "LEAF: A Learnable Frontend for Audio Classification" (ICLR 2021).
//
//     bun examples/filter-bank.ts
import { audio, F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { generator } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const RATE = 8000;
const SAMPLES = 1024;
const BANDS = 8;
const BATCH = 64;
const TONES = [2350, 2520]; // Hz
const spectrogram = new audio.Spectrogram({ nFft: 256, hopLength: 128 });
const hertz = Float32Array.from({ length: 129 }, (_, bin) => (bin * RATE) / 256);

/** Mel's centres and widths of bands, in kHz. */
function melBands(): { centres: number[]; widths: number[] } {
  const mel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const corner = (i: number) => 0.7 * (10 ** ((i * mel(RATE / 2)) / (BANDS + 1) / 2595) - 1);
  const bands = Array.from({ length: BANDS }, (_, i) => i + 1);
  return { centres: bands.map(corner), widths: bands.map((i) => (corner(i + 1) - corner(i - 1)) / 4) };
}

class Listener extends nn.Module {
  private readonly emphasis = new nn.Parameter(tensor([0]));
  readonly centres = new nn.Parameter(tensor(melBands().centres));
  private readonly widths = new nn.Parameter(tensor(melBands().widths));
  private readonly norm = new nn.BatchNorm1d(BANDS);
  private readonly output = new nn.Linear(BANDS, TONES.length);

  /** @param ears whether what stands before the linear layer learns as well */
  constructor(private readonly ears: boolean) {
    super();
  }

  /** Waves [n, samples] to logits [n, 2]. */
  forward(waves: Tensor): Tensor {
    return this.output.forward(
      this.norm.forward(this.ears ? this.heard(waves) : noGrad(() => this.heard(waves))),
    );
  }

  /** The level of each band, in decibels: [n, bands]. */
  private heard(waves: Tensor): Tensor {
    const earlier = audio.delay(waves, 1);
    const power = spectrogram.forward(waves.sub(earlier.mul(this.emphasis))); // [n, bins, frames]
    const away = tensor(hertz.map((f) => f / 1000))
      .sub(this.centres.unsqueeze(1))
      .div(this.widths.unsqueeze(1));
    const weights = away.square().mul(-0.5).exp(); // [bands, bins]
    return audio.amplitudeToDb(weights.matmul(power), { amin: 1e-6 }).mean(2);
  }
}

const random = generator(3);
/** Waves, and which tone each has. */
function sounds(n: number): { waves: Tensor; tones: number[] } {
  const waves = new Float32Array(n * SAMPLES);
  const tones = Array.from({ length: n }, () => Math.floor(random() * TONES.length));
  for (const [i, tone] of tones.entries()) {
    const [hum, pitch] = [100 + 100 * random(), TONES[tone]! + 30 * (random() - 0.5)];
    const [a, b] = [6.3 * random(), 6.3 * random()];
    for (let t = 0; t < SAMPLES; t++) {
      const angle = (2 * Math.PI * t) / RATE;
      const noise = random() + random() + random() - 1.5;
      waves[i * SAMPLES + t] = Math.sin(hum * angle + a) + 0.03 * Math.sin(pitch * angle + b) + 0.15 * noise;
    }
  }
  return { waves: tensor(waves, { shape: [n, SAMPLES] }), tones };
}

/** Trains a listener; of sounds that it never heard, the share that it tells right. */
async function train(ears: boolean): Promise<{ listener: Listener; right: number }> {
  manualSeed(1);
  const listener = new Listener(ears);
  const optimizer = new optim.Adam(listener.parameters(), { lr: 0.02 });
  const total = steps(250);
  for (let step = 1; step <= total; step++) {
    const { waves, tones } = sounds(BATCH);
    const loss = F.crossEntropy(listener.forward(waves), tones);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    if (step % 50 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(3)}`);
  }
  listener.eval();
  const { waves, tones } = sounds(500);
  const told = await noGrad(() => listener.forward(waves).argmax(1)).data();
  return { listener, right: tones.filter((tone, i) => tone === told[i]).length / tones.length };
}

await init();
console.log("mel bands, which stay as they are");
const fixed = await train(false);
console.log("bands that learn");
const { listener, right } = await train(true);
const before = melBands().centres;
const after = await listener.centres.data();
console.log(
  `centres in kHz: ${before.map((kHz, i) => `${kHz.toFixed(2)} → ${after[i]!.toFixed(2)}`).join(", ")}`,
);
learned(
  `${(100 * right).toFixed(1)} % of unheard sounds right, ${(100 * fixed.right).toFixed(1)} % with mel bands as they are`,
  right > 0.9 && right > fixed.right + 0.1,
);
