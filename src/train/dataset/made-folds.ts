// Folds for a dataset that comes without: each has as equal a share of every class as can be, and a recording's clips stay together.
import { HostRandom } from "../../gpu/host-random.ts";
import { ALWAYS_TRAINS } from "./dataset.ts";

interface Clip {
  readonly label: number;
  readonly recording: string;
}

interface Made {
  /** How many folds; 0 where no class has two recordings, so that nothing can be tested. */
  folds: number;
  /** The fold of each clip. */
  foldOf: number[];
  /** Classes with one recording, which always trains. */
  single: number[];
}

const USUAL_FOLDS = 5;

/**
 * As many folds as wanted, but no more than a class has recordings. Recordings are dealt out in an order drawn by the seed, those
 * with the most clips first, each to the fold that has the least of its class.
 */
export function makeFolds(clips: readonly Clip[], wanted: { seed: number; count?: number }): Made {
  const recordings = grouped(clips);
  const single = classesOfOne(clips);
  const always = (members: number[]) => members.some((clip) => single.has(clips[clip]!.label));
  const dealt = recordings.filter((members) => !always(members));
  const folds = Math.min(wanted.count ?? USUAL_FOLDS, mostOfAClass(clips, dealt));
  const foldOf = new Array<number>(clips.length).fill(ALWAYS_TRAINS);
  const labels = [...single].sort((a, b) => a - b);
  if (folds < 2) return { folds: 0, foldOf, single: labels };
  const there = Array.from({ length: folds }, () => new Map<number, number>());
  const sizes = new Array<number>(folds).fill(0);
  for (const members of shuffled(dealt, wanted.seed).sort((a, b) => b.length - a.length)) {
    const alike = there.map((counts) =>
      members.reduce((sum, clip) => sum + (counts.get(clips[clip]!.label) ?? 0), 0),
    );
    let best = 0;
    for (let fold = 1; fold < folds; fold++) {
      const [less, same] = [alike[fold]! < alike[best]!, alike[fold] === alike[best]];
      if (less || (same && sizes[fold]! < sizes[best]!)) best = fold;
    }
    for (const clip of members) {
      const { label } = clips[clip]!;
      foldOf[clip] = best + 1;
      there[best]!.set(label, (there[best]!.get(label) ?? 0) + 1);
    }
    sizes[best]! += members.length;
  }
  return { folds, foldOf, single: labels };
}

/** The clips of each recording, in the order of the recordings' names: the order of the clips must not matter. */
function grouped(clips: readonly Clip[]): number[][] {
  const members = new Map<string, number[]>();
  for (const [i, { recording }] of clips.entries()) {
    const found = members.get(recording);
    if (found === undefined) members.set(recording, [i]);
    else found.push(i);
  }
  return [...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

function classesOfOne(clips: readonly Clip[]): Set<number> {
  const first = new Map<number, string>();
  const several = new Set<number>();
  for (const { label, recording } of clips) {
    if (!first.has(label)) first.set(label, recording);
    else if (first.get(label) !== recording) several.add(label);
  }
  return new Set([...first.keys()].filter((label) => !several.has(label)));
}

/** How many of these recordings the class has that has the most. */
function mostOfAClass(clips: readonly Clip[], recordings: readonly number[][]): number {
  const counts = new Map<number, number>();
  for (const members of recordings)
    for (const label of new Set(members.map((clip) => clips[clip]!.label)))
      counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const all = [...items];
  new HostRandom(seed).shuffle(all);
  return all;
}
