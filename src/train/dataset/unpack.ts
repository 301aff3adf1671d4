// Taking ESC-50 out of a zip archive that nobody vouches for. Every entry's name and kind is checked before the first
// file is written, sizes are bounded as declared and held to that, and a file's place is put together from parts that
// cannot lead anywhere else: audio/NAME.wav, meta/NAME.csv, LICENSE and README.md, inside the folder given.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "yauzl";
import { checkRoom, reason } from "../files/files.ts";
import { UserError } from "../terminal/errors.ts";
import { type Talk, throwIfStopped } from "../terminal/talk.ts";
import { BadArchive, quoted, ZipArchive } from "./zip-archive.ts";

/** More entries than ESC-50's repository has by far. */
const MOST_ENTRIES = 10_000;
/** Twice what ESC-50 takes unpacked. */
const MOST_BYTES = 2e9;
/** The largest file of each kind; a clip of ESC-50 has 441 kB. */
const MOST_OF: Record<string, number> = { ".wav": 1e6, ".csv": 4e6, "": 1e6 };
/** Characters of a file's name; disks take 255 bytes. */
const LONGEST_NAME = 80;
const META = "meta/esc50.csv";

/** A part of the dataset: the clips it has, and the CSV that lists only those. */
export type Choose = (csv: Buffer) => { csv: Buffer; clips: ReadonlySet<string> };

interface Item {
  entry: Entry;
  /** Its place below the folder: "audio/NAME.wav", … */
  place: string;
}

/**
 * Writes an archive's dataset into the empty folder `into`. Throws BadArchive for what is wrong with the archive,
 * UserError where it cannot be written; what was written until then is the caller's to remove.
 */
export async function unpack(archive: string, into: string, talk: Talk, choose?: Choose): Promise<void> {
  const zip = await ZipArchive.open(archive);
  try {
    let items = wanted(await filesOf(zip, talk));
    if (choose !== undefined) items = await chosen(zip, items, into, choose);
    checkRoom(
      into,
      items.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0),
      "unpacking",
    );
    talk.progress.begin("unpacking", items.length);
    for (const [i, { entry, place }] of items.entries()) {
      throwIfStopped(talk.stop, "stopped");
      write(into, place, await zip.read(entry));
      talk.progress.update(i + 1);
    }
  } finally {
    talk.progress.clear();
    zip.close();
  }
}

/** All of an archive's files, each with a sane name, none twice. */
async function filesOf(zip: ZipArchive, talk: Talk): Promise<Entry[]> {
  if (zip.entryCount > MOST_ENTRIES)
    throw new BadArchive(`the archive claims to have ${zip.entryCount} files; ESC-50 has some 2000`);
  const files: Entry[] = [];
  const seen = new Set<string>();
  for (const entry of await zip.entries()) {
    throwIfStopped(talk.stop, "stopped");
    if (!checkEntry(entry)) continue;
    const key = entry.fileName.toLowerCase(); // one and the same file where the disk ignores case
    if (seen.has(key)) throw new BadArchive(`the archive has ${quoted(entry)} twice`);
    seen.add(key);
    files.push(entry);
  }
  return files;
}

const FILE_KIND = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

/** Refuses what no honest archive has; says whether it is a file (and not a folder). */
function checkEntry(entry: Entry): boolean {
  const { fileName: name } = entry;
  const parts = name.replace(/\/$/, "").split("/");
  const odd = (part: string) => ["", ".", ".."].includes(part) || part.length > LONGEST_NAME;
  // yauzl has refused backslashes, absolute paths and ".." by now; what writes below does not rely on it.
  if (parts.some(odd) || /[\p{Cc}\\]/u.test(name))
    throw new BadArchive(`the archive has a file with the name ${quoted(entry)}`);
  const kind = (entry.externalFileAttributes >>> 16) & FILE_KIND; // as Unix has it; 0 where the archive does not say
  if (kind !== 0 && kind !== REGULAR && kind !== FOLDER) {
    const what = kind === 0o120000 ? "a symbolic link" : "neither a file nor a folder";
    throw new BadArchive(`${quoted(entry)} in the archive is ${what}`);
  }
  return !name.endsWith("/") && kind !== FOLDER;
}

/** The dataset's files, below the archive's one folder that has meta/esc50.csv in it. */
function wanted(files: Entry[]): Item[] {
  const found = files.filter(({ fileName }) => /^([^/]+\/)?meta\/esc50\.csv$/.test(fileName));
  if (found.length !== 1)
    throw new BadArchive(`the archive holds ${found.length === 0 ? "no" : "more than one"} ${META}`);
  const top = found[0]!.fileName.slice(0, -META.length);
  const items: Item[] = [];
  let bytes = 0;
  for (const entry of files) {
    if (!entry.fileName.startsWith(top)) continue;
    const place = entry.fileName.slice(top.length);
    const kind = /^(?:audio\/[^/]+(\.wav)|meta\/[^/]+(\.csv)|LICENSE|README\.md)$/.exec(place);
    if (kind === null) continue;
    checkSizes(entry, MOST_OF[kind[1] ?? kind[2] ?? ""]!);
    bytes += entry.uncompressedSize;
    items.push({ entry, place });
  }
  if (bytes > MOST_BYTES) throw new BadArchive(`the archive holds ${bytes} bytes; ESC-50 has 0.9e9`);
  return items;
}

function checkSizes(entry: Entry, most: number): void {
  const { uncompressedSize: size, compressedSize: packed } = entry;
  if (size > most)
    throw new BadArchive(`${quoted(entry)} in the archive has ${size} bytes; ${most} is the most`);
  // Deflate never lengthens by more than 5 bytes a block: more is there to keep us busy.
  if (packed > 1.01 * size + 1000)
    throw new BadArchive(`${quoted(entry)} in the archive is ${packed} bytes packed and ${size} unpacked`);
  if (!entry.canDecodeFileData())
    throw new BadArchive(
      `${quoted(entry)} in the archive is encrypted, or packed in a way other than deflate`,
    );
}

/** Only the clips that were chosen, and their CSV, which is written at once. */
async function chosen(zip: ZipArchive, items: Item[], into: string, choose: Choose): Promise<Item[]> {
  const { csv, clips } = choose(await zip.read(items.find(({ place }) => place === META)!.entry));
  write(into, META, csv);
  return items.filter(({ place }) =>
    place.startsWith("audio/") ? clips.has(place.slice("audio/".length)) : !place.startsWith("meta/"),
  );
}

function write(into: string, place: string, content: Buffer): void {
  const [folder, name] = place.includes("/") ? (place.split("/") as [string, string]) : ["", place];
  try {
    mkdirSync(join(into, folder), { recursive: true });
    writeFileSync(join(into, folder, name), content, { flag: "wx" });
  } catch (error) {
    throw new UserError(`cannot write ${join(into, place)}: ${reason(error)}`, { cause: error });
  }
}
