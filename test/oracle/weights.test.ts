// Weights that travel: state dicts of PyTorch's networks load by their own names and give PyTorch's logits, and ours
// have the names that PyTorch wants. weights.py made the fixture; weights are drawn, and the files put together from
// them must be byte for byte those that Python saved.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EscConv } from "../../examples/pytorch/EscConv.ts";
import { Piczak } from "../../src/nn/models/piczak.ts";
import type { Module } from "../../src/nn/module.ts";
import { noGrad, type Tensor, tensor } from "../../src/tensor/index.ts";
import { readArrays, writeArrays } from "../../src/train/files/safetensors.ts";
import { loadModel, readWeights } from "../../src/train/learning/checkpoint.ts";
import { Draw } from "./draw.ts";
import { Fixture, relativeError, summarize } from "./parity.ts";

setDefaultTimeout(60_000);

const ALLOWED = 1e-5;
const CLASSES = 10;
const BATCHES_TRACKED = 7n;
const fixture = new Fixture("weights");
const folder = mkdtempSync(join(tmpdir(), "otograd-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** weights.py's weights(). */
function weights(draw: Draw, name: string, shape: number[]): Float32Array {
  const fanIn = shape.slice(1).reduce((product, n) => product * n, 1);
  if (shape.length > 1) return draw.uniform(name, shape, Math.sqrt(6 / fanIn));
  return draw.uniform(name, shape, 0.5, name.endsWith(".1.weight") || name.endsWith("running_var") ? 1 : 0);
}

/** The file that Python saved: its header as it was, and the numbers drawn anew. */
function pythonsFile(name: string, draw: Draw): { path: string; header: Header } {
  const text = Buffer.from(fixture.metadata[`${name}/header`]!);
  const header = JSON.parse(text.toString()) as Header;
  const parts = Object.entries(header).map(([key, { dtype, shape }]) =>
    dtype === "I64" ? new Uint8Array(BigInt64Array.of(BATCHES_TRACKED).buffer) : weights(draw, key, shape),
  );
  const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  const bytes = Buffer.concat([length, text, ...parts.map(({ buffer }) => new Uint8Array(buffer))]);
  expect(new Bun.CryptoHasher("sha256").update(bytes).digest("hex")).toBe(
    fixture.metadata[`${name}/sha256`]!,
  );
  const path = join(folder, `${name}.safetensors`);
  writeFileSync(path, bytes);
  return { path, header };
}

function logits(net: EscConv | Piczak, x: Tensor): Tensor {
  if (net instanceof EscConv) return net.logits(x);
  const features = net.conv2.forward(net.conv1.forward(x)).flatten(1);
  return net.output.forward(net.fc.reduce((value, layer) => layer.forward(value), features));
}

const networks: Record<string, EscConv | Piczak> = {
  EscConv: new EscConv(CLASSES, 32),
  "Piczak, batch-norm form": new Piczak({ classes: CLASSES, form: "batch-norm", hidden: [32] }),
  "Piczak, dropout form": new Piczak({ classes: CLASSES, hidden: [32, 24] }),
};

for (const [name, net] of Object.entries(networks)) {
  test(`PyTorch's ${name} loads by its own names and gives its logits; ours has the names it wants`, async () => {
    const draw = new Draw();
    const { path, header } = pythonsFile(name, draw);
    loadModel(net as Module, readArrays(path), path);
    net.eval();
    const shape = [4, 2, 60, 41];
    const x = tensor(draw.uniform("input", shape, 2), { shape });
    const got = noGrad(() => ({ logits: logits(net, x), "log-probabilities": net.forward(x) }));
    const errors = await Promise.all(
      Object.entries(got).map(async ([what, values]): Promise<[string, number, number]> => {
        return [what, relativeError(await values.data(), fixture.get(`${name}/${what}`)), ALLOWED];
      }),
    );
    summarize(`PyTorch's ${name}`, errors);

    writeArrays(join(folder, "ours.safetensors"), await readWeights(net));
    const ours = readArrays(join(folder, "ours.safetensors")).arrays;
    const theirs = Object.entries(header).filter(([key]) => !key.endsWith("num_batches_tracked"));
    expect(Object.entries(ours).map(([key, { shape }]) => [key, shape])).toEqual(
      theirs.map(([key, { shape }]) => [key, shape]),
    );
    const drawn = readArrays(path).arrays;
    for (const key of Object.keys(ours)) expect(ours[key]!.data).toEqual(drawn[key]!.data);
  });
}
