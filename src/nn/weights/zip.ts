// Zip archives as PyTorch writes them: entries that are stored as they are. The directory at the end is believed only as far as the
// bytes bear it out: every entry lies inside the file and apart from the others, is called by one name, and has its checksum.
// APPNOTE.TXT of PKWARE, 4.3.
import { show } from "../../tensor/check.ts";
import { crc32 } from "./crc.ts";
import type { Fail } from "./error.ts";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const ENCRYPTED = 1;
/** Bytes of the record at the end, and of the longest comment behind it. */
const END_BYTES = 22;
const LONGEST_COMMENT = 65535;

/** The entries of an archive by name, as views of its bytes. */
export function readZip(file: Uint8Array, fail: Fail): Map<string, Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const nameAt = (at: number, length: number) => new TextDecoder().decode(file.subarray(at, at + length));

  const end = findEnd(file, u32);
  if (end === null) throw fail("the zip archive has no directory: is the file whole?");
  const [count, size, start] = [u16(end + 10), u32(end + 12), u32(end + 16)];
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff)
    throw fail("the zip archive is of the zip64 kind, which is not read");
  if (u16(end + 4) !== 0 || u16(end + 6) !== 0 || u16(end + 8) !== count)
    throw fail("the zip archive has several parts");
  if (start + size > end)
    throw fail(`the zip archive's directory is said to end at byte ${start + size}, behind its end`);

  const entries = new Map<string, Uint8Array>();
  const checksums: number[] = [];
  const places: { name: string; from: number; to: number }[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > start + size || u32(at) !== CENTRAL)
      throw fail(`the zip archive's directory is damaged at byte ${at}`);
    const next = at + 46 + u16(at + 28) + u16(at + 30) + u16(at + 32);
    if (next > start + size) throw fail(`the zip archive's directory is damaged at byte ${at}`);
    const name = nameAt(at + 46, u16(at + 28));
    const [flags, method, checksum] = [u16(at + 8), u16(at + 10), u32(at + 16)];
    const [packed, length, from] = [u32(at + 20), u32(at + 24), u32(at + 42)];
    const wrong = (what: string) => fail(`the zip archive's ${show(name)} ${what}`);
    if (/^[/\\]|(^|[/\\])\.\.([/\\]|$)|[\0\\:]/.test(name)) throw wrong("has a name that leads elsewhere");
    if (entries.has(name)) throw wrong("is there twice");
    if (flags & ENCRYPTED) throw wrong("is encrypted");
    if (method !== 0)
      throw wrong(`is compressed (method ${method}): torch.save stores, and only that is read`);
    if (packed !== length) throw wrong(`is stored, but takes ${packed} bytes and gives ${length}`);
    if (from + 30 > start || u32(from) !== LOCAL) throw wrong(`does not begin at byte ${from}`);
    const data = from + 30 + u16(from + 26) + u16(from + 28);
    if (data + length > start) throw wrong(`of ${length} bytes reaches beyond the archive's entries`);
    if (nameAt(from + 30, u16(from + 26)) !== name) throw wrong("is called otherwise where it lies");
    places.push({ name, from, to: data + length });
    entries.set(name, file.subarray(data, data + length));
    checksums.push(checksum);
    at = next;
  }
  places.sort((a, b) => a.from - b.from);
  places.forEach(({ name, from }, i) => {
    const before = places[i - 1];
    if (before !== undefined && before.to > from)
      throw fail(`the zip archive's ${show(before.name)} and ${show(name)} overlap`);
  });
  // Only now that none overlap: it would take for ever where all of many are the same bytes.
  [...entries].forEach(([name, bytes], i) => {
    if (crc32(bytes) !== checksums[i])
      throw fail(`the zip archive's ${show(name)} is damaged: its checksum is wrong`);
  });
  return entries;
}

/** Where the record at the end begins, which a comment may follow. */
function findEnd(file: Uint8Array, u32: (at: number) => number): number | null {
  const last = file.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) if (u32(at) === END) return at;
  return null;
}
