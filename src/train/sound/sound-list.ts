// The sound files that a command line names: files, folders of files, standard input.
import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { reason } from "../files/files.ts";
import { SoundError } from "../terminal/errors.ts";
import { STDIN } from "./sound-file.ts";

/** Whether a file is a sound that can be read, by its name. */
export const isSoundName = (name: string): boolean => EXTENSIONS.test(name);

const EXTENSIONS = /\.(wav|wave|w64|rf64|bw64|ogg|oga|opus|flac|mp3|mp2)$/i;

export interface Listed {
  path: string;
  /** Bytes; 0 where that cannot be known. */
  size: number;
}

/**
 * Files in the order of the arguments; a folder stands for the sound files in it and in the folders in it, hidden ones
 * left out, links followed, in the order of their names. In the place of what cannot be read there is the error.
 */
export function listSounds(names: readonly string[]): (Listed | SoundError)[] {
  return names.flatMap((name, i): (Listed | SoundError)[] => {
    if (name === STDIN && names.indexOf(STDIN) < i)
      return [new SoundError("standard input", "can be read only once")];
    const stats = name === STDIN ? undefined : statsOf(name);
    if (stats === undefined || !stats.isDirectory())
      return [{ path: name, size: stats?.isFile() ? stats.size : 0 }];
    const found = walk(name);
    if (found.length === 0)
      return [new SoundError(name, "there is no WAV, OGG, FLAC or MP3 file in this folder")];
    return found;
  });
}

/** @param been folders that were looked into: a link that leads back to one ends there */
function walk(folder: string, been: Set<string> = new Set()): (Listed | SoundError)[] {
  try {
    const real = realpathSync(folder);
    if (been.has(real)) return [];
    been.add(real);
    const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
    entries.sort((a, b) => order.compare(a.name, b.name));
    return entries.flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isFile() && !EXTENSIONS.test(entry.name)) return [];
      const stats = statsOf(path);
      if (stats?.isDirectory()) return walk(path, been);
      if (!EXTENSIONS.test(entry.name)) return [];
      if (stats === undefined || stats.isFile()) return [{ path, size: stats?.size ?? 0 }];
      return [new SoundError(path, "is not a file")];
    });
  } catch (error) {
    return [new SoundError(folder, `cannot be read: ${reason(error)}`, { cause: error })];
  }
}

/** 2.wav before 10.wav. */
const order = new Intl.Collator("en", { numeric: true });

/** Undefined where there is nothing, or nothing that may be seen: opening it will tell. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
