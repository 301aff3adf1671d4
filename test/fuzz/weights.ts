// Other people's files of weights: safetensors and PyTorch's, and the pickles inside of those by themselves, whose archive
// is put in order again so that its checksums hide nothing.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostRandom } from "../../src/gpu/host-random.ts";
import { failing } from "../../src/nn/weights/error.ts";
import type { HostArray } from "../../src/nn/weights/numbers.ts";
import { encodeSafetensors, numbersOf, parseHeader } from "../../src/nn/weights/safetensors.ts";
import { readTorch } from "../../src/nn/weights/torch.ts";
import { readZip } from "../../src/nn/weights/zip.ts";
import { archive } from "../nn/weights/made.ts";
import { mutateBytes, pick } from "./mutate.ts";
import { must, type Target } from "./target.ts";

const fail = failing("fuzz");
const good = ["checked.pt", "kinds.pt", "kinds-protocol4.pt", "kinds-legacy.pt"].map(
  (name) => new Uint8Array(readFileSync(join(import.meta.dir, "../fixtures/torch", name))),
);

/** The tensors of a file, all of whose sizes must be right, and which together must be no larger than is allowed. */
function tensorsOf(file: Uint8Array): { arrays: HostArray[]; value: unknown } {
  const arrays: HostArray[] = [];
  const value = readTorch(file, fail, (array) => {
    arrays.push(array);
    return null;
  });
  for (const { shape, data } of arrays)
    must(data.length === shape.reduce((a, b) => a * b, 1), `${data.length} numbers of shape [${shape}]`);
  const numbers = arrays.reduce((sum, { data }) => sum + data.length, 0);
  must(4 * numbers <= 16 * file.length + 2 ** 20, `${numbers} numbers of ${file.length} bytes`);
  return { arrays, value };
}

const numbersIn = (arrays: readonly HostArray[]) =>
  arrays.map(({ data }) => Array.from(data).join()).join(";");

function torch(random: HostRandom): void {
  const file = pick(random, good.slice(0, 3));
  const { arrays } = tensorsOf(mutateBytes(random, file));
  must(numbersIn(arrays) === numbersIn(tensorsOf(file).arrays), "a damaged archive passes for good");
}

function legacy(random: HostRandom): void {
  tensorsOf(mutateBytes(random, good[3]!));
}

function pickles(random: HostRandom): void {
  const entries = [...readZip(pick(random, good.slice(0, 3)), fail)];
  tensorsOf(
    archive(
      entries.map(([name, content]) => ({
        name,
        content: name.endsWith("data.pkl") ? mutateBytes(random, content) : content,
      })),
    ),
  );
}

function safetensors(random: HostRandom): void {
  const parts = encodeSafetensors(
    {
      "conv1.weight": { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      count: { shape: [], data: Uint32Array.of(7) },
    },
    { epoch: "3" },
  );
  const file = mutateBytes(random, Buffer.concat(parts));
  const arrays = Object.values(numbersOf(file, parseHeader(file, fail), fail));
  const numbers = arrays.reduce((sum, { data }) => sum + data.length, 0);
  must(numbers <= file.length, `${numbers} numbers of ${file.length} bytes`);
}

export const weights: readonly Target[] = [
  { name: "weights: .pt", weight: 3, run: torch },
  { name: "weights: legacy .pt", weight: 2, run: legacy },
  { name: "weights: pickles", weight: 5, run: pickles },
  { name: "weights: safetensors", weight: 2, run: safetensors },
];
