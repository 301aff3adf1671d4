// From PyTorch to otograd, otograd's half: loads what save.py saved, by its own names, and compares the logits.
//
//     python3 examples/pytorch/save.py esc-conv.safetensors
//     bun examples/pytorch/load.ts esc-conv.safetensors
import { existsSync } from "node:fs";
import { init, noGrad, type Tensor, tensor } from "otograd";
import { readArrays } from "../../src/train/files/safetensors.ts";
import { EscConv } from "./EscConv.ts";

const path = process.argv[2];
if (path === undefined || !existsSync(path)) {
  console.error("which file? bun examples/pytorch/load.ts esc-conv.safetensors");
  process.exit(1);
}

function read(path: string): Record<string, Tensor> {
  const { arrays } = readArrays(path);
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { data, shape }]) => [name, tensor(data, { shape })]),
  );
}

await init();
const net = new EscConv();
net.loadStateDict(read(path)); // throws where a name or a shape is not the network's own
net.eval();

const { input, logits } = read(`${path}.example`);
const got = await noGrad(() => net.logits(input!)).data();
const want = await logits!.data();
let [largest, worst] = [0, 0];
want.forEach((value, i) => {
  largest = Math.max(largest, Math.abs(value));
  worst = Math.max(worst, Math.abs(got[i]! - value));
});
console.log(
  `${want.length} logits of up to ${largest.toFixed(3)}, off from PyTorch's by at most ${worst.toExponential(1)}`,
);
if (!(worst <= 1e-5 * largest)) process.exit(1);
