// Named arrays as files have them, and the checksum of their own that the system's files carry: what a page can know of
// them, too. From and to the disk: safetensors.ts.
import type { HostArray } from "../../nn/weights/numbers.ts";
import { encodeSafetensors } from "../../nn/weights/safetensors.ts";
import { UserError } from "../terminal/errors.ts";

export type { HostArray };

export interface Arrays {
  readonly arrays: Record<string, HostArray>;
  readonly metadata: Record<string, string>;
}

/** A file that is not what it should be: truncated, damaged, or something else altogether. */
export class DamagedFile extends UserError {
  override name = "DamagedFile";
}

/**
 * The metadata's first entry: SHA-256 over the whole file with zeros in its own place. Files without it, as others write
 * them, are read as they are.
 */
export const CHECKSUM = "sha256";
const ZEROS = "0".repeat(64);
const entryOf = (checksum: string) => `"${CHECKSUM}":"${checksum}"`;

/** A file's bytes in pieces, the header first, with zeros for the checksum that they will have. */
export function encodeArrays(
  arrays: Record<string, HostArray>,
  metadata: Record<string, string> = {},
): [header: Uint8Array<ArrayBuffer>, ...numbers: Uint8Array[]] {
  const { [CHECKSUM]: _, ...others } = metadata;
  return encodeSafetensors(arrays, { [CHECKSUM]: ZEROS, ...others });
}

/** Puts a checksum where there are zeros for it. */
export function putChecksum(header: Uint8Array, checksum: string): void {
  replace(header, ZEROS, checksum);
}

/** Puts zeros where that checksum is, if it is there. */
export function takeChecksum(header: Uint8Array, checksum: string): void {
  replace(header, checksum, ZEROS);
}

function replace(header: Uint8Array, from: string, to: string): void {
  const at = new TextDecoder("latin1").decode(header).indexOf(entryOf(from));
  if (at >= 0) header.set(new TextEncoder().encode(entryOf(to)), at);
}
