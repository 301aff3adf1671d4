// Looks at any dataset clip by clip, whatever its layout: can everything be heard, and is anything in it that will surprise?
import { resolve } from "node:path";
import { Sound } from "../sound/sound-file.ts";
import { listSounds } from "../sound/sound-list.ts";
import { oneLine, SoundError, tame, UserError } from "../terminal/errors.ts";
import type { Talk } from "../terminal/talk.ts";
import { counted } from "../terminal/words.ts";
import { type Check, type Finding, foldCounts, hearAll, silence } from "./check.ts";
import { copiesIn } from "./content.ts";
import { foldsWithClips } from "./dataset.ts";
import { CLASS_FOLDERS } from "./layouts/class-folders.ts";
import { statsOf } from "./layouts/csv.ts";
import { digestOf, type ListedFile, toDataset } from "./listing.ts";
import { listingOf } from "./open.ts";
import { type Opening, refuseUnused } from "./opening.ts";

/** A class that has so many times the clips of another is worth a word. */
const UNEQUAL = 3;

/** Checks a dataset of any layout. Throws UserError where there is no list of clips that can be read, and Interrupted. */
export async function checkAny(source: string, opening: Opening, talk: Talk): Promise<Check> {
  const problems: Finding[] = [];
  const notes: Finding[] = [];
  const listing = listingOf(source, opening, ({ message }) => {
    problems.push({ file: null, fold: null, message });
  });
  const dataset = toDataset(listing, opening);
  refuseUnused(dataset, opening);
  for (const message of dataset.notes ?? []) notes.push({ file: null, fold: null, message });
  const { files } = listing;
  const { clips, classes } = dataset;
  const heard = await hearAll(files.length, (clip) => hear(files[clip]!), talk);
  heard.forEach(({ problems: bad, notes: odd }, clip) => {
    const { name: file, fold } = clips[clip]!;
    problems.push(...bad.map((message) => ({ file, fold, message })));
    notes.push(...odd.map((message) => ({ file, fold, message })));
  });
  const listed = clips.map(({ name, fold, label }) => ({ name, fold, category: classes[label]! }));
  for (const { clip, finding } of alike(listed, heard)) (clip ? problems : notes).push(finding);
  if (listing.kind !== CLASS_FOLDERS && statsOf(source)?.isDirectory())
    notes.push(...unlisted(source, files));
  const perClass = classes.map((name, label) => {
    const own = heard.filter((_, clip) => clips[clip]!.label === label);
    return { name, clips: own.length, seconds: sum(own.map(({ seconds }) => seconds)) };
  });
  const bySize = [...perClass].sort((a, b) => a.clips - b.clips);
  const [least, most] = [bySize[0]!, bySize.at(-1)!];
  if (most.clips > 0 && most.clips >= UNEQUAL * least.clips)
    notes.push({
      file: null,
      fold: null,
      message: `classes are unequal: ${most.name} has ${counted(most.clips, "clip")}, ${least.name} ${least.clips}`,
    });
  const seconds = heard.map((each) => each.seconds);
  return {
    folder: source,
    layout: null,
    kind: dataset.kind,
    clips: files.length,
    classes: classes.length,
    seconds: sum(seconds),
    folds: foldCounts(foldsWithClips(dataset), listed, seconds, problems, notes),
    perClass,
    problems,
    notes,
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

interface Heard {
  seconds: number;
  digest: string | null;
  problems: string[];
  notes: string[];
}

async function hear({ path }: ListedFile): Promise<Heard> {
  const heard: Heard = { seconds: 0, digest: null, problems: [], notes: [] };
  try {
    using sound = await Sound.open(path);
    let peak = 0;
    for await (const { samples } of sound.blocks())
      for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]!));
    heard.seconds = sound.seconds;
    if (sound.flaw !== null) heard.problems.push(`is damaged: ${sound.flaw}`);
    heard.notes.push(...silence(peak));
    heard.digest = await digestOf(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    heard.problems.push(error instanceof SoundError ? error.reason : oneLine(error));
  }
  return heard;
}

/** Files that are the same, byte for byte: worse where they are of two classes, or where one trains and the other tests. */
function alike(
  listed: readonly { name: string; fold: number; category: string }[],
  heard: readonly Heard[],
): { clip: boolean; finding: Finding }[] {
  return copiesIn(heard.map(({ digest }) => digest)).map(([i, other]) => {
    const [one, same] = [listed[i]!, listed[other]!];
    const apart = [
      ...(one.category === same.category ? [] : ["class"]),
      ...(one.fold === same.fold ? [] : ["fold"]),
    ];
    const message = `is the same file as ${same.name}${apart.length === 0 ? "" : `, of another ${apart.join(" and another ")}`}`;
    return { clip: apart.length > 0, finding: { file: one.name, fold: one.fold, message } };
  });
}

/** Sounds in a folder that its CSV does not list. */
function unlisted(folder: string, files: readonly ListedFile[]): Finding[] {
  const known = new Set(files.map(({ path }) => resolve(path)));
  return listSounds([folder]).flatMap((found) => {
    if (found instanceof SoundError || known.has(resolve(found.path))) return [];
    return [{ file: tame(found.path), fold: null, message: "is in no line of the CSV" }];
  });
}
