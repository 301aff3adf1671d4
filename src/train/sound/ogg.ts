// The pages of an Ogg file (RFC 3533), each checked by its checksum: the decoders would play a damaged or truncated
// file as far as it goes, and say nothing.
import type { ByteSource } from "../../audio/wav.ts";
import { SoundError } from "../terminal/errors.ts";

export interface OggPage {
  /** The whole page, header included. */
  readonly bytes: Uint8Array;
  /** What it holds. */
  readonly body: Uint8Array;
  /** Which of the file's streams it belongs to. */
  readonly serial: number;
  /** The first, or the last, of its stream. */
  readonly first: boolean;
  readonly last: boolean;
}

const HEADER = 27;

/** All pages of a file of this name, from the beginning to the end. Throws SoundError. */
export function* oggPages(source: ByteSource, name: string): Generator<OggPage> {
  const size = source.size;
  const open = new Set<number>();
  for (let at = 0; at < size; ) {
    const header = source.read(at, Math.min(size, at + HEADER));
    const begins = header.subarray(0, 4).every((byte, i) => byte === "OggS".charCodeAt(i));
    if (!begins && at > 0 && open.size === 0 && !pageBehind(source, at)) return; // what lies behind is no part of it
    if (!begins) throw new SoundError(name, `is damaged: no Ogg page begins at byte ${at}, where one should`);
    if (header.length < HEADER) throw new SoundError(name, "is truncated inside an Ogg page");
    const segments = header[26]!;
    const start = at + HEADER + segments;
    if (start > size) throw new SoundError(name, "is truncated inside an Ogg page");
    const length = source.read(at + HEADER, start).reduce((sum, each) => sum + each, 0);
    const end = start + length;
    if (end > size) throw new SoundError(name, "is truncated inside an Ogg page");
    const bytes = new Uint8Array(source.read(at, end));
    const view = new DataView(bytes.buffer);
    const checksum = view.getUint32(22, true);
    view.setUint32(22, 0); // as it was while the checksum was made
    if (checksumOf(bytes) !== checksum)
      throw new SoundError(name, `is damaged: the Ogg page at byte ${at} is not what its checksum says`);
    view.setUint32(22, checksum, true);
    const serial = view.getUint32(14, true);
    const [first, last] = [(bytes[5]! & 2) !== 0, (bytes[5]! & 4) !== 0];
    if (last) open.delete(serial);
    else if (first) open.add(serial);
    yield { bytes, body: bytes.subarray(start - at), serial, first, last };
    at = end;
  }
}

const WINDOW = 2 ** 16;

/** Whether a page may begin anywhere from a byte on. */
function pageBehind(source: ByteSource, from: number): boolean {
  for (let at = from; at < source.size; at += WINDOW - 3) {
    const bytes = source.read(at, Math.min(source.size, at + WINDOW));
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes("OggS")) return true;
  }
  return false;
}

/** CRC-32 with the polynomial 04c11db7, neither reflected nor inverted. */
function checksumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum = (sum << 8) ^ CHECKSUMS[(sum >>> 24) ^ bytes[i]!]!;
  return sum >>> 0;
}

const CHECKSUMS = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0);
  return sum;
});
