// The pages of an Ogg file (RFC 3533), each checked by its checksum: the decoders would play damaged ones, and say
// nothing. Those are left out, as ffmpeg does.
import type { ByteSource, Flawed } from "../../audio/wav.ts";

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

/** All pages of a file that are whole, from the beginning to the end. */
export function* oggPages(source: ByteSource, flawed: Flawed): Generator<OggPage> {
  const size = source.size;
  const open = new Set<number>();
  const cutOff = () => flawed({ reason: "is truncated inside an Ogg page" });
  for (let at = 0; at < size; ) {
    const header = source.read(at, Math.min(size, at + HEADER));
    if (!isMagic(header)) {
      const next = nextMagic(source, at + 1);
      if (next === null && at > 0 && open.size === 0) return; // what lies behind is no part of it
      flawed({ reason: `is damaged: no Ogg page begins at byte ${at}, where one should` });
      if (next === null) return;
      at = next;
      continue;
    }
    if (header.length < HEADER) return cutOff();
    const segments = header[26]!;
    const start = at + HEADER + segments;
    if (start > size) return cutOff();
    const length = source.read(at + HEADER, start).reduce((sum, each) => sum + each, 0);
    const end = start + length;
    if (end > size) return cutOff();
    const bytes = new Uint8Array(source.read(at, end));
    const view = new DataView(bytes.buffer);
    const checksum = view.getUint32(22, true);
    view.setUint32(22, 0); // as it was while the checksum was made
    if (checksumOf(bytes) !== checksum) {
      flawed({ reason: `is damaged: the Ogg page at byte ${at} is not what its checksum says` });
      at = nextMagic(source, at + 4) ?? size;
      continue;
    }
    view.setUint32(22, checksum, true);
    const serial = view.getUint32(14, true);
    const [first, last] = [(bytes[5]! & 2) !== 0, (bytes[5]! & 4) !== 0];
    if (last) open.delete(serial);
    else if (first) open.add(serial);
    yield { bytes, body: bytes.subarray(start - at), serial, first, last };
    at = end;
  }
}

/** The packets of a stream's pages, without those of which a page is missing. */
export function* packetsOf(pages: Iterable<Uint8Array>): Generator<Uint8Array> {
  let parts: Uint8Array[] | null = null; // of the packet that goes on in the next page
  let expected = -1;
  for (const page of pages) {
    const number = new DataView(page.buffer, page.byteOffset).getUint32(18, true);
    const continued = (page[5]! & 1) !== 0;
    if (!continued || number !== expected) parts = continued ? null : [];
    expected = number + 1;
    const segments = page[26]!;
    let at = HEADER + segments;
    for (const length of page.subarray(HEADER, HEADER + segments)) {
      parts?.push(page.subarray(at, at + length));
      at += length;
      if (length === 255) continue;
      if (parts !== null) yield Buffer.concat(parts);
      parts = [];
    }
  }
}

const isMagic = (bytes: Uint8Array) =>
  bytes.length >= 4 && bytes[0] === 0x4f && bytes[1] === 0x67 && bytes[2] === 0x67 && bytes[3] === 0x53; // "OggS"

const WINDOW = 2 ** 16;

/** Where the next page may begin from a byte on; null where none does. */
function nextMagic(source: ByteSource, from: number): number | null {
  for (let at = from; at < source.size; at += WINDOW - 3) {
    const bytes = source.read(at, Math.min(source.size, at + WINDOW));
    const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("OggS");
    if (found >= 0) return at + found;
  }
  return null;
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
