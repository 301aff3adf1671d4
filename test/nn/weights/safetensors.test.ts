// safetensors as bytes: what is saved is loaded again, other people's types of numbers are read, and damage is refused.
import { expect, test } from "bun:test";
import {
  loadSafetensors,
  nn,
  safetensorsMetadata,
  saveSafetensors,
  type Tensor,
  tensor,
  WeightsError,
  zeros,
} from "otograd";
import type { Elements } from "../../../src/gpu/array.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { mutateBytes } from "../../fuzz/mutate.ts";
import { bytes, type Part, u64 } from "./made.ts";

/** A file of this header and these numbers. */
function file(header: unknown, ...numbers: readonly Part[]): Uint8Array {
  const json = typeof header === "string" ? header : JSON.stringify(header);
  return bytes(u64(BigInt(json.length)), json, ...numbers);
}
const entry = (dtype: string, shape: unknown, offsets: unknown) => ({
  x: { dtype, shape, data_offsets: offsets },
});

test("a module's weights come back, with the metadata", async () => {
  const net = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
  const saved = await saveSafetensors(net.stateDict(), { epoch: "3", ö: "ü\n" });
  expect(safetensorsMetadata(saved)).toEqual({ epoch: "3", ö: "ü\n" });
  expect(Number(new DataView(saved.buffer).getBigUint64(0, true)) % 8).toBe(0);
  const other = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
  other.loadStateDict(loadSafetensors(saved));
  for (const [name, value] of Object.entries(net.stateDict()))
    expect([name, await other.stateDict()[name]!.data()]).toEqual([name, await value.data()]);
});

test("what is saved is what there was at the call", async () => {
  const [x, metadata, options] = [tensor([1, 2]), { epoch: "3" }, { half: false }];
  const saving = saveSafetensors({ x }, metadata, options);
  x.zero_();
  metadata.epoch = "4";
  options.half = true;
  const saved = await saving;
  expect([...(await loadSafetensors(saved).x!.data())]).toEqual([1, 2]);
  expect(safetensorsMetadata(saved)).toEqual({ epoch: "3" });
  expect(new TextDecoder().decode(saved)).toContain('"F32"');
});

test("any tensors, by any names; bytes that do not begin at a multiple of 4", async () => {
  const named = Object.fromEntries([
    ["scalar", tensor(7)],
    ["no. 1", tensor([1, 2 ** 32 - 1], { dtype: "uint32" })],
    ["empty", zeros([0, 4])],
    ["__proto__", tensor([Number.NaN, 1e-40])],
  ]);
  const saved = await saveSafetensors(named);
  const shifted = new Uint8Array(saved.length + 1);
  shifted.set(saved, 1);
  for (const given of [saved, saved.buffer as ArrayBuffer, shifted.subarray(1)]) {
    const loaded = loadSafetensors(given);
    expect(Object.keys(loaded).sort()).toEqual(["__proto__", "empty", "no. 1", "scalar"]);
    for (const [name, value] of Object.entries(named)) {
      const again = Object.getOwnPropertyDescriptor(loaded, name)!.value as Tensor;
      expect([name, again.shape, again.dtype]).toEqual([name, value.shape, value.dtype]);
      expect(Array.from(await again.data())).toEqual(Array.from(await value.data()));
    }
  }
  expect(safetensorsMetadata(saved)).toEqual({});
});

test("as halves, every number becomes the nearest one, and of two the even one", async () => {
  const halves = Array.from({ length: 0x7c00 }, (_, bits) => bits); // 0 … 65504, in their order
  const numberOf = (bits: number) =>
    bits < 1024 ? bits * 2 ** -24 : (1024 + (bits & 1023)) * 2 ** ((bits >> 10) - 25);
  const values = halves.map(numberOf);
  const between = values.slice(1).map((value, i) => (value + values[i]!) / 2);
  const beyond = between.map((value) => value * (1 + 2 ** -23));
  const x = tensor([...values, ...between, ...beyond].flatMap((value) => [value, -value]));
  const saved = await saveSafetensors({ x, n: tensor([3], { dtype: "int32" }) }, {}, { half: true });
  const wanted = [
    ...values,
    ...between.map((_, i) => values[i + (i % 2)]!),
    ...between.map((_, i) => values[i + 1]!),
  ].flatMap((value) => [value, -value]);
  const loaded = loadSafetensors(saved);
  expect(await loaded.x!.data()).toEqual(Float32Array.from(wanted));
  expect([loaded.x!.dtype, loaded.n!.dtype]).toEqual(["float32", "int32"]);
  const whole = await saveSafetensors({ x });
  console.log(`  ${x.numel()} numbers in ${saved.length} bytes, in float32 in ${whole.length}`);
  expect(saved.length).toBeLessThan(whole.length / 2 + 200);

  const odd = tensor([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]);
  const again = loadSafetensors(await saveSafetensors({ odd }, {}, { half: true })).odd!;
  expect(Array.from(await again.data())).toEqual(Array.from(await odd.data()));
  expect(saveSafetensors({ w: tensor([1, -65520]) }, {}, { half: true })).rejects.toThrow(
    'saveSafetensors: "w" holds -65520, and the largest number of float16 is 65504',
  );
});

const TYPES: [dtype: string, numbers: number[], is: Elements][] = [
  ["F64", [0, 0, 0, 0, 0, 0, 0xf8, 0xbf], Float32Array.of(-1.5)],
  ["F32", [0, 0, 0xc0, 0xbf], Float32Array.of(-1.5)],
  ["F16", [0, 0xbe], Float32Array.of(-1.5)],
  ["BF16", [0xc0, 0xbf], Float32Array.of(-1.5)],
  ["I64", [255, 255, 255, 255, 255, 255, 255, 255], Int32Array.of(-1)],
  ["U64", [0, 1, 0, 0, 0, 0, 0, 0], Uint32Array.of(256)],
  ["I32", [2, 1, 0, 0], Int32Array.of(258)],
  ["U32", [255, 255, 255, 255], Uint32Array.of(2 ** 32 - 1)],
  ["I16", [253, 255], Int32Array.of(-3)],
  ["U16", [255, 255], Int32Array.of(65535)],
  ["I8", [128], Int32Array.of(-128)],
  ["U8", [200], Int32Array.of(200)],
  ["BOOL", [1], Uint8Array.of(1)],
];
test("every type of number", async () => {
  for (const [dtype, numbers, is] of TYPES) {
    const { x } = loadSafetensors(file(entry(dtype, [1], [0, numbers.length]), numbers));
    expect([dtype, await x!.data()]).toEqual([dtype, is]);
  }
});

const four = new Uint8Array(4);
const DAMAGE: [kind: string, file: Uint8Array, says: string][] = [
  ["nothing in it", new Uint8Array(0), "it is 0 bytes long"],
  ["a header of 2⁶² bytes", bytes(u64(2n ** 62n), four), "its header is longer than the file"],
  ["no JSON", file("{nope"), "its header is not JSON"],
  ["a list", file([]), "its header is not an object"],
  ["metadata of numbers", file({ __metadata__: { a: 1 } }), "its metadata is not a table of strings"],
  ["another type", file(entry("F8_E4M3", [4], [0, 4]), four), '"x" is of type "F8_E4M3", which is none of F64, F32'],
  ["a large number", file(entry("I64", [1], [0, 8]), bytes(0, 0, 0, 0, 1, 0, 0, 0)), '"x" holds 4294967296, which is no int32'],
  ["a huge shape", file(entry("F32", [2 ** 40, 2 ** 40], [0, 4]), four), "wants 4.835"],
  ["a negative size", file(entry("F32", [-1], [0, 4]), four), 'the shape of "x" is not a list of sizes'],
  ["9 dimensions", file(entry("F32", new Array(9).fill(1), [0, 4]), four), "has more than 8 dimensions"],
  ["offsets beyond the end", file(entry("F32", [2], [0, 8]), four), "its arrays take 8 bytes, and 4 are there"],
  ["a gap", file(entry("F32", [1], [4, 8]), four, four), '"x" does not follow on the array before it'],
  ["arrays over each other", file({ ...entry("F32", [1], [0, 4]), y: entry("F32", [1], [0, 4]).x }, four), '"y" does not follow'],
  ["bytes too many", file(entry("F32", [1], [0, 4]), four, four), "its arrays take 4 bytes, and 8 are there"],
]; // biome-ignore format: a table

test("damage is told, and nothing is made", () => {
  for (const [kind, made, says] of DAMAGE) {
    expect([kind, () => loadSafetensors(made)][1]).toThrow(WeightsError);
    expect(() => loadSafetensors(made)).toThrow(`loadSafetensors: not a usable safetensors file: `);
    expect(() => loadSafetensors(made)).toThrow(says);
  }
});

test("damage drawn by seed: refused, or an array of what is there", async () => {
  const good = await saveSafetensors({ a: tensor([[1, 2, 3]]), b: tensor([4], { dtype: "uint32" }) });
  const counts = { refused: 0, read: 0 };
  for (let i = 0; i < 500; i++) {
    try {
      const loaded = loadSafetensors(mutateBytes(new HostRandom(6, i), good));
      const numbers = Object.values(loaded).reduce((sum, parameter) => sum + parameter.numel(), 0);
      expect(numbers).toBeLessThanOrEqual(4000);
      counts.read++;
    } catch (error) {
      if (!(error instanceof WeightsError)) throw error;
      expect(error.message).not.toContain("\n");
      counts.refused++;
    }
  }
  console.log(`  damaged safetensors: ${counts.refused} refused, ${counts.read} read`);
  expect(counts.refused).toBeGreaterThan(250);
});
