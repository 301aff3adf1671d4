// A CSV file, within bounds.
import { readFileSync, type Stats, statSync } from "node:fs";
import { reason } from "../../files/files.ts";
import { UserError } from "../../terminal/errors.ts";
import { type Csv, csvOf } from "./csv-lines.ts";
import { csvText } from "./csv-text.ts";

/** A CSV file with a header, of no more than `largest` bytes. Throws UserError. */
export function readCsv(csv: string, largest: number): Csv {
  const size = statsOf(csv)?.size ?? 0;
  if (size > largest)
    throw new UserError(`${csv} has ${size} bytes: more than ${largest} cannot be a list of clips`);
  return csvOf(csvText(bytesOf(csv), csv), csv);
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${reason(error)}`, { cause: error });
  }
}

/** What lies there, links followed; undefined where that is nothing, or cannot be seen. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
