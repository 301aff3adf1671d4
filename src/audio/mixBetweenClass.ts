// Between-class mixing: two sounds heard at a given ratio. Y. Tokozume, Y. Ushiku, T. Harada, "Learning from
// Between-class Examples for Deep Sound Recognition", ICLR 2018 (arXiv 1711.10282), by the formulas of their own code.

import { empty, fromHost } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { formatShape, sameShape } from "../gpu/shape.ts";
import { wantNoMore } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { gainOf } from "./aWeighting.ts";
import { eachWave, splitLast } from "./check.ts";
import { needsGradient } from "./differentiable.ts";
import source from "./mixBetweenClass.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "mixBetweenClass",
  code: source,
  entries: { shares: ["read", "read", "read", "write"], mix: ["read", "read", "read", "write"] },
});

const WORKGROUP = 64;

/**
 * Waveforms a and b, [..., samples] at `sampleRate`, mixed so that a is heard with the share r of each wave's ratio
 * (from 0 to 1: a number for all waves, or a list), whichever of the two was recorded louder:
 *
 *   (p a + (1 - p) b) / √(p² + (1 - p)²),   p = 1 / (1 + 10^((Ga - Gb) / 20) (1 - r) / r)
 *
 * with the gains of `aWeightedGain`. What belongs to it are the labels r · label(a) + (1 - r) · label(b), and
 * F.klDiv with "batchmean". In the paper the ratios are drawn uniformly and the pairs from different classes: the caller's work.
 * @shape [..., samples], [..., samples] → the same
 * @example audio.mixBetweenClass(ones([2, 8000]), ones([2, 8000]), [0.5, 0.5], 16000).shape; // → [2, 8000]
 */
export function mixBetweenClass(
  a: Tensor,
  b: Tensor,
  ratios: number | readonly number[],
  sampleRate: number,
  ...more: never[]
): Tensor {
  wantNoMore("mixBetweenClass", more);
  const { rows, last: samples } = splitLast("mixBetweenClass", a, "waveforms [..., samples]");
  splitLast("mixBetweenClass", b, "waveforms [..., samples]");
  if (!sameShape(a.shape, b.shape)) {
    throw new RangeError(
      `mixBetweenClass: wants two of the same shape, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  }
  const each = eachWave("mixBetweenClass", "ratios", ratios, rows);
  const wrong = each.find((r) => !(r >= 0 && r <= 1));
  if (wrong !== undefined) throw new RangeError(`mixBetweenClass: a ratio is from 0 to 1, not ${wrong}`);

  return scope(() => {
    const gainA = gainOf(a, sampleRate, "mixBetweenClass");
    const gainB = gainOf(b, sampleRate, "mixBetweenClass");
    const ratio = new Tensor(fromHost(Float32Array.from(each), [rows]));
    if (needsGradient(a, b)) return mixed(a, b, gainA, gainB, ratio);
    const shares = new Tensor(empty([rows, 2], "float32", "mixBetweenClass"));
    kernel.launch("shares", {
      arrays: [arrayOf(gainA), arrayOf(gainB), arrayOf(ratio), arrayOf(shares)],
      params: { n: rows, samples },
      groups: linearGroups(rows, WORKGROUP),
    });
    const y = empty(a.shape, "float32", "mixBetweenClass");
    kernel.launch("mix", {
      arrays: [arrayOf(a), arrayOf(b), arrayOf(shares), y],
      params: { n: a.numel(), samples },
      groups: linearGroups(a.numel(), WORKGROUP),
    });
    return new Tensor(y, "mixBetweenClass");
  }, "mixBetweenClass");
}

/** The same, of operations that have gradients: the gains depend on the sounds as well. */
function mixed(a: Tensor, b: Tensor, gainA: Tensor, gainB: Tensor, ratio: Tensor): Tensor {
  const other = ratio.mul(-1).add(1);
  const louder = gainA
    .sub(gainB)
    .reshape(ratio.shape)
    .mul(Math.LN10 / 20)
    .exp();
  const p = ratio.div(ratio.add(louder.mul(other)));
  const q = p.mul(-1).add(1);
  const norm = p.square().add(q.square()).sqrt();
  const shares = [p, q].map((share) => share.div(norm).reshape([...a.shape.slice(0, -1), 1]));
  return a.mul(shares[0]!).add(b.mul(shares[1]!));
}
