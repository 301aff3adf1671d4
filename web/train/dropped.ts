// A folder or a ZIP archive laid out as ESC-50 is, given to the page: the dataset that the program would read there.
import type { Clip, Dataset } from "../../src/train/dataset/dataset.ts";
import { type Csv, countOf, csvOf } from "../../src/train/dataset/layouts/csv-lines.ts";
import { csvText } from "../../src/train/dataset/layouts/csv-text.ts";
import { categories, clipReader, ESC50, rowsOf } from "../../src/train/dataset/layouts/published-rows.ts";
import { sha256 } from "../../src/train/files/sha256.ts";
import { joinBlocks, wavInMemory } from "../../src/train/sound/sound.ts";
import type { Waveform } from "../../src/train/sound/waveform.ts";
import { UserError } from "../../src/train/terminal/errors.ts";
import type { DroppedFile } from "../hearing/dropped-run.ts";
import { type Entry, zipEntries } from "./zip.ts";

export interface Dropped {
  /** What it is called where it is spoken of: the archive's or the folder's name. */
  name: string;
  /** One ZIP archive, or a folder's files with their paths. */
  files: readonly DroppedFile[];
  /** Only the classes of ESC-10. */
  esc10: boolean;
}

/** Decodes a sound that is no WAV file. */
export type Decode = (bytes: Uint8Array, name: string) => Promise<Waveform>;

/** Throws UserError that says what was wrong, by the program's words. */
export async function openDropped({ name, files, esc10 }: Dropped, decode: Decode): Promise<Dataset> {
  const entries = await entriesOf(name, files);
  const list = entries.find((entry) => entry.name === ESC50.csv || entry.name.endsWith(`/${ESC50.csv}`));
  if (list === undefined)
    throw new UserError(
      `${name} has no ${ESC50.csv}: a folder or a ZIP archive laid out as ESC-50 is wanted`,
    );
  const root = list.name.slice(0, -ESC50.csv.length);
  const found = new Map(entries.map((entry) => [entry.name, entry]));
  const csv = `${name}/${ESC50.csv}`;
  const whole = csvOf(csvText(await list.bytes(), csv), csv);
  const rows = rowsOf(esc10 ? onlyEsc10(whole, csv) : whole, csv, ESC50);
  const names = categories(rows, csv, ESC50);
  const targets = [...names.keys()].sort((a, b) => a - b);
  const clips: Clip[] = [];
  const sounds: Entry[] = [];
  const read = clipReader(csv, ESC50);
  for (const each of rows) {
    const { row } = each;
    const { name: file, fold, at } = read(each);
    const sound = found.get(`${root}${ESC50.sounds(fold)}/${file}`);
    if (sound === undefined) throw new UserError(`${at}: ${ESC50.sounds(fold)}/${file} does not exist`);
    clips.push({ name: file, fold, label: targets.indexOf(countOf(row.target)) });
    sounds.push(sound);
  }
  const blocks = async function* (clip: number, flawed?: (flaw: string) => void): AsyncGenerator<Waveform> {
    const bytes = await sounds[clip]!.bytes();
    const { name } = clips[clip]!;
    const wav = wavInMemory(bytes, name);
    if (wav === null) return yield await decode(bytes, name);
    yield* wav.blocks();
    if (wav.flaw !== null) flawed?.(wav.flaw);
  };
  return {
    source: name,
    kind: `${ESC50.name}'s layout, ${ESC50.folds} folds`,
    classes: targets.map((target) => names.get(target)!),
    clips,
    folds: ESC50.folds,
    fingerprint: (clip) => clips[clip]!.name, // of files that cannot change: what is dropped anew is another dataset
    digest: async (clip) => (await sha256(await sounds[clip]!.bytes())).slice(0, 32), // as long as the program's
    load: (clip) => joinBlocks(blocks(clip)),
    blocks,
  };
}

async function entriesOf(name: string, files: Dropped["files"]): Promise<Entry[]> {
  const [first] = files;
  if (files.length !== 1 || !/\.zip$/i.test(first!.path))
    return files.map(({ path, file }) => ({
      name: path,
      bytes: async () => new Uint8Array(await file.arrayBuffer()),
    }));
  try {
    return await zipEntries(first!.file, name);
  } catch (error) {
    throw new UserError((error as Error).message, { cause: error });
  }
}

/** As `bun run dataset fetch --subset esc10` takes them out. */
function onlyEsc10({ header, lines }: Csv, csv: string): Csv {
  const column = header.indexOf("esc10");
  if (column < 0) throw new UserError(`${csv}, line 1: no column esc10, which says what is in ESC-10`);
  return { header, lines: lines.filter(({ cells }) => cells[column] === "True") };
}
