// `bun run predict RUN FILE…`: what a trained network hears in sound files, for people or as JSON.
import { segmentSpan } from "../features/segment-times.ts";
import { listen } from "../features/stretches.ts";
import { networkOf } from "../learning/checkpoint.ts";
import { largestArray } from "../learning/model.ts";
import { openRun } from "../learning/open-run.ts";
import { refusalOf } from "../learning/openset/file.ts";
import { closest, type Refusal, refuses } from "../learning/openset/refusal.ts";
import { openGpu } from "../learning/prepare.ts";
import { bestOf, type Hearing, Predictor, saidOf, verdict } from "../predict/predictor.ts";
import { describe, ranking } from "../predict/text.ts";
import type { Config } from "../runs/config.ts";
import { listSounds } from "../sound/sound-list.ts";
import { tame } from "../terminal/errors.ts";
import { jsonLine } from "../terminal/json.ts";
import type { Session } from "../terminal/session.ts";
import { type Hearer, hearFiles, type Read, rounded, stdoutStyle } from "./hear.ts";

export interface PredictOptions {
  json?: boolean;
  /** How many classes to show; by default 3, in JSON all. */
  top?: number;
}

/** Returns how many of the files could not be read; each of them has had its line on stderr. */
export async function predictCommand(
  path: string,
  names: string[],
  options: PredictOptions,
  session: Session,
): Promise<number> {
  const run = openRun(path);
  const { config } = run;
  const weights = run.folder.readModel();
  const refusal = refusalOf(run.folder, config, (line) => session.progress.warn(line));
  const files = listSounds(names);
  const maxBytes = largestArray(await openGpu());
  const predictor = new Predictor(networkOf(run, weights), { ...config, refusal }, maxBytes);
  const hearer: Hearer<Hearing> = {
    begin: () => ({ segments: [], silent: [], pending: 0 }),
    async *hear(hearing, sound) {
      for await (const stretch of listen(sound, config.recipe.frontEnd))
        yield await predictor.add(hearing, stretch);
    },
    finish: () => predictor.finish(),
    tell: (read) =>
      options.json === true
        ? [json(read, config, refusal, options.top)]
        : text(read, config, refusal, options.top),
  };
  return hearFiles(files, hearer, options, session);
}

function text(
  { name, extent, hearing }: Read<Hearing>,
  { classes, recipe }: Config,
  refusal: Refusal | null,
  top = 3,
): string[] {
  const subject = { classes, frontEnd: recipe.frontEnd, top, refusal };
  return describe(tame(name), extent, hearing, subject, stdoutStyle());
}

function json(
  { path, extent, hearing }: Read<Hearing>,
  { classes, recipe }: Config,
  refusal: Refusal | null,
  top?: number,
): string {
  const told = verdict(hearing);
  const { silent, probabilities, similarities } = told;
  const ranked = ranking(probabilities).slice(0, top);
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
