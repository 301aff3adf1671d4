// Zip archives by hand (APPNOTE 6.3.10, sections 4.3.7 to 4.3.16), so that they can lie.
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  name: string;
  data: Uint8Array | string;
  deflate?: boolean;
  /** What the headers say instead of the truth. */
  claims?: { size?: number; packed?: number; crc?: number; method?: number; flags?: number; offset?: number };
  /** Unix mode, kind and permissions: 0o120777 is a symbolic link. */
  mode?: number;
}

/** An archive of these entries, and what its end says instead of the truth. */
export function zip(entries: ZipEntry[], claims: { count?: number; offset?: number } = {}): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { local, central } = entryOf(entry, at);
    files.push(local);
    directory.push(central);
    at += local.length;
  }
  const centre = Buffer.concat(directory);
  const count = claims.count ?? entries.length;
  const end = fields([
    [4, 0x06054b50],
    [2, 0], // this disk
    [2, 0], // the directory's disk
    [2, count],
    [2, count],
    [4, centre.length],
    [4, claims.offset ?? at],
    [2, 0], // no comment
  ]);
  return Buffer.concat([...files, centre, end]);
}

function entryOf({ name, data, deflate = false, claims = {}, mode = 0 }: ZipEntry, offset: number) {
  const content = Buffer.from(data as string);
  const packed = deflate ? deflateRawSync(content) : content;
  const label = Buffer.from(name, "utf8");
  const common: [number, number][] = [
    [2, 20], // version needed
    [2, claims.flags ?? 0x800], // names in UTF-8
    [2, claims.method ?? (deflate ? 8 : 0)],
    [4, 0], // time and date
    [4, claims.crc ?? crc32(content)],
    [4, claims.packed ?? packed.length],
    [4, claims.size ?? content.length],
    [2, label.length],
    [2, 0], // extra fields
  ];
  const local = Buffer.concat([fields([[4, 0x04034b50], ...common]), label, packed]);
  const central = fields([
    [4, 0x02014b50],
    [2, (3 << 8) | 20], // made on Unix
    ...common,
    [2, 0], // comment
    [2, 0], // disk
    [2, 0], // internal attributes
    [4, (mode << 16) >>> 0],
    [4, claims.offset ?? offset],
  ]);
  return { local, central: Buffer.concat([central, label]) };
}

/** Little-endian numbers of so many bytes. */
function fields(values: [bytes: number, value: number][]): Buffer {
  const out = Buffer.alloc(values.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of values) at = out.writeUIntLE(value, at, bytes);
  return out;
}
