// `bun run predict RUN FILE…`: what a trained network hears in sound files, for people or as JSON.
import pico from "picocolors";
import { type Extent, segmentSpan } from "../features/segment-times.ts";
import { listen } from "../features/stretches.ts";
import { largestArray } from "../learning/model.ts";
import { networkOf, openRun } from "../learning/open-run.ts";
import { refusalOf } from "../learning/openset/file.ts";
import { closest, type Refusal, refuses } from "../learning/openset/refusal.ts";
import { openGpu } from "../learning/prepare.ts";
import { bestOf, type Hearing, Predictor, saidOf, verdict } from "../predict/predictor.ts";
import { describe, ranking } from "../predict/text.ts";
import type { Config } from "../runs/config.ts";
import { Sound } from "../sound/sound-file.ts";
import { listSounds } from "../sound/sound-list.ts";
import { SoundError, tame } from "../terminal/errors.ts";
import { jsonLine } from "../terminal/json.ts";
import type { Session } from "../terminal/session.ts";
import { throwIfStopped } from "../terminal/signals.ts";
import { stdoutClosed } from "../terminal/stdout.ts";

export interface PredictOptions {
  json?: boolean;
  /** How many classes to show; by default 3, in JSON all. */
  top?: number;
}

/** A sound that was read, and is printed when all of it has been through the network. */
interface Read {
  path: string;
  name: string;
  extent: Extent;
  hearing: Hearing;
}

/** Returns how many of the files could not be read; each of them has had its line on stderr. */
export async function predictCommand(
  path: string,
  names: string[],
  options: PredictOptions,
  session: Session,
): Promise<number> {
  const { progress, stop } = session;
  const run = openRun(path);
  const { config } = run;
  const weights = run.folder.readModel();
  const refusal = refusalOf(run.folder, config);
  const files = listSounds(names);
  const maxBytes = largestArray(await openGpu());
  const predictor = new Predictor(networkOf(run, weights), { ...config, refusal }, maxBytes);
  const bytes = files.reduce((sum, file) => sum + (file instanceof SoundError ? 0 : file.size), 0);
  let bytesDone = 0;
  let failed = 0;
  const fail = (error: SoundError) => {
    progress.say(`error: ${tame(error.message, 2000)}`);
    failed++;
  };
  const printer = new Printer(config, refusal, options, session, fail);
  for (const [i, file] of files.entries()) {
    if (file instanceof SoundError) {
      fail(file);
      continue;
    }
    const hearing: Hearing = { segments: [], silent: [], pending: 0 };
    try {
      using sound = await Sound.open(file.path);
      for await (const stretch of listen(sound, config.recipe.frontEnd)) {
        await predictor.add(hearing, stretch);
        await Bun.sleep(0); // a turn for Ctrl-C
        throwIfStopped(stop, `stopped at file ${i + 1} of ${files.length}`);
        const reached = bytesDone + Math.min(file.size, sound.bytes.reached);
        progress.share("listening", bytes === 0 ? 0 : reached / bytes);
      }
      const { name, seconds, sampleRate, flaw } = sound;
      if (flaw !== null) progress.warn(`${name}: ${flaw}`);
      printer.add({ path: file.path, name, extent: { seconds, sampleRate }, hearing });
    } catch (error) {
      if (!(error instanceof SoundError)) throw error;
      fail(error);
    }
    bytesDone += file.size;
    if (stdoutClosed()) return failed; // `| head`
  }
  await predictor.finish();
  printer.flush();
  return failed;
}

/** Prints sounds in the order in which they were read, as soon as they are done. */
class Printer {
  private readonly reads: Read[] = [];
  private printed = 0;
  constructor(
    private readonly config: Config,
    private readonly refusal: Refusal | null,
    private readonly options: PredictOptions,
    private readonly session: Session,
    private readonly fail: (error: SoundError) => void,
  ) {}

  add(read: Read): void {
    this.reads.push(read);
    this.flush();
  }

  flush(): void {
    while (this.reads[0]?.hearing.pending === 0) {
      const read = this.reads.shift()!;
      const { failed } = read.hearing;
      if (failed !== undefined) {
        this.fail(new SoundError(read.name, failed.message, { cause: failed }));
        continue;
      }
      const lines = this.options.json === true ? [this.json(read)] : this.text(read);
      for (const line of lines) this.session.print(line);
      this.printed++;
    }
  }

  private text({ name, extent, hearing }: Read): string[] {
    const { classes, recipe } = this.config;
    const { isTTY, columns = 80 } = process.stdout;
    const colorful = isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
    const lines = describe(
      tame(name),
      extent,
      hearing,
      { classes, frontEnd: recipe.frontEnd, top: this.options.top ?? 3, refusal: this.refusal },
      { columns, colors: pico.createColors(colorful) },
    );
    return this.printed === 0 ? lines : ["", ...lines];
  }

  private json({ path, extent, hearing }: Read): string {
    const { classes, recipe } = this.config;
    const { refusal } = this;
    const told = verdict(hearing);
    const { silent, probabilities, similarities } = told;
    const ranked = ranking(probabilities).slice(0, this.options.top);
    const other = refusal !== null && !silent && refuses(refusal, told);
    return jsonLine({
      file: path,
      seconds: rounded(extent.seconds),
      silent,
      class: silent || other ? null : classes[ranked[0]!],
      ...(refusal !== null && { other }),
      ...(similarities !== undefined && { similarity: rounded(closest(similarities)) }),
      probabilities: new Map(ranked.map((k) => [classes[k]!, rounded(probabilities[k]!)])),
      segments: hearing.segments.map((row, i) => {
        const { start, end } = segmentSpan(i, recipe.frontEnd, extent);
        const best = bestOf(hearing, i);
        const times = { start: rounded(start), end: rounded(end) };
        const none = refusal !== null && best !== null && refuses(refusal, saidOf(hearing, i), "segment");
        if (none) return { ...times, class: null, probability: null, other: true };
        if (best === null) return { ...times, class: null, probability: null };
        return { ...times, class: classes[best], probability: rounded(row[best]!) };
      }),
    });
  }
}

/** To six decimals: what float32 has. */
function rounded(value: number): number {
  return Number(value.toFixed(6));
}
