// Files of weights made by hand, as an attacker would: pickles byte by byte, and zip archives that may lie.
import { crc32 } from "../../../src/nn/weights/crc.ts";

export type Part = string | number | Uint8Array | readonly Part[];

/** Bytes of text (one a character), of numbers below 256, and of others. */
export function bytes(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(flat));
}

function flat(part: Part): number[] {
  if (typeof part === "number") return [part];
  if (typeof part === "string") return Array.from(part, (character) => character.charCodeAt(0));
  return Array.from(part as readonly Part[]).flatMap(flat);
}

export const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
export const u32 = (value: number): number[] => [...u16(value), ...u16(value >>> 16)];
export const u64 = (value: bigint): number[] => [
  ...u32(Number(value & 0xffffffffn)),
  ...u32(Number(value >> 32n)),
];

// Pickles ---------------------------------------------------------------------------------------------------

export const text = (value: string): Part => ["X", u32(value.length), value];
export const int = (value: number): Part => ["J", u32(value)];
export const tuple = (...items: readonly Part[]): Part => ["(", items, "t"];
export const global = (module: string, name: string): Part => `c${module}\n${name}\n`;
export const storage = (count: Part, key = "0", type = "FloatStorage"): Part => [
  tuple(text("storage"), global("torch", type), text(key), text("cpu"), count),
  "Q",
];
/** A tensor in a pickle: its offset, sizes and strides. */
export const rebuilt = (of: Part, offset: Part, size: Part, stride: Part): Part => [
  global("torch._utils", "_rebuild_tensor_v2"),
  tuple(of, offset, size, stride, "\x89", global("collections", "OrderedDict"), ")R"),
  "R",
];
export const pickle = (...parts: readonly Part[]): Uint8Array => bytes("\x80\x02", parts, ".");

// Archives --------------------------------------------------------------------------------------------------

/** An entry of an archive; what it says of itself may be wrong. */
export interface Entry {
  name: string;
  content: Uint8Array;
  method?: number;
  /** What the directory says. */
  size?: number;
  packed?: number;
  checksum?: number;
  from?: number;
  flags?: number;
  localName?: string;
}

export function archive(entries: readonly Entry[], count = entries.length): Uint8Array {
  const locals: number[] = [];
  const directory: number[] = [];
  for (const entry of entries) {
    const { name, content, method = 0, flags = 0, localName = name } = entry;
    const { size = content.length, packed = size, checksum = crc32(content), from = locals.length } = entry;
    const facts = [u16(flags), u16(method), u32(0), u32(checksum), u32(packed), u32(size)].flat();
    for (const byte of bytes(
      u32(0x04034b50),
      u16(20),
      facts,
      u16(localName.length),
      u16(0),
      localName,
      content,
    ))
      locals.push(byte);
    directory.push(...bytes(u32(0x02014b50), u16(20), u16(20), facts, u16(name.length), u16(0), u16(0)));
    directory.push(...bytes(u16(0), u16(0), u32(0), u32(from), name));
  }
  const end = [u32(0x06054b50), u16(0), u16(0), u16(count), u16(count), u32(directory.length)];
  return bytes(locals, directory, end, u32(locals.length), u16(0));
}

/** A .pt file of a pickle and of the numbers of its storages. */
export const torchFile = (data: Uint8Array, storages: Record<string, Uint8Array> = {}): Uint8Array =>
  archive([
    { name: "archive/data.pkl", content: data },
    ...Object.entries(storages).map(([key, content]) => ({ name: `archive/data/${key}`, content })),
  ]);
