// A published network's weights in half as many bytes, for pages: each number as float16 holds it. What reads them computes
// in float32 all the same.
import { failing } from "../../nn/weights/error.ts";
import type { HostArray } from "../../nn/weights/numbers.ts";
import { encodeSafetensors } from "../../nn/weights/safetensors.ts";
import { readTorch } from "../../nn/weights/torch.ts";

/** The tensors of a file of torch.save as a safetensors file of halves; its parts, one behind the other. */
export function halved(weights: Uint8Array): Uint8Array[] {
  const state = readTorch(weights, failing("halved"), (array) => array) as Record<string, HostArray>;
  return encodeSafetensors(state, {}, { half: true });
}
