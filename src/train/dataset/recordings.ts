// Which clips are cut from one recording, told by their names: they are too much alike for one to be trained on and another
// to be tested.

interface Named {
  readonly name: string;
  readonly label: number;
}

/** Names that say it: ESC-50's (fold-recording-take-class) and UrbanSound8K's (recording-class-occurrence-slice). */
const PUBLISHED = [/^\d-(\d+)-[A-Z]-\d+$/, /^(\d+)-\d+-\d+-\d+$/];

/** How recordings are told: by names, by the folders that clips lie in, or each clip is one. */
export const RECORDINGS = ["names", "folders", "clips"] as const;

/** Each file's recording. Files of different classes share one only where published names say so. */
export function recordingsOf(files: readonly Named[], how: (typeof RECORDINGS)[number]): string[] {
  if (how === "clips") return files.map((_, i) => String(i));
  if (how === "folders")
    return files.map(({ name, label }) => `${label}/${name.slice(0, name.lastIndexOf("/") + 1)}`);
  return recordingsByName(files);
}

/**
 * The name up to a trailing number or letter ("street-3", "street-4"; "12a", "12b"; "dog", "dog (2)"), within one class and folder.
 * But where all that is left is the name of a folder above ("dog/dog-7"), or one and the same in all of a class ("clip1" … "clip40"),
 * names only count, and each file is a recording by itself.
 */
function recordingsByName(files: readonly Named[]): string[] {
  const recordings = files.map(({ name, label }) => {
    const stem = name.replace(/\.[^./]*$/, "");
    const folders = stem.split("/");
    const base = folders.pop()!;
    const known = PUBLISHED.map((pattern) => pattern.exec(base)?.[1]).find((each) => each !== undefined);
    const kept = withoutCount(base);
    const counts = folders.some((folder) => folder.toLowerCase() === kept.toLowerCase());
    return known ?? [label, ...folders, counts ? base : kept].join("/");
  });
  const ofClass = new Map<number, Set<string>>();
  for (const [i, { label }] of files.entries())
    ofClass.set(label, (ofClass.get(label) ?? new Set()).add(recordings[i]!));
  return files.map(({ name, label }, i) => {
    const counts = ofClass.get(label)!.size === 1 && recordings[i]!.includes("/");
    return counts ? `${label}/${name}` : recordings[i]!;
  });
}

/** A name without the number or letter that it ends in, if it ends in one. A letter that ends a word is part of it. */
function withoutCount(stem: string): string {
  const [, before = stem] = /^(.*\D)\d+\)?$/s.exec(stem) ?? /^(.*[\d\s_.-])[a-z]$/is.exec(stem) ?? [];
  const bare = before.replace(/[\s_.(-]+$/, "");
  return bare === "" ? stem : bare;
}
