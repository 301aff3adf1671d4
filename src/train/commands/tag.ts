// `bun run tag FILE…`: which of AudioSet's 527 sounds are heard in files, and when; nothing has to be trained for it.
import { segmentSpan } from "../features/segment-times.ts";
import { resampledParts } from "../features/stretches.ts";
import { windows } from "../features/windows.ts";
import { openGpu } from "../learning/prepare.ts";
import { bestOf, verdict } from "../predict/predictor.ts";
import { Tagger, type Tagging } from "../predict/tagger.ts";
import { describe, ranking } from "../predict/text.ts";
import { buildPretrained, type Pretrained } from "../pretrained/network.ts";
import { readPretrained } from "../pretrained/pretrained.ts";
import { listSounds } from "../sound/sound-list.ts";
import { tame } from "../terminal/errors.ts";
import { jsonLine } from "../terminal/json.ts";
import type { Session } from "../terminal/session.ts";
import { type Hearer, hearFiles, type Read, rounded, stdoutStyle } from "./hear.ts";

export interface TagOptions {
  json?: boolean;
  /** How many classes to show; by default 5, in JSON all. */
  top?: number;
}

/** A timeline leaves out what is less likely: of 527 names one is always the likeliest. */
const LEAST = 0.1;

/** Returns how many of the files could not be read; each of them has had its line on stderr. */
export async function tagCommand(names: string[], options: TagOptions, session: Session): Promise<number> {
  const files = readPretrained();
  await openGpu();
  return tagFiles(buildPretrained(files), names, options, session);
}

/** The same by any network of this kind; the GPU is open. */
export async function tagFiles(
  { network, settings, classes }: Pretrained,
  names: string[],
  options: TagOptions,
  session: Session,
): Promise<number> {
  const files = listSounds(names);
  const tagger = new Tagger(network, settings, classes.length);
  const tell = options.json === true ? json : text;
  const hearer: Hearer<Tagging> = {
    begin: () => tagger.begin(),
    async *hear(tagging, sound) {
      for await (const window of windows(resampledParts(sound, settings.sampleRate), tagger.windowSamples))
        yield await tagger.add(tagging, window);
    },
    finish: () => tagger.finish(),
    tell: (read) => tell(read, tagger, classes, options.top),
  };
  return hearFiles(files, hearer, options, session);
}

function text(
  { name, extent, hearing: tagging }: Read<Tagging>,
  tagger: Tagger,
  classes: readonly string[],
  top = 5,
): string[] {
  const { hearing, timing } = tagger.hearing(tagging);
  const frontEnd = { ...timing, silenceDb: Number.NEGATIVE_INFINITY }; // silence has a name among the classes
  const subject = { classes, frontEnd, top, least: LEAST };
  return describe(tame(name), extent, hearing, subject, stdoutStyle());
}

function json(
  { path, extent, hearing: tagging }: Read<Tagging>,
  tagger: Tagger,
  classes: readonly string[],
  top?: number,
): string[] {
  const { hearing, timing } = tagger.hearing(tagging);
  const { probabilities } = verdict(hearing);
  const ranked = ranking(probabilities).slice(0, top);
  const line = {
    file: path,
    seconds: rounded(extent.seconds),
    class: classes[ranked[0]!],
    probabilities: new Map(ranked.map((k) => [classes[k]!, rounded(probabilities[k]!)])),
    segments: hearing.segments.map((row, i) => {
      const { start, end } = segmentSpan(i, timing, extent);
      const best = bestOf(hearing, i)!;
      return {
        start: rounded(start),
        end: rounded(end),
        class: classes[best],
        probability: rounded(row[best]!),
      };
    }),
  };
  return [jsonLine(line)];
}
