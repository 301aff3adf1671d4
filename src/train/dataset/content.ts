// What a dataset holds, fold by fold: how many clips, and a hash of their names, classes and sounds. A run's config.json has
// it, so that going on with other data, or testing on clips that were trained on, does not pass unnoticed.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { writeWhole } from "../files/files.ts";
import { sha256 } from "../files/sha256.ts";
import { oneLine } from "../terminal/errors.ts";
import type { Talk } from "../terminal/talk.ts";
import { counted, someOf } from "../terminal/words.ts";
import { contentFrom, type Dataset, hashClips } from "./dataset.ts";
import type { Content } from "./opening.ts";

/** Reads every clip, but those whose hashes lie in the folder `kept` already (null: there is none). Throws UserError. */
export async function contentOf(
  dataset: Dataset,
  kept: string | null,
  { progress, stop }: Talk,
): Promise<Content> {
  const hashes = await clipHashes(dataset, kept, { progress, stop });
  warnOfCopies(dataset, hashes, { progress, stop });
  return contentFrom(dataset, hashes);
}

/** Clips that are the same, byte for byte, as one before: both, the later one first. A clip without a hash is like no other. */
export function copiesIn(hashes: readonly (string | null)[]): [copy: number, first: number][] {
  const firstOf = new Map<string, number>();
  return hashes.flatMap((hash, clip): [number, number][] => {
    if (hash === null) return [];
    const first = firstOf.get(hash);
    if (first === undefined) firstOf.set(hash, clip);
    return first === undefined ? [] : [[clip, first]];
  });
}

/** A sound that is of two classes can be told right by chance only, and one that is in two folds is tested by heart. */
function warnOfCopies({ source, clips }: Dataset, hashes: readonly string[], { progress }: Talk): void {
  const apart = copiesIn(hashes)
    .map(([copy, first]) => [clips[copy]!, clips[first]!] as const)
    .filter(([one, other]) => one.label !== other.label || one.fold !== other.fold);
  if (apart.length === 0) return;
  const classes = apart.filter(([one, other]) => one.label !== other.label);
  const [kind, which] = classes.length > 0 ? ["class", classes] : ["fold", apart];
  const named = which.map(([one, other]) => `${one.name} is ${other.name}`);
  progress.warn(
    `${source}: ${counted(which.length, "clip")} ${which.length === 1 ? "is" : "are"} the same file as one of another ${kind}: ${someOf(named)}`,
  );
}

/** A hash of each clip. A file that has not been written since has the one that it had. */
export async function clipHashes(
  dataset: Dataset,
  kept: string | null,
  { progress, stop }: Talk,
): Promise<string[]> {
  const { digest, source, clips } = dataset;
  if (digest === undefined) return hashClips(dataset, {}, { progress, stop });
  const prints = clips.map((_, clip) => dataset.fingerprint(clip));
  const name = (await sha256(resolve(source))).slice(0, 20);
  const path = kept === null ? null : join(kept, `clips-${name}.json`);
  const known = path === null ? {} : readKept(path);
  const unknown = prints.filter((print) => known[print] === undefined).length;
  if (unknown === 0) return prints.map((print) => known[print]!);
  const hashes = await hashClips(dataset, known, { progress, stop });
  try {
    const all = Object.fromEntries(prints.map((print, i) => [print, hashes[i]]));
    if (path !== null) writeWhole(path, JSON.stringify(all));
  } catch (error) {
    progress.warn(`the clips' hashes are not kept for the next run: ${oneLine(error)}`);
  }
  return hashes;
}

/** Hashes by fingerprint; none where there is no such file, or it is damaged. */
function readKept(path: string): Record<string, string> {
  try {
    const { data } = z
      .record(z.string(), z.string())
      .safeParse(existsSync(path) && JSON.parse(readFileSync(path, "utf8")));
    return data ?? {};
  } catch {
    return {};
  }
}

/** In what a dataset is not what it was, in words; null where it is the same. */
export function changesIn(before: Content, now: Content): string | null {
  const folds = new Set([...Object.keys(before.folds), ...Object.keys(now.folds)]);
  const none = { clips: 0, sha256: "" };
  const changes = [...folds]
    .sort((a, b) => Number(a) - Number(b))
    .flatMap((fold) => {
      const [then, there] = [before.folds[fold] ?? none, now.folds[fold] ?? none];
      if (then.clips !== there.clips)
        return [`fold ${fold} has ${counted(there.clips, "clip")}, not ${then.clips}`];
      return then.sha256 === there.sha256 ? [] : [`fold ${fold} has other clips, classes or sounds`];
    });
  return changes.length === 0 ? null : changes.join(", ");
}
