// Tags that programs put before and behind sound files of any kind: ID3v2 and APEv2 before, ID3v1, ID3v2, APEv2 and
// Lyrics3 behind. What lies between them is the file.
import type { ByteSource } from "./wav/headers.ts";

/** The bytes `from` … `to` − 1 of others. */
export function part(source: ByteSource, from: number, to: number): ByteSource {
  return { size: to - from, read: (start, end) => source.read(from + start, from + end) };
}

/** A file without its tags. */
export function withoutTags(source: ByteSource): ByteSource {
  const start = endOfTags(source, 0);
  return part(source, start, startOfTags(source, start));
}

/** Zeros before a file, or behind its tags, that are no part of it: fewer may be. */
const FEWEST_ZEROS = 8;
const MOST_ZEROS = 2 ** 20;

/** Behind the tags that begin at `at`, and the zeros between and behind them; the file's end at the latest. */
export function endOfTags(source: ByteSource, at: number): number {
  const { size } = source;
  for (let start = -1; start !== at && at < size; ) {
    start = at;
    at += id3Length(source, at, "ID3", 10);
    at += apeLength(source, at);
    let end = at;
    while (end < Math.min(size, at + MOST_ZEROS) && source.read(end, end + 1)[0] === 0) end++;
    if (end - at >= FEWEST_ZEROS) at = end;
  }
  return Math.min(at, size);
}

/** Where the tags begin that end with the file, if they lie behind `start`; the file's end where there are none. */
function startOfTags(source: ByteSource, start: number): number {
  let end = source.size;
  for (let before = -1; before !== end; ) {
    before = end;
    const lengths = [
      textAt(source, end - 128, 3) === "TAG" ? 128 : 0,
      textAt(source, end - 227, 4) === "TAG+" ? 227 : 0,
      apeLength(source, end - 32),
      id3Length(source, end - 10, "3DI", 20),
      lyricsLength(source, end),
    ];
    const length = lengths.find((each) => each > 0 && each <= end - start) ?? 0;
    end -= length;
  }
  return end;
}

/** ID3v2 in bytes, by its header or its footer at `at`; 0 where there is neither. `extra`: bytes that its size leaves out. */
function id3Length(source: ByteSource, at: number, name: string, extra: number): number {
  if (textAt(source, at, 3) !== name || at + 10 > source.size) return 0;
  const header = source.read(at, at + 10);
  const size = header.subarray(6).reduce((sum, byte) => 128 * sum + (byte & 127), 0); // seven bits a byte
  const hasFooter = name === "ID3" && header[3]! >= 4 && (header[5]! & 16) !== 0;
  return size + extra + (hasFooter ? 10 : 0);
}

/** APEv1 or APEv2 in bytes, by its header or its footer at `at`; 0 where there is neither. */
function apeLength(source: ByteSource, at: number): number {
  if (textAt(source, at, 8) !== "APETAGEX" || at + 32 > source.size) return 0;
  const fields = source.read(at, at + 32);
  const view = new DataView(fields.buffer, fields.byteOffset, fields.length);
  const [size, flags] = [view.getUint32(12, true), view.getUint32(20, true)]; // of the items and the footer
  return size + (flags >= 2 ** 31 ? 32 : 0);
}

/** Lyrics3 of either version in bytes, that ends at `end`; 0 where none does. */
function lyricsLength(source: ByteSource, end: number): number {
  const digits = textAt(source, end - 15, 6);
  if (textAt(source, end - 9, 9) === "LYRICS200" && /^\d{6}$/.test(digits)) return Number(digits) + 15;
  if (textAt(source, end - 9, 9) !== "LYRICSEND") return 0;
  const most = Math.min(5100 + 20, end);
  const begin = textAt(source, end - most, most).lastIndexOf("LYRICSBEGIN");
  return begin < 0 ? 0 : most - begin;
}

/** Bytes as letters, as many as there are. */
export function textAt(source: ByteSource, at: number, length: number): string {
  const [from, to] = [Math.max(0, at), Math.min(source.size, at + length)];
  return at < 0 || from >= to ? "" : String.fromCharCode(...source.read(from, to));
}
