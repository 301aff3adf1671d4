// The text of a CSV file, whose encoding nothing tells for certain: UTF-8, or UTF-16 that begins with a byte order mark.
// Others are named, not guessed at: class names would come out wrong without a word.
import { UserError } from "../../terminal/errors.ts";

/** By their first bytes; the longer first. */
const MARKS: [encoding: string, mark: number[]][] = [
  ["UTF-32", [0xff, 0xfe, 0, 0]],
  ["UTF-32", [0, 0, 0xfe, 0xff]],
  ["UTF-8", [0xef, 0xbb, 0xbf]],
  ["UTF-16LE", [0xff, 0xfe]],
  ["UTF-16BE", [0xfe, 0xff]],
];

/** What is named in a CSV's place, by how it begins. */
const OTHERS: [begins: string[], what: string][] = [
  [["PK\x03\x04"], "a ZIP archive or a spreadsheet: unpack it, or save it as CSV in UTF-8"],
  [
    ["RIFF", "RF64", "OggS", "fLaC", "ID3\x02", "ID3\x03", "ID3\x04"],
    "a sound file: name the folder that has a folder of sounds for each class",
  ],
];

/**
 * The text of a CSV's bytes without its byte order mark. Throws UserError naming the encoding where it is none that is read.
 * @param path what it is called
 */
export function csvText(bytes: Uint8Array, path: string): string {
  const begin = String.fromCharCode(...bytes.subarray(0, 4));
  const other = OTHERS.find(([begins]) => begins.includes(begin))?.[1];
  if (other !== undefined) throw new UserError(`${path} is ${other}`);
  const marked = MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte))?.[0];
  const encoding =
    marked ?? (bytes.subarray(0, 200).includes(0) ? "UTF-16 without a byte order mark" : "UTF-8");
  if (encoding !== "UTF-8" && encoding !== "UTF-16LE" && encoding !== "UTF-16BE")
    throw new UserError(`${path} is in ${encoding}: save it as UTF-8`);
  try {
    return new TextDecoder(encoding.toLowerCase(), { fatal: true }).decode(bytes);
  } catch (error) {
    if (encoding !== "UTF-8")
      throw new UserError(`${path} is damaged: it is not ${encoding}`, { cause: error });
    const line = lineOfBadByte(bytes);
    throw new UserError(
      `${path}, line ${line}: is not in UTF-8 but in an older encoding, such as Latin-1 or Windows-1252: save it as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8)`,
      { cause: error },
    );
  }
}

/** The first line that is not UTF-8, from 1. */
function lineOfBadByte(bytes: Uint8Array): number {
  const text = new TextDecoder().decode(bytes);
  return text.slice(0, text.indexOf("\ufffd")).split(/\r\n|\n|\r/).length;
}
