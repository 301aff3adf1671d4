// Which clips are cut from one recording, told by their names: they are too much alike for one to be trained on and another
// to be tested.

interface Named {
  readonly name: string;
  readonly label: number;
}

/** Names that say it: ESC-50's (fold-recording-take-class) and UrbanSound8K's (recording-class-occurrence-slice). */
const PUBLISHED = [/^\d-(\d+)-[A-Z]-\d+$/, /^(\d+)-\d+-\d+-\d+$/];

/**
 * Each file's recording: the name up to a trailing number or letter ("street-3", "street-4"; "12a", "12b"; "dog", "dog (2)"),
 * within one class and folder. Where that would leave a class with one recording, its names only count ("dog1" … "dog40"), and each
 * file is a recording by itself.
 */
export function recordingsByName(files: readonly Named[]): string[] {
  const recordings = files.map(({ name, label }) => {
    const stem = name.replace(/\.[^./]*$/, "");
    const base = stem.slice(stem.lastIndexOf("/") + 1);
    const known = PUBLISHED.map((pattern) => pattern.exec(base)?.[1]).find((each) => each !== undefined);
    return known ?? `${label}/${withoutCount(stem)}`;
  });
  const ofClass = new Map<number, Set<string>>();
  for (const [i, { label }] of files.entries())
    ofClass.set(label, (ofClass.get(label) ?? new Set()).add(recordings[i]!));
  return files.map(({ name, label }, i) => {
    const counted = ofClass.get(label)!.size === 1 && recordings[i]!.includes("/");
    return counted ? `${label}/${name}` : recordings[i]!;
  });
}

/** A name without the number or letter that it ends in, if it ends in one. A letter that ends a word is part of it. */
function withoutCount(stem: string): string {
  const [, before = stem] = /^(.*[^\d/])\d+\)?$/s.exec(stem) ?? /^(.*[\d\s_.-])[a-z]$/is.exec(stem) ?? [];
  const bare = before.replace(/[\s_.(-]+$/, "");
  return bare === "" || bare.endsWith("/") ? stem : bare;
}
