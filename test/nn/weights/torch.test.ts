// PyTorch's own files: those that PyTorch 1.13 wrote (test/fixtures/torch/make.py) hold what they were made of, and a model
// computes with them what it computed there.
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadTorch, nn, type Tensor, WeightsError } from "otograd";
import { dtypeOf, type Elements } from "../../../src/gpu/array.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { failing } from "../../../src/nn/weights/error.ts";
import { readTorch } from "../../../src/nn/weights/torch.ts";
import { mutateBytes } from "../../fuzz/mutate.ts";
import { archive, bytes, global, int, pickle, rebuilt, storage, torchFile, tuple } from "./made.ts";

const root = join(import.meta.dir, "../../..");
const fixture = (name: string) => new Uint8Array(readFileSync(join(root, "test/fixtures/torch", name)));

/** What a file holds, each tensor as the shape and the numbers that it would be made of. */
const hostOf = (file: Uint8Array) =>
  readTorch(file, failing("loadTorch"), ({ shape, data }) => ({ shape, data: Array.from(data) }));

class Net extends nn.Module {
  conv1 = new nn.Sequential(new nn.Conv2d(2, 3, 3, { padding: 1 }), new nn.BatchNorm2d(3));
  fc = new nn.Linear(60, 2);
  forward(x: Tensor): Tensor {
    return this.fc.forward(this.conv1.forward(x).relu().flatten(1));
  }
}

test("a model that PyTorch saved loads by its names, and computes the same", async () => {
  const net = new Net().eval();
  net.loadStateDict(loadTorch(fixture("model.pt")));
  const { epoch, model, input, output } = loadTorch<{
    epoch: number;
    model: nn.StateDict;
    input: Tensor;
    output: Tensor;
  }>(fixture("checked.pt"));
  expect(epoch).toBe(3);
  const [ours, theirs] = [await net.forward(input).data(), await output.data()];
  const off = Math.max(...Array.from(ours, (value, i) => Math.abs(value - theirs[i]!)));
  console.log(`  PyTorch's model: ${ours.length} outputs, off by at most ${off.toExponential(1)}`);
  expect(off).toBeLessThan(1e-6);
  net.loadStateDict(model);
  expect(await net.forward(input).data()).toEqual(ours);
});

/** Of kinds.pt and the others: shapes, types and numbers. */
const KINDS: Record<string, [number[], Elements]> = {
  transposed: [[4, 3], Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11)],
  "every second": [[3, 2], Float32Array.of(1, 3, 5, 7, 9, 11)],
  row: [[4], Float32Array.of(4, 5, 6, 7)],
  diagonal: [[3], Float32Array.of(0, 5, 10)],
  expanded: [[2, 3], new Float32Array(6).fill(7)],
  scalar: [[], Float32Array.of(2.5)],
  empty: [[0, 4], new Float32Array(0)],
  parameter: [[2], Float32Array.of(1, -2)],
  float64: [[3], Float32Array.of(0.1, Number.NEGATIVE_INFINITY, Number.NaN)],
  float16: [[4], Float32Array.of(0.0999755859375, -65504, 2 ** -24, Number.POSITIVE_INFINITY)],
  bfloat16: [[3], Float32Array.of(0.10009765625, -3.00405527047391e38, 9.183549615799121e-41)],
  int64: [[3], Int32Array.of(0, -(2 ** 31), 2 ** 31 - 1)],
  int32: [[2], Int32Array.of(-100, 2 ** 31 - 1)],
  int16: [[2], Int32Array.of(-1, 32767)],
  int8: [[2], Int32Array.of(-128, 127)],
  uint8: [[2], Int32Array.of(0, 255)],
  bool: [[2], Uint8Array.of(1, 0)],
  again: [[4, 3], Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11)],
};
const PLAIN = [1, -2, 2.5, null, true, "ö", [3, [4]], new Set([5, 6]), 10n ** 18n, -(2n ** 70n), new Map([[1, "one"]]), {}]; // biome-ignore format: a row

for (const name of ["kinds.pt", "kinds-protocol4.pt", "kinds-legacy.pt"]) {
  test(`${name}: every type of number, views, and plain values`, async () => {
    const { plain, size, ...tensors } = loadTorch<Record<string, unknown>>(fixture(name));
    expect(plain).toEqual(PLAIN);
    expect(size).toEqual([3, 4]);
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(KINDS).sort());
    for (const [kind, value] of Object.entries(tensors)) {
      const loaded = value as Tensor;
      const [shape, numbers] = KINDS[kind]!;
      expect([kind, loaded.dtype, loaded.shape]).toEqual([kind, dtypeOf(numbers), shape]);
      expect([kind, ...(await loaded.data())].map(Number)).toEqual([kind, ...numbers].map(Number));
      expect(loaded.requiresGrad).toBe(kind === "parameter");
    }
  });
}

test("bytes as Node reads them, and inside of others", () => {
  const good = fixture("kinds.pt");
  const shifted = new Uint8Array(good.length + 3);
  shifted.set(good, 3);
  for (const given of [Buffer.from(good), shifted.subarray(3)]) expect(hostOf(given)).toEqual(hostOf(good));
  const bytesOf = hostOf(torchFile(pickle("U\x01xC\x02ab\x86"))) as unknown[];
  expect(bytesOf).toEqual(["x", Uint8Array.of(97, 98)]);
});

test("what is no tensor, plain container, number or word is refused by its name", () => {
  for (const [name, says] of [
    ["device.pt", '"torch.device"'],
    ["module.pt", '"__main__.Net"'],
    ["large.pt", 'the storage "0" holds 2147483648, which is no int32'],
  ] as const)
    expect(() => loadTorch(fixture(name))).toThrow(says);
});

test("numbers whose highest bytes come first", () => {
  const sizes = tuple(int(2));
  const data = pickle(rebuilt(storage(int(2)), int(0), sizes, tuple(int(1))));
  const content = bytes(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0);
  const file = archive([
    { name: "a/data.pkl", content: data },
    { name: "a/byteorder", content: bytes("big") },
    { name: "a/data/0", content },
  ]);
  expect(hostOf(file)).toEqual({ shape: [2], data: [1, -2] });
});

test("one list in two places is one, and doubling lists are not multiplied out", () => {
  const doubled = "2\x86".repeat(200);
  expect(() => hostOf(torchFile(pickle("]", doubled)))).toThrow("nested more than 100 deep");
  const shared = hostOf(torchFile(pickle("]q\x00", "2\x86".repeat(60)))) as unknown[];
  expect(shared[0]).toBe(shared[1]);
});

test("a state dict's metadata is left out, and an OrderedDict keeps its order", () => {
  const dict = [global("collections", "OrderedDict"), ")R(U\x01bNU\x01aNu}U\x09_metadataNsb"];
  expect(Object.keys(hostOf(torchFile(pickle(dict))) as object)).toEqual(["b", "a"]);
});

test("damage: what is read of a damaged file is what was in it, or it is refused", () => {
  const counts = { refused: 0, same: 0 };
  for (const name of ["model.pt", "kinds.pt"]) {
    const good = fixture(name);
    const wanted = hostOf(good);
    for (let i = 0; i < 500; i++) {
      try {
        expect(hostOf(mutateBytes(new HostRandom(5, i), good))).toEqual(wanted);
        counts.same++;
      } catch (error) {
        if (!(error instanceof WeightsError)) throw error;
        counts.refused++;
      }
    }
  }
  console.log(`  damaged .pt files: ${counts.refused} refused, ${counts.same} read as they were`);
  expect(counts.refused).toBeGreaterThan(500);
});

const published = join(root, "../shared/weights/mn04_as_mAP_432.pt");
const there = existsSync(published);
if (!there) console.log(`  ${published} is not there: it is not read`);

test.skipIf(!there)("a published network's weights", async () => {
  const state = loadTorch(new Uint8Array(readFileSync(published)));
  const numbers = Object.values(state).reduce((sum, parameter) => sum + parameter.numel(), 0);
  console.log(`  mn04_as: ${Object.keys(state).length} tensors, ${numbers} numbers`);
  expect(Object.keys(state).slice(0, 2)).toEqual(["features.0.0.weight", "features.0.1.weight"]);
  expect(state["features.0.0.weight"]!.shape).toEqual([8, 1, 3, 3]);
  expect(state["classifier.5.weight"]!.shape).toEqual([527, 512]);
  const variances = Array.from(await state["features.0.1.running_var"]!.data());
  expect(Math.min(...variances)).toBeGreaterThan(0);
  expect(state["features.0.1.num_batches_tracked"]!.dtype).toBe("int32");
});
