// The reader of a folder with one folder of sounds a class: files of any kind that is read, nested as one likes, links followed.
import { type Dirent, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { misread, reason } from "../../files/files.ts";
import { isSoundName } from "../../sound/sound-list.ts";
import { tame, UserError } from "../../terminal/errors.ts";
import { counted, shell } from "../../terminal/words.ts";
import { HOW_TO_GET_ONE } from "../dataset.ts";
import { attempt, type ListedFile, type Listing, type Wrong } from "../listing.ts";
import { statsOf } from "./csv.ts";

/** What this layout is called. */
export const CLASS_FOLDERS = "a folder of sounds for each class";

/** A link may lead anywhere: a folder with more in it than this was not meant. */
const MOST_FILES = 1_000_000;

/** Parts of a dataset, which are no classes. */
const PARTS = /^(train(ing)?|test(ing)?|val(id|idation)?|dev|eval(uation)?)$/i;

/** The clips of a folder of folders. Throws UserError where there are not two classes. */
export function readClassFolders(folder: string, wrong: Wrong): Listing {
  const walk = new Walk(wrong);
  const notes: string[] = [];
  const entries = sorted(folder);
  const folders = entries.filter((entry) => isFolder(folder, entry));
  const found = folders.map(({ name }) => {
    const before = walk.faults;
    return { name, files: walk.soundsIn(folder, name), faulty: walk.faults > before };
  });
  refuseParts(folder, found);
  const classes: string[] = [];
  const files: ListedFile[] = [];
  for (const { name, files: sounds, faulty } of found) {
    const shown = tame(name, Number.POSITIVE_INFINITY);
    // Where what is in it cannot be read, that was told, and it is a class all the same.
    if (sounds.length === 0 && !faulty) {
      notes.push(`${folder}: there is no sound in ${shown}, which is no class then`);
      continue;
    }
    if (classes.includes(shown))
      throw new UserError(`${folder} has two folders that come to the class name '${tame(name, 80)}'`);
    for (const sound of sounds) files.push({ ...sound, label: classes.length });
    classes.push(shown);
  }
  const beside = entries.filter((entry) => !folders.includes(entry) && isSoundName(entry.name)).length;
  if (classes.length === 0 && beside > 0)
    throw new UserError(
      `${folder} has ${counted(beside, "sound")} in it, and no folders of them: a folder for each class is wanted, or a CSV file that says their classes`,
    );
  if (classes.length === 0)
    throw new UserError(
      `${folder} is no dataset: it has no meta/esc50.csv, no CSV file with columns for file and class, and no folders with WAV, OGG, FLAC or MP3 files in them: ${HOW_TO_GET_ONE}`,
    );
  if (classes.length === 1) throw new UserError(oneClass(folder, classes[0]!));
  if (beside > 0)
    notes.push(
      `${folder}: ${counted(beside, "sound")} beside the classes' folders left out: no class has ${beside === 1 ? "it" : "them"}`,
    );
  if (walk.unread.length > 0)
    notes.push(
      `${folder}: ${counted(walk.unread.length, "file")} of other kinds left out: ${tame(walk.unread.slice(0, 3).join(", "), 200)}${walk.unread.length > 3 ? ", …" : ""} (ffmpeg -i FILE x.wav converts sounds)`,
    );
  return {
    source: folder,
    kind: CLASS_FOLDERS,
    classes,
    files,
    folds: null,
    recordings: null,
    notes,
    remedy: "take them out of the folder",
  };
}

function oneClass(folder: string, name: string): string {
  const inside = join(folder, name);
  const classes = sorted(inside).filter((entry) => isFolder(inside, entry)).length;
  const hint = classes > 1 ? ` (if the classes are the folders in it, --data ${shell(inside)})` : "";
  return `${folder} has sounds in one folder only, ${tame(name, 80)}; telling sounds apart takes two classes${hint}`;
}

/** train/dog, train/rain, test/dog, …: which of these is meant, a user must say. */
function refuseParts(folder: string, found: readonly { name: string; files: readonly Found[] }[]): void {
  const parts = found.filter(({ files }) => files.length > 0);
  const deep = ({ name, files }: (typeof parts)[number]) =>
    PARTS.test(name) && files.every((file) => file.name.split("/").length > 2);
  if (parts.length < 2 || !parts.every(deep)) return;
  const names = parts.map(({ name }) => name);
  throw new UserError(
    `${folder} has the folders ${names.join(", ")}, which are no classes: name one of them, as in --data ${shell(join(folder, names[0]!))}`,
  );
}

type Found = Omit<ListedFile, "label">;

/** Goes through folders, each real one once for each class: a link that leads back to where it came from ends there. */
class Walk {
  /** Files that are no sounds that are read. */
  readonly unread: string[] = [];
  /** How many times `wrong` was told of something. */
  faults = 0;
  private files = 0;
  private readonly wrong: Wrong;

  constructor(wrong: Wrong) {
    this.wrong = (error) => {
      this.faults++;
      wrong(error);
    };
  }

  soundsIn(folder: string, name: string): Found[] {
    return this.walk(join(folder, name), name, new Set());
  }

  private walk(folder: string, name: string, been: Set<string>): Found[] {
    return (
      attempt(this.wrong, () => {
        const real = realpathOf(folder);
        if (been.has(real)) return [];
        been.add(real);
        return sorted(folder).flatMap((entry): Found[] => {
          const [path, inside] = [join(folder, entry.name), `${name}/${entry.name}`];
          if (isFolder(folder, entry)) return this.walk(path, inside, been);
          return attempt(this.wrong, () => this.file(path, inside)) ?? [];
        });
      }) ?? []
    );
  }

  private file(path: string, name: string): Found[] {
    if (++this.files > MOST_FILES)
      throw new UserError(
        `${path}: more than ${MOST_FILES} files cannot be a dataset; does a link lead astray?`,
      );
    const shown = tame(name, Number.POSITIVE_INFINITY);
    if (!isSoundName(name)) {
      this.unread.push(shown);
      return [];
    }
    const stats = statsOf(path);
    if (stats === undefined)
      throw new UserError(`${path} cannot be read: ${misread(path) ?? "is it a link that leads nowhere?"}`);
    if (!stats.isFile()) throw new UserError(`${path} is not a file`);
    return [{ name: shown, path, stats, fold: null, recording: null }];
  }
}

/** What lies in a folder, hidden things left out, in the order of names. Throws UserError. */
function sorted(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter(({ name }) => !name.startsWith(".") && name !== "__MACOSX")
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new UserError(`cannot read ${folder}: ${reason(error)}`, { cause: error });
  }
}

function realpathOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw new UserError(`cannot read ${folder}: ${reason(error)}`, { cause: error });
  }
}

/** A folder, or a link to one. */
function isFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statsOf(join(folder, entry.name))?.isDirectory() ?? false;
}
