// safetensors files: what is written is read back, and no damage goes unnoticed.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { DamagedFile, type HostArray } from "../../../src/train/files/arrays.ts";
import { readArrays, writeArrays } from "../../../src/train/files/safetensors.ts";

setDefaultTimeout(60_000);

const root = mkdtempSync(join(tmpdir(), "otograd-safetensors-"));
afterAll(() => rmSync(root, { recursive: true }));
const path = join(root, "a.safetensors");

const ARRAYS = {
  "conv1.0.weight": { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, Number.NaN, 1e-40, 6) },
  scalar: { shape: [], data: Float32Array.of(7) },
  counts: { shape: [2], data: Uint32Array.of(1, 2 ** 32 - 1) },
  empty: { shape: [0, 4], data: new Float32Array(0) },
};

/** Shape, type and every bit (toEqual would find a NaN unlike itself). */
function expectSame(name: string, { shape, data }: HostArray): void {
  const wanted = ARRAYS[name as keyof typeof ARRAYS];
  expect([...shape]).toEqual(wanted.shape);
  expect(data.constructor).toBe(wanted.data.constructor);
  expect(Buffer.from(data.buffer, data.byteOffset, data.byteLength)).toEqual(Buffer.from(wanted.data.buffer));
}

test("arrays and metadata come back bit for bit, and no temporary file is left", () => {
  writeArrays(path, ARRAYS, { epoch: "3" });
  const { arrays, metadata } = readArrays(path);
  expect(Object.keys(arrays)).toEqual(Object.keys(ARRAYS));
  for (const [name, array] of Object.entries(arrays)) expectSame(name, array);
  expect(metadata.epoch).toBe("3");
  expect(readdirSync(root)).toEqual(["a.safetensors"]);
  const bytes = readFileSync(path);
  expect((8 + Number(bytes.readBigUInt64LE())) % 8).toBe(0);
});

function raw(bytes: Uint8Array): string {
  writeFileSync(path, bytes);
  return path;
}

/** A file with this header and body. */
function file(header: unknown, body = new Uint8Array(0)): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return raw(Buffer.concat([length, json, body]));
}

const entry = (shape: unknown, offsets: unknown, dtype = "F32") => ({
  x: { dtype, shape, data_offsets: offsets },
});
const CASES: [string, () => string, string][] = [
  ["nothing in it", () => raw(new Uint8Array(0)), "it is 0 bytes long"],
  ["a header of 2^63 bytes", () => raw(new Uint8Array(64).fill(0x7f)), "longer than the file"],
  ["not JSON", () => file("{nope"), "not JSON"],
  ["a list", () => file([]), "not an object"],
  ["an unknown type", () => file(entry([1], [0, 8], "F64"), new Uint8Array(8)), "of type F64"],
  [
    "an int64 that is no uint32",
    () => file(entry([1], [0, 8], "I64"), new Uint8Array(8).fill(255)),
    "holds -1",
  ],
  ["a huge shape", () => file(entry([2 ** 40, 2 ** 40], [0, 4]), new Uint8Array(4)), "wants"],
  ["a negative size", () => file(entry([-1], [0, 4]), new Uint8Array(4)), "not a list of sizes"],
  ["an offset past the end", () => file(entry([2], [0, 8]), new Uint8Array(4)), "take 8 bytes, and 4"],
  ["a gap", () => file(entry([1], [4, 8]), new Uint8Array(8)), "does not follow"],
  ["bytes too many", () => file(entry([1], [0, 4]), new Uint8Array(8)), "take 4 bytes, and 8"],
];
for (const [name, make, expected] of CASES) {
  test(`damage: ${name}`, () => {
    const made = make();
    expect(() => readArrays(made)).toThrow(DamagedFile);
    expect(() => readArrays(made)).toThrow(expected);
  });
}

test("PyTorch's int64 counts are read as uint32, wherever they stand", () => {
  const header = {
    x: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    num_batches_tracked: { dtype: "I64", shape: [], data_offsets: [4, 12] },
  };
  const { arrays } = readArrays(file(header, Uint8Array.of(0, 0, 128, 63, 0x39, 0x30, 0, 0, 0, 0, 0, 0)));
  expect(arrays).toEqual({
    x: { shape: [1], data: Float32Array.of(1) },
    num_batches_tracked: { shape: [], data: Uint32Array.of(12345) },
  });
});

test("damage: any one byte changed, and any cut, is noticed", () => {
  writeArrays(path, ARRAYS, { epoch: "3" });
  const good = readFileSync(path);
  const random = new HostRandom(1);
  let noticed = 0;
  for (let i = 0; i < 300; i++) {
    const bytes = Buffer.from(good);
    bytes[random.int(bytes.length)]! ^= 1 + random.int(255);
    const cut = i % 3 === 0 ? bytes.subarray(0, random.int(bytes.length)) : bytes;
    writeFileSync(path, cut);
    try {
      const { arrays } = readArrays(path);
      // A changed name or metadata is still a well-formed file; changed numbers are not.
      for (const [name, array] of Object.entries(arrays)) if (name in ARRAYS) expectSame(name, array);
    } catch (error) {
      expect(error).toBeInstanceOf(DamagedFile);
      noticed++;
    }
  }
  console.log(
    `safetensors: ${noticed} of 300 damaged files refused, the rest read with their numbers intact`,
  );
  expect(noticed).toBeGreaterThan(200);
});
