// What a network that knows sounds of several names at once (AudioSet's) hears in sounds of any length: of all of it, and over
// time. A picture of a window goes through the network once; the columns of what its last block made, a third of a second each,
// are classified as their mean is, which tells when. Windows of one length go through together, across sounds.
import { F, type nn, noGrad, type Tensor, tensor } from "../../index.ts";
import { LEAST_SECONDS, type PictureSettings, pictures } from "../features/audio-set.ts";
import type { Timing } from "../features/segment-times.ts";
import type { Window } from "../features/windows.ts";
import type { Hearing } from "./predictor.ts";

/** Frames of a picture that are one column of the last block: five strides of two. */
const FRAMES = 32;
/** Columns of a window, 10 s: AudioSet's clips are as long. */
const COLUMNS = 32;
/** Neighbouring columns of which each is the mean: one by itself, a third of a second, is too short to be told. */
const SMOOTHED = 3;
/** Samples that go through the network together, unless one window has more. */
const SAMPLES_AT_ONCE = 2 ** 20;
/** Samples that may wait for others of their length, … */
const WAITING_SAMPLES = 2 ** 22;
/** … and windows that may come meanwhile: a sound whose length no other has would wait for the last of all. */
const WINDOWS_MEANWHILE = 256;
/** Rows that are kept of a sound: where there would be more, neighbours become one. */
const MOST_ROWS = 1024;

/** What is heard in one sound. */
export interface Tagging {
  pending: number;
  /** Probabilities of each class, summed up over windows by their length, and these lengths. */
  readonly sums: Float64Array;
  weight: number;
  readonly times: Times;
}

/** Probabilities over time, however long: at most MOST_ROWS rows of as many columns each as it takes. */
export class Times {
  /** Columns that are a row. */
  columns = 1;
  private rows: { sums: Float64Array; count: number }[] = [];

  add(column: number, probabilities: Float32Array): void {
    while (Math.floor(column / this.columns) >= MOST_ROWS) this.halve();
    const index = Math.floor(column / this.columns);
    while (this.rows.length <= index) this.rows.push(this.empty(probabilities.length));
    const row = this.rows[index]!;
    for (const [k, p] of probabilities.entries()) row.sums[k]! += p;
    row.count++;
  }

  /** The mean of each row. */
  means(): Float32Array[] {
    return this.rows.map(({ sums, count }) => Float32Array.from(sums, (sum) => sum / Math.max(1, count)));
  }

  private empty(classes: number) {
    return { sums: new Float64Array(classes), count: 0 };
  }

  private halve(): void {
    const pairs = this.rows.filter((_, i) => i % 2 === 0);
    for (const [i, row] of pairs.entries()) {
      const next = this.rows[2 * i + 1];
      if (next === undefined) continue;
      for (const [k, sum] of next.sums.entries()) row.sums[k]! += sum;
      row.count += next.count;
    }
    this.rows = pairs;
    this.columns *= 2;
  }
}

interface Waiting {
  tagging: Tagging;
  window: Window;
}

export class Tagger {
  /** Samples of a window, at the settings' rate: give it windows that begin at multiples of that. */
  readonly windowSamples: number;
  private readonly columnSamples: number;
  /** In the order of the first of each, which came as the `at`th. */
  private readonly waiting = new Map<number, { at: number; windows: Waiting[] }>();
  private samplesWaiting = 0;
  private added = 0;
  private running = Promise.resolve();

  constructor(
    private readonly network: nn.MN,
    private readonly settings: PictureSettings,
    private readonly classes: number,
  ) {
    this.columnSamples = FRAMES * settings.hopLength;
    this.windowSamples = COLUMNS * this.columnSamples;
  }

  begin(): Tagging {
    return { pending: 0, sums: new Float64Array(this.classes), weight: 0, times: new Times() };
  }

  /** Takes a window of a sound; what is heard in it is in the tagging sooner or later, after finish() at the latest. */
  async add(tagging: Tagging, window: Window): Promise<void> {
    tagging.pending++;
    const { length } = window.samples;
    const { at, windows } = this.waiting.get(length) ?? { at: this.added, windows: [] };
    windows.push({ tagging, window });
    this.waiting.set(length, { at, windows });
    this.samplesWaiting += length;
    this.added++;
    if ((windows.length + 1) * length > SAMPLES_AT_ONCE) await this.run(length);
    const [first, oldest] = this.waiting.entries().next().value ?? [length, { at: this.added }];
    if (this.samplesWaiting > WAITING_SAMPLES || this.added - oldest.at > WINDOWS_MEANWHILE)
      await this.run(first);
  }

  /** Computes what still waits for others of its length. */
  async finish(): Promise<void> {
    for (const length of [...this.waiting.keys()]) await this.run(length);
    await this.running;
  }

  private async run(length: number): Promise<void> {
    const batch = this.waiting.get(length)!.windows;
    this.waiting.delete(length);
    this.samplesWaiting -= batch.length * length;
    const result = this.tell(batch.map(({ window }) => window.samples));
    await this.running; // the batch before; this one is on the GPU while the next is decoded
    this.running = result.then(({ whole, columns }) => this.deliver(batch, whole, columns));
    this.running.catch(() => {}); // reported by whoever awaits it next
  }

  /** The probabilities [windows, classes] of each window and [windows, columns, classes] of its columns. */
  private async tell(
    waves: readonly Float32Array[],
  ): Promise<{ whole: Float32Array; columns: Float32Array }> {
    const length = Math.max(waves[0]!.length, LEAST_SECONDS * this.settings.sampleRate);
    const joined = new Float32Array(waves.length * length);
    for (const [i, wave] of waves.entries()) joined.set(wave, i * length);
    const { whole, columns } = noGrad(() => {
      const seen = this.network.blocks(
        pictures(tensor(joined, { shape: [waves.length, length] }), this.settings),
      );
      const classify = (rows: Tensor) => this.network.classify(rows).sigmoid();
      const acrossBands = F.avgPool2d(seen, [seen.shape[2]!, 1]).squeeze(2); // as mean(2), and sooner compiled
      const columns = F.avgPool1d(acrossBands, SMOOTHED, {
        stride: 1,
        padding: (SMOOTHED - 1) / 2,
        countIncludePad: false,
      });
      return {
        whole: classify(this.network.pool(seen)),
        columns: classify(columns.transpose(1, 2).reshape([-1, this.network.embeddingSize])),
      };
    });
    const [a, b] = await Promise.all([whole.data(), columns.data()]);
    return { whole: a as Float32Array, columns: b as Float32Array };
  }

  private deliver(batch: readonly Waiting[], whole: Float32Array, columns: Float32Array): void {
    const count = columns.length / (batch.length * this.classes);
    for (const [i, { tagging, window }] of batch.entries()) {
      const { start, samples } = window;
      for (let k = 0; k < this.classes; k++)
        tagging.sums[k]! += samples.length * whole[i * this.classes + k]!;
      tagging.weight += samples.length;
      const own = Math.min(count, Math.ceil(samples.length / this.columnSamples));
      for (let c = 0; c < own; c++) {
        const from = (i * count + c) * this.classes;
        tagging.times.add(start / this.columnSamples + c, columns.subarray(from, from + this.classes));
      }
      tagging.pending--;
    }
  }

  /** What was heard, as predictions are told, and when its rows are. */
  hearing({ sums, weight, times, pending }: Tagging): { hearing: Hearing; timing: Timing } {
    const segments = times.means();
    const samples = times.columns * this.columnSamples;
    return {
      hearing: {
        segments,
        silent: segments.map(() => false),
        whole: sums.map((sum) => sum / weight),
        pending,
      },
      timing: {
        resamples: true,
        sampleRate: this.settings.sampleRate,
        segmentSamples: samples,
        segmentStep: samples,
      },
    };
  }
}
