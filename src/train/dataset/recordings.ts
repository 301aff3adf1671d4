// Which clips are cut from one recording, told by their names: they are too much alike for one to be trained on and another
// to be tested.

interface Named {
  readonly name: string;
  readonly label: number;
}

/**
 * Names that say it: ESC-50's (fold-recording-take-class) and UrbanSound8K's (recording-class-occurrence-slice), which has no
 * number with zeros before it, nor a recording whose number might be a year.
 */
const PUBLISHED = [
  /^\d-(\d+)-[A-Z]-\d+$/,
  /^(?!(?:19|20)\d\d-)(\d{1,6})-\d-(?:0|[1-9]\d{0,2})-(?:0|[1-9]\d{0,3})$/,
];

const [YEAR, MONTH, DAY] = ["(?:19|20)\\d\\d", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12]\\d|3[01])"];
const [HOUR, SIXTIETH] = ["(?:[01]\\d|2[0-3])", "[0-5]\\d"];
const TIME = `${HOUR}[-_.:h ]?${SIXTIETH}(?:[-_.:m ]?${SIXTIETH}s?)?`;

const DATES = [
  `${YEAR}[-_. ]?${MONTH}[-_. ]?${DAY}`,
  `${YEAR}[-.]\\d\\d?[-.]\\d\\d?`,
  `\\d\\d?[-_. ]\\d\\d?[-_. ]${YEAR}`,
  `${DAY}${MONTH}${YEAR}`,
  // Six digits may be any number, so that more must tell: a time, or a recorder's number of that day (Tascam's 240501_0001).
  `[0-3]\\d${MONTH}${DAY}(?=[-_ ](?:\\d{3,4}|\\d{6})(?!\\d))`,
  `(?:${DAY}${MONTH}|${MONTH}${DAY})\\d\\d(?=[-_ ]${HOUR}${SIXTIETH}${SIXTIETH}(?!\\d))`,
  `\\d\\d-\\d\\d-\\d\\d(?=[_ ]${HOUR}[-.]${SIXTIETH}[-.]${SIXTIETH}(?!\\d))`,
];

/** A date as recorders write it, with the time behind it or the number of that day: "20240501_102233", "20240501-WA0003". */
const STAMP = new RegExp(
  `(?<!\\d)(?:${DATES.join("|")})(?:[-_.,T@ ]*(?:at |WA)?(?:${TIME}|\\d+))?(?!\\d)`,
  "i",
);

/** What recorders, cameras and archives put before the number of a recording: "ZOOM0001", "Recording (3)", "XC128013". */
const NUMBERED =
  /^(?:zoom|tascam|ste|dr|(?:new |voice )?rec(?:ord(?:ing)?)?|voice(?: memo)?|memo|audio|(?:neue )?aufnahme|enregistrement|grabaci[oó]n|registrazione|grava[cç][aã]o|img|vid|mov|mvi|dsc|xc|inat|csa)[\s_.(-]*\d+\)?/i;

/** Eight hexadecimal digits or more, which name a thing and count nothing: "5E90A4D4". */
const HASH = /(?<![a-z\d])(?=[\da-f]*\d[a-f])(?=[\da-f]*[a-f]\d)[\da-f]{8,}$/i;

const OFFSET = "\\d{1,6}(?:\\.\\d+(?:m?s|sec)?|(?:m?s|sec))";

/** What counts at a name's end: where a piece begins, and perhaps ends ("street_2.5", "street_0s-5s"); a number; a letter. */
const COUNTS = [
  new RegExp(`^(.*?[^\\d.])(?:${OFFSET}[-_ ]+)?${OFFSET}$`, "is"),
  /^(.*\D)0*\d{1,6}\)?$/s,
  /^(.*[\d\s_.-])[a-z]$/is,
];

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
 * What a recorder numbered or dated is a recording by itself, and only what stands behind that counts ("20240501_102233-1").
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

/**
 * A name without the number or letter that it ends in, if it ends in one that counts. A letter that ends a word is part of it; a
 * number of a million and more is a name, or a time.
 */
function withoutCount(stem: string): string {
  const own = STAMP.exec(stem) ?? NUMBERED.exec(stem);
  if (own === null && HASH.test(stem)) return stem;
  const least = own === null ? 0 : own.index + own[0].length;
  const before = COUNTS.map((pattern) => pattern.exec(stem)?.[1]).find((each) => each !== undefined) ?? stem;
  const bare = before.replace(/[\s_.(-]+$/, "");
  return bare === "" ? stem : stem.slice(0, Math.max(least, bare.length));
}
