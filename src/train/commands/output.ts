// What a command may write over, where it is told a file's name: only what it has written itself. A file of another kind is a
// run's, a sound, or someone's data, that was named by mistake, and would be lost.
import { FileBytes } from "../files/file-bytes.ts";
import { reason, statsThere } from "../files/files.ts";
import { UserError } from "../terminal/errors.ts";

/** Kinds of files that are written, and how they begin, a byte a character. */
const KINDS = {
  "a report": /^<!doctype html>\n.*<title>otograd: /s,
  "an ONNX model of otograd's": /^.{4}otograd/s, // its producer stands behind the format's version
  "a PNG picture": /^\x89PNG/,
  "a NumPy file": /^\x93NUMPY/,
  "a list of events": /^\{"class":/,
  "a benchmark's report": /^\{\n "machine": \{/,
  "an experiment's table": /^(# .*\nClip accuracy by |kind,name,recipe,)/s,
} as const;

/** Bytes in which a file's kind is told. */
const BEGINNING = 4096;

/** Refuses the name of a file that is there, is not empty and is not of this kind. Throws UserError. */
export function refuseLoss(name: string, kind: keyof typeof KINDS): void {
  const there = statsThere(name);
  if (!there?.isFile() || there.size === 0 || KINDS[kind].test(beginningOf(name))) return;
  throw new UserError(`${name} is there already, and is not ${kind}: remove it, or name another`);
}

function beginningOf(name: string): string {
  try {
    using file = new FileBytes(name);
    return Buffer.from(file.read(0, Math.min(file.size, BEGINNING))).toString("latin1");
  } catch (error) {
    throw new UserError(`cannot read ${name}, to see what it is: ${reason(error)}`, { cause: error });
  }
}
