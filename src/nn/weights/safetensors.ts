// safetensors: named arrays in one file, as PyTorch and others read them. Eight bytes give the length of a JSON
// header, {"name": {"dtype", "shape", "data_offsets"}, …, "__metadata__": {…}}; the numbers follow, little-endian.
// https://github.com/huggingface/safetensors#format
import { type DType, dtypeOf, readArray } from "../../gpu/array.ts";
import { isList, isTensor, show, wantNoMore } from "../../tensor/check.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { promised } from "../../tensor/methods/promised.ts";
import { BOOLEAN, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { StateDict } from "../module.ts";
import { type Fail, failing, wantBytes } from "./error.ts";
import {
  decode,
  type HostArray,
  isTypeName,
  NUMBER_TYPES,
  type TypeName,
  toHalves,
  toTensor,
} from "./numbers.ts";

const unusable = (who: string) => failing(`${who}: not a usable safetensors file`);
const MAX_HEADER = 100_000_000;
const NAMES: Record<DType, TypeName> = { float32: "F32", int32: "I32", uint32: "U32", bool: "BOOL" };

/** An array in a file: its bytes are `begin` … `end` − 1 of those behind the header. */
export interface Entry {
  readonly name: string;
  readonly dtype: TypeName;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order in which their numbers lie. */
  readonly entries: readonly Entry[];
  readonly metadata: Record<string, string>;
  /** Where the numbers begin. */
  readonly start: number;
}

/**
 * A state dict, or any tensors by name, as the bytes of a safetensors file. Float32 tensors are written as F32, int32 as
 * I32, uint32 as U32, bool as BOOL. `metadata` are words by name that readers get back (`safetensorsMetadata`). Waits for
 * the GPU.
 *
 * With `half`, float32 tensors are written as F16, in half as many bytes: each number as the nearest of 11 significant
 * bits, off by 1/2048 of itself at the most (by 2^-25 below 2^-14). Reading gives float32 again, so nothing computes in
 * less. A number beyond 65504 has no half and is refused.
 *
 *     await Bun.write("model.safetensors", await saveSafetensors(model.stateDict()));
 * @shape any, more → nothing
 * @example
 * const bytes = await saveSafetensors({ bias: tensor([1, 2]) });
 * loadSafetensors(bytes).bias; // → [1, 2]
 * loadSafetensors(await saveSafetensors({ x: tensor([1 / 3]) }, {}, { half: true })).x; // → [0.3333]
 */
export function saveSafetensors(
  tensors: StateDict,
  metadata: Readonly<Record<string, string>> = {},
  options: { half?: boolean } = {},
  ...more: never[]
): Promise<Uint8Array> {
  return promised("saveSafetensors()", () => written(tensors, metadata, options, more));
}

async function written(
  tensors: StateDict,
  metadata: Readonly<Record<string, string>>,
  options: { half?: boolean },
  more: readonly unknown[],
): Promise<Uint8Array> {
  takesOptions(options, more);
  if (isRecord(tensors) && typeof tensors.stateDict === "function")
    throw new TypeError(
      `saveSafetensors: wants an object of tensors by name, got ${show(tensors)}: write model.stateDict()`,
    );
  if (!isRecord(tensors) || isTensor(tensors) || isList(tensors) || tensors instanceof Map)
    throw new TypeError(`saveSafetensors: wants an object of tensors by name, got ${show(tensors)}`);
  for (const [name, tensor] of Object.entries(tensors))
    if (!isTensor(tensor))
      throw new TypeError(`saveSafetensors: ${show(name)} is a tensor, got ${show(tensor)}`);
  if (!isRecord(metadata)) throw new TypeError(`saveSafetensors: the metadata ${words(metadata)}`);
  for (const [name, word] of Object.entries(metadata))
    if (typeof word !== "string")
      throw new TypeError(`saveSafetensors: the metadata ${words(word, ` of ${show(name)}`)}`);
  const read = Object.entries(tensors).map(async ([name, tensor]): Promise<[string, HostArray]> => {
    const { shape } = tensor;
    return [name, { shape, data: await readArray(arrayOf(tensor)) }];
  });
  const [notes, how] = [{ ...metadata }, { ...options }]; // as they are at the call, like the tensors
  const parts = encodeSafetensors(Object.fromEntries(await Promise.all(read)), notes, how);
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

const takesOptions = takes("saveSafetensors", 3, { half: BOOLEAN });

const words = (got: unknown, of = "") => `is an object of words by name, got ${show(got)}${of}`;

/**
 * The tensors of a safetensors file by their names, as `Module.loadStateDict` takes them. Floats of any length become
 * float32, whole numbers int32 (uint32 where they are of 32 or 64 bits without a sign), booleans bool. All sizes are checked against the bytes before anything is allocated.
 * @shape → any, more
 * @throws WeightsError that says what is wrong with the file
 * @example
 * loadSafetensors(await saveSafetensors({ bias: tensor([1, 2]) })).bias; // → [1, 2]
 * loadSafetensors(new Uint8Array(4)); // throws loadSafetensors: not a usable safetensors file: it is 4 bytes long
 */
export function loadSafetensors(bytes: Uint8Array | ArrayBuffer, ...more: never[]): Record<string, Tensor> {
  wantNoMore("loadSafetensors", more);
  const file = wantBytes("loadSafetensors", bytes);
  const fail = unusable("loadSafetensors");
  const arrays = numbersOf(file, parseHeader(file, fail), fail);
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, toTensor(array, fail, show(name))]),
  );
}

/**
 * The metadata of a safetensors file: words by name. Throws WeightsError that says what is wrong with the file.
 * @example safetensorsMetadata(await saveSafetensors({ bias: zeros([1]) }, { epoch: "3" })); // → { epoch: 3 }
 */
export function safetensorsMetadata(
  bytes: Uint8Array | ArrayBuffer,
  ...more: never[]
): Record<string, string> {
  wantNoMore("safetensorsMetadata", more);
  return parseHeader(wantBytes("safetensorsMetadata", bytes), unusable("safetensorsMetadata")).metadata;
}

/** A file in parts, to be written one behind the other: its head, and each array's bytes as they lie in memory. */
export function encodeSafetensors(
  arrays: Readonly<Record<string, HostArray>>,
  metadata: Readonly<Record<string, string>>,
  { half = false }: { half?: boolean } = {},
): [head: Uint8Array<ArrayBuffer>, ...arrays: Uint8Array[]] {
  const fail = (what: string) => new RangeError(`saveSafetensors: ${what}`);
  const entries = Object.entries(arrays).map(([name, { shape, data }]) => {
    if (!half || !(data instanceof Float32Array)) return { name, shape, data, dtype: NAMES[dtypeOf(data)] };
    return { name, shape, data: toHalves(data, fail, show(name)), dtype: "F16" };
  });
  const header: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [["__metadata__", metadata]];
  let offset = 0;
  for (const { name, shape, data, dtype } of entries) {
    if (name === "__metadata__")
      throw new RangeError("saveSafetensors: no tensor can be called __metadata__");
    header.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(json.length / 8) * 8; // the numbers begin at a multiple of 8
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, 8);
  const bytes = entries.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return [head, ...bytes];
}

/** Reads and checks a file's header: that each array has the bytes that its shape wants, one behind the other. */
export function parseHeader(file: Uint8Array, fail: Fail): Header {
  if (file.length < 8) throw fail(`it is ${file.length} bytes long`);
  const declared = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(Math.min(file.length - 8, MAX_HEADER)))
    throw fail("its header is longer than the file");
  const start = 8 + Number(declared);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, start)));
  } catch {
    throw fail("its header is not JSON");
  }
  if (!isRecord(header)) throw fail("its header is not an object");
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    throw fail("its metadata is not a table of strings");
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value, fail));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) throw fail(`${show(name)} does not follow on the array before it`);
    at = end;
  }
  if (at !== file.length - start)
    throw fail(`its arrays take ${at} bytes, and ${file.length - start} are there`);
  return { entries, metadata: metadata as Record<string, string>, start };
}

/** The numbers of all arrays of a file whose header is `header`; views of the file where no conversion is needed. */
export function numbersOf(file: Uint8Array, header: Header, fail: Fail): Record<string, HostArray> {
  const arrays = header.entries.map(({ name, dtype, shape, begin, end }): [string, HostArray] => {
    const bytes = file.subarray(header.start + begin, header.start + end);
    return [name, { shape, data: decode(dtype, bytes, fail, show(name)) }];
  });
  return Object.fromEntries(arrays);
}

function parseEntry(name: string, value: unknown, fail: Fail): Entry {
  if (!isRecord(value)) throw fail(`${show(name)} is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isTypeName(dtype))
    throw fail(
      `${show(name)} is of type ${show(dtype)}, which is none of ${Object.keys(NUMBER_TYPES).join(", ")}`,
    );
  if (!isSizes(shape)) throw fail(`the shape of ${show(name)} is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw fail(`the place of ${show(name)} is not a pair of offsets`);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, n) => product * n, NUMBER_TYPES[dtype].bytes);
  if (end - begin !== bytes)
    throw fail(`${show(name)} [${shape.join(", ")}] wants ${bytes} bytes, not ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
