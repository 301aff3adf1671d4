// A run that was dropped: a folder's files, or a ZIP archive of them.
import { type Arrays, ArraysFile } from "../../src/train/files/arrays.ts";
import { sha256 } from "../../src/train/files/sha256.ts";
import { UserError } from "../../src/train/terminal/errors.ts";
import { MemoryRun } from "../train/memory-run.ts";
import { zipEntries } from "../train/zip.ts";

/** A file by its path below what was dropped. */
export interface DroppedFile {
  path: string;
  file: Blob;
}

type Files = ReadonlyMap<string, () => Promise<Uint8Array>>;

/** The run. Throws UserError where it is none, or damaged. */
export async function droppedRun(name: string, dropped: readonly DroppedFile[]): Promise<MemoryRun> {
  const files = await filesOf(name, dropped);
  const folder = folderIn(name, files);
  const bytes = (file: string) => {
    const read = files.get(folder + file);
    if (read === undefined) throw new UserError(`there is no ${name}/${file}`);
    return read();
  };
  const json = async (file: string) => parsed(`${name}/${file}`, await bytes(file));
  const arrays = async (file: string) => arraysOf(`${name}/${file}`, await bytes(file));
  const run = new MemoryRun(name, (await json("config.json")) as object);
  const model = await arrays("model.safetensors");
  run.writeModel(model.arrays, model.metadata);
  if (files.has(`${folder}other.json`))
    run.writeOther(await json("other.json"), (await arrays("other.safetensors")).arrays);
  return run;
}

async function filesOf(name: string, dropped: readonly DroppedFile[]): Promise<Files> {
  const [first] = dropped;
  if (dropped.length !== 1 || !/\.zip$/i.test(first!.path))
    return new Map(
      dropped.map(({ path, file }) => [path, async () => new Uint8Array(await file.arrayBuffer())]),
    );
  try {
    const entries = await zipEntries(first!.file, name);
    return new Map(entries.map((entry) => [entry.name, () => entry.bytes()]));
  } catch (error) {
    throw new UserError((error as Error).message, { cause: error });
  }
}

/** Where the run is in what was dropped: "", or a folder with its slash. */
function folderIn(name: string, files: Files): string {
  const config = "config.json";
  const folders = [...files.keys()]
    .filter((path) => path === config || path.endsWith(`/${config}`))
    .map((path) => path.slice(0, -config.length));
  const depth = (path: string) => path.split("/").length;
  const least = Math.min(...folders.map(depth));
  const [top, ...others] = folders.filter((path) => depth(path) === least);
  if (top === undefined) throw new UserError(`${name} is not a run: it has no ${config}`);
  if (others.length > 0)
    throw new UserError(
      `${name} has ${others.length + 1} runs in it: drop one of their folders, ${top.slice(0, -1)} for one`,
    );
  return top;
}

function parsed(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new UserError(`cannot read ${path}: it is not JSON`, { cause: error });
  }
}

async function arraysOf(path: string, bytes: Uint8Array): Promise<Arrays> {
  const file = new ArraysFile(bytes as Uint8Array<ArrayBuffer>, path);
  if (file.checksum === null) return file.read(null);
  return file.read(await sha256(file.bytes));
}
