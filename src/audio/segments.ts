// From clips to what a network sees: every clip at its own full scale, cut into overlapping segments.

import { empty, type Lie } from "../gpu/array.ts";
import { defineKernel } from "../gpu/kernel.ts";
import { formatShape, sizeOf } from "../gpu/shape.ts";
import { reduceArray } from "../kernels/reductions/reduce.ts";
import { picked } from "../kernels/shapes/copy.ts";
import nan from "../kernels/shared/nan.wgsl" with { type: "text" };
import { wantAlone, wantWhole } from "../tensor/check.ts";
import { where } from "../tensor/functions.ts";
import { arrayOf } from "../tensor/handle.ts";
import { NUMBER, takes } from "../tensor/options.ts";
import { scope } from "../tensor/scope.ts";
import { apply, Tensor } from "../tensor/tensor.ts";
import { splitLast, wantTensor } from "./check.ts";
import { linear, needsGradient } from "./differentiable.ts";
import { addUp } from "./fourier/frames.ts";
import source from "./peakNormalize.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "peakNormalize",
  code: [nan, source],
  entries: { peaks: ["read", "write"], scale: ["read", "write", "read"] },
});

const WORKGROUP = 64;
/** Rows that one dimension of a launch can hold, as in peakNormalize.wgsl. */
const ROWS = 65535;

/** Workgroups for `rows` rows of `length`, each invocation doing about `each` elements. */
function rowGroups(rows: number, length: number, each: number): [number, number, number] {
  const along = Math.min(Math.ceil(length / (each * WORKGROUP)), ROWS);
  return [along, Math.min(rows, ROWS), Math.ceil(rows / ROWS)];
}

/** Where segments are cut, [clips, middle, samples] to [clips · count, middle, length], the middle being `between`. */
interface Cut {
  readonly clips: number;
  readonly count: number;
  readonly middle: number;
  readonly between: readonly number[];
  readonly samples: number;
  readonly length: number;
  readonly hop: number;
}

/** Cuts into segments, when somebody needs them: spectrograms read them where they are. The gradient adds them up where they overlap. */
const cut = linear<Cut>({
  name: "segments",
  there(x, { clips, count, between, length, hop }) {
    const lieIn = ({ shape, strides, offset }: Lie): Lie => {
      const [clip, middle, step] = [
        shape.length > 1 ? strides[0]! : 0,
        strides.slice(1, -1),
        strides.at(-1)!,
      ];
      return {
        shape: [clips, count, ...between, length],
        strides: [clip, hop * step, ...middle, step],
        offset,
      };
    };
    const parts = picked(x, lieIn, "segments");
    const out = parts.view([clips * count, ...between, length]);
    parts.release();
    return out;
  },
  back: (dy, attrs, shape) => addUp(dy, shape, { ...attrs, pad: 0 }),
});

const optionsOf = takes("segments", 2, { length: NUMBER, hop: NUMBER });

/**
 * Cuts the last dimension of clips [clips, ..., n] into segments of `length`, one every `hop`, and drops what is left
 * over: [clips · count, ..., length], count = floor((n - length) / hop) + 1, a clip's segments next to each other.
 * Works on waveforms [clips, samples] and on spectrograms [clips, mels, frames]; [n] counts as one clip.
 * @shape [clips, ..., n] → [clips · count, ..., length]
 * @shape [n] → [count, length]
 * @example audio.segments(ones([1, 10]), { length: 4, hop: 3 }).shape; // → [3, 4]
 */
export function segments(x: Tensor, options: { length: number; hop: number }, ...more: never[]): Tensor {
  optionsOf(options, more);
  const { length, hop } = options ?? {};
  wantTensor("segments", x, 1, "[clips, ..., n]");
  wantWhole("segments", { length, hop }, 1);
  const clips = x.ndim > 1 ? x.shape[0]! : 1;
  const between = x.shape.slice(1, -1);
  const samples = x.shape[x.ndim - 1]!;
  if (samples < length) {
    const shape = formatShape(x.shape);
    throw new RangeError(
      `segments: ${shape} has ${samples} values a clip, a segment wants ${length}: pad it`,
    );
  }
  const count = Math.floor((samples - length) / hop) + 1;
  return apply(cut, [x], { clips, count, middle: sizeOf(between), between, samples, length, hop });
}

/**
 * Each waveform of [..., samples] divided by its own largest magnitude. Silence stays silence.
 * @shape [..., samples] → the same
 * @example audio.peakNormalize(tensor([[0.25, -0.5]])); // → [[0.5, -1]]
 */
export function peakNormalize(wave: Tensor): Tensor;
export function peakNormalize(wave: Tensor, ...more: unknown[]): Tensor {
  wantAlone("peakNormalize", more);
  const { rows, last: samples } = splitLast("peakNormalize", wave, "a waveform [..., samples]");
  if (needsGradient(wave))
    return scope(() => {
      const peak = wave.abs().amax(-1, true);
      return wave.div(where(peak.eq(0), 1, peak));
    }, "peakNormalize");
  const params = { rows, length: samples, samples };
  const groups = rowGroups(rows, samples, 64);
  const parts = groups[0] * WORKGROUP;
  const peaks = empty([rows, parts], "float32", "peakNormalize");
  kernel.launch("peaks", { arrays: [arrayOf(wave), peaks], params: { ...params, length: parts }, groups });
  const peak = reduceArray("amax", peaks, [1]);
  peaks.release();
  const out = empty(wave.shape, "float32", "peakNormalize");
  kernel.launch("scale", { arrays: [arrayOf(wave), out, peak], params, groups: rowGroups(rows, samples, 8) });
  peak.release();
  return new Tensor(out, "peakNormalize");
}
