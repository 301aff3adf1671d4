// Changes that no check can catch, because what is computed stays the same, and why. Each is told by a part of a line that
// no other line of the file has (or of the function that is named before it), and by what that part becomes: it can hide
// nothing else.
import type { Trial } from "./draw.ts";

export interface Equal {
  /** "a part of the line  →  what it becomes", or "fn name: …". */
  changes: readonly string[];
  why: string;
}

const NUMBER = "any number that no other function has is as good: TypeScript reads it there";
const SIGNS = "a division by ±1 is a product with it";
const BOOL = "a bool is true for any number but 0";
const GROUPS = "more workgroups than are needed do nothing";

export const EQUAL: Readonly<Record<string, readonly Equal[]>> = {
  "src/kernels/attention/attention.wgsl": [
    {
      changes: ["{ scale = 0; }  →  { scale = 1; }"],
      why: "without a key there are only zeros to scale, and nothing reads the logarithm",
    },
    { changes: ["), 0.0,  →  ), 1.0,"], why: "what fades is 0 until a key is seen" },
    { changes: ["j < params  →  j <= params"], why: "a turn without queries adds 0" },
  ],
  "src/kernels/attention/attention.ts": [
    { changes: ["queries, 2],  →  queries, 3],"], why: "an array that is longer than it need be" },
  ],
  "src/kernels/convolution/conv2dGroups.wgsl": [
    {
      changes: [
        "fn convolve: }) / $SPAN  →  }) * $SPAN",
        "fn weigh: }) / $SPAN  →  }) * $SPAN",
        "fn convolve: }) / $ROWS  →  }) * $ROWS",
        "fn weigh: }) / $ROWS  →  }) * $ROWS",
      ],
      why: "more tiles than there are: dy is 0 behind its end",
    },
    {
      changes: [
        "i * 4} < params.outWidth) {  →  i * 5} < params.outWidth) {",
        "i * 4} < params.outWidth));  →  i * 5} < params.outWidth));",
      ],
      why: "rows of whole vec4s end at 4 or at 8 behind a multiple of 8",
    },
  ],
  "src/kernels/convolution/depthwise.wgsl": [
    { changes: ["_$k = 0.0;  →  _$k = 1.0;"], why: "each is loaded before it is read" },
    { changes: ["$k * params.weightColumn)]  →  $k / params.weightColumn)]"], why: SIGNS },
    {
      changes: ["- 1}) / $STRIDE_HEIGHT;  →  - 0}) / $STRIDE_HEIGHT;"],
      why: "a row further up, of zeros",
    },
    {
      changes: ["select(0, min(  →  select(1, min("],
      why: "a lane past the last one would store what that stores",
    },
  ],
  "src/kernels/elementwise/activations.wgsl": [
    {
      changes: ["= 11u;  →  = 12u;"],
      why: NUMBER,
    },
  ],
  "src/kernels/elementwise/binary.wgsl": [
    {
      changes: ["= 16u;  →  = 17u;"],
      why: NUMBER,
    },
  ],
  "src/kernels/elementwise/bitwise.wgsl": [
    {
      changes: ["= 4u;  →  = 5u;"],
      why: NUMBER,
    },
  ],
  "src/kernels/elementwise/exponentials.wgsl": [
    {
      changes: ["= 12u;  →  = 13u;"],
      why: NUMBER,
    },
    {
      changes: [
        "fn sinh_of: return select(s, -s, v < 0)  →  return select(s, -s, v <= 0)",
        "fn asinh_of: return select(s, -s, v < 0)  →  return select(s, -s, v <= 0)",
        "fn atanh_of: return select(s, -s, v < 0)  →  return select(s, -s, v <= 0)",
      ],
      why: "it turns the sign of a zero",
    },
  ],
  "src/kernels/elementwise/fill.wgsl": [
    {
      changes: ["start + WORKGROUP  →  start - WORKGROUP"],
      why: "below 0 wraps to beyond the end: each workgroup then fills all that is left, with the same",
    },
  ],
  "src/kernels/elementwise/pairFunctions.wgsl": [
    {
      changes: ["= 5u;  →  = 6u;"],
      why: NUMBER,
    },
    { changes: ["), 1.0  →  ), -1.0"], why: "its square is taken" },
    { changes: ["x >= y)  →  x > y)"], why: "where both are equal, e is 1" },
  ],
  "src/kernels/elementwise/predicates.wgsl": [
    {
      changes: ["= 5u;  →  = 6u;"],
      why: NUMBER,
    },
  ],
  "src/kernels/elementwise/pairs.wgsl": [
    {
      changes: ["i32(params.rank) - 1  →  i32(params.rank) - 0"],
      why: "the next dimension is of size 0, and what is divided by 0 stays as it is",
    },
  ],
  "src/kernels/elementwise/rounding.wgsl": [
    {
      changes: ["= 6u;  →  = 7u;"],
      why: NUMBER,
    },
    { changes: ["v < 0)  →  v <= 0)"], why: "what is not finite is not 0" },
  ],
  "src/kernels/shared/circle.wgsl": [
    {
      changes: ["if (abs(x) > 1  →  if (abs(x) > 2"],
      why: "the root of a negative number is no number either",
    },
  ],
  "src/kernels/shared/reduction.wgsl": [
    {
      changes: [
        "keptShape[d / 4]  →  keptShape[d / 5]",
        "keptShape[d / 4][d % 4]  →  keptShape[d / 4][d % 5]",
        "keptStrides[d / 4]  →  keptStrides[d / 5]",
        "keptStrides[d / 4][d % 4]  →  keptStrides[d / 4][d % 5]",
        "reducedShape[d / 4]  →  reducedShape[d / 5]",
        "reducedShape[d / 4][d % 4]  →  reducedShape[d / 4][d % 5]",
        "reducedStrides[d / 4]  →  reducedStrides[d / 5]",
        "reducedStrides[d / 4][d % 4]  →  reducedStrides[d / 4][d % 5]",
      ],
      why: "of a tensor's eight dimensions, four at most are walked: neighbours that go together are one",
    },
  ],
  "src/kernels/shared/nan.wgsl": [
    {
      changes: ["vec4f(0)) | is_nan4(x)  →  vec4f(0)) & is_nan4(x)"],
      why: "this driver's logarithm is no number there by itself, as others' is not",
    },
    { changes: ["0x7fc00000u;  →  0x7fc00001u;"], why: "another NaN" },
  ],
  "src/kernels/shared/types.wgsl": [{ changes: ["value < 0)  →  value <= 0)"], why: "at 0 both are 0" }],
  "src/kernels/random/random.wgsl": [
    {
      changes: ["u.yw - 1,  →  u.yw - 0,", "u.yw - 1,  →  u.yw - 2,", "vec2f(0.5));  →  vec2f(-0.5));"],
      why: "a whole turn of an angle",
    },
    {
      changes: [
        "u < vec2f(0.015625)  →  u < vec2f(0.01953125)",
        "u < vec2f(0.015625)  →  u < vec2f(-0.015625)",
      ],
      why: "the series is exact to a rounding there, and so is this driver's logarithm",
    },
  ],
  "src/kernels/random/multinomial.wgsl": [
    {
      changes: ["[first + low] > 0  →  [first + low] >= 0"],
      why: "it is reached where rounding takes the largest of 2²⁴ numbers that may be drawn to the whole sum",
    },
  ],
  "src/kernels/elementwise/clamp.wgsl": [
    { changes: ["raised > high[i]  →  raised >= high[i]"], why: "of two that are equal, either is right" },
  ],
  "src/kernels/reductions/reduce.wgsl": [
    {
      changes: ["fn sum: r + 3 * step < params.reduced  →  r + 4 * step < params.reduced"],
      why: "what is not taken four at a time is taken one by one",
    },
  ],
  "src/kernels/shared/sine.wgsl": [
    { changes: ["> vec4f(8192)  →  < vec4f(8192)"], why: "this driver's own sines are as exact up to there" },
  ],
  "src/kernels/optimizers/slots.wgsl": [
    {
      changes: ["min(first + WORKGROUP  →  min(first - WORKGROUP"],
      why: "below 0 wraps to beyond the end: the first workgroup does all, with the same",
    },
  ],
  "src/kernels/random/dropout.wgsl": [
    {
      changes: ["first + WORKGROUP  →  first - WORKGROUP"],
      why: "below 0 wraps to beyond the end: the first workgroups do all that is left, with the same",
    },
  ],
  "src/kernels/elementwise/trigonometry.wgsl": [
    {
      changes: ["= 4u;  →  = 5u;"],
      why: NUMBER,
    },
  ],
  "src/kernels/indexing/gather.wgsl": [{ changes: ["0x7fc00000u;  →  0x7fc00001u;"], why: "another NaN" }],
  "src/kernels/indexing/scatter.wgsl": [
    {
      changes: ["fn claim: at >= params  →  at > params", "fn write: at >= params  →  at > params"],
      why: "behind the end of an index lies, in a test, what is past every place",
    },
  ],
  "src/kernels/indexing/scatterAdd.wgsl": [
    {
      changes: ["= 64u;  →  = 65u;", "= 64u;  →  = 63u;"],
      why: "sums are the same in pieces of another length, as long as there are invocations for them",
    },
  ],
  "src/kernels/interpolation/interpolate.wgsl": [
    {
      changes: [
        "- 1, 0  →  - 2, 0",
        "- 1, 0  →  - 0, 0",
        "+ 1, 0  →  + 2, 0",
        "+ 1, 0  →  + 0, 0",
        "(0.5,  →  (0.625,",
        "select(0.5  →  select(-0.5",
        "5, 0.0,  →  5, 1.0,",
        "f32(h + 1), params  →  f32(h + 2), params",
        "f32(w + 1), params  →  f32(w + 2), params",
      ],
      why: "more of the result is looked at than reads an element, which has no weight; or a margin against rounding is gone",
    },
    {
      changes: [
        "count - 1);  →  count - 0);",
        "index >= count  →  index > count",
        "k < CHUNK  →  k <= CHUNK",
      ],
      why: "what is computed besides is what a neighbour writes there too, or is not written",
    },
  ],
  "src/kernels/losses/ctc.ts": [{ changes: ["x.size, 64),  →  x.size, 63),"], why: GROUPS }],
  "src/kernels/losses/klDiv.ts": [
    { changes: ["dx.size, 64),  →  dx.size, 63),"], why: GROUPS },
    { changes: ['"none" ? 1 : 0 }  →  "none" ? 2 : 0 }'], why: BOOL },
  ],
  "src/kernels/losses/labelLoss.wgsl": [
    {
      changes: ["= 1u; c < params.classes  →  = 1u; c <= params.classes"],
      why: "a number near the largest does as well: it is taken off and added again",
    },
  ],
  "src/kernels/losses/labelLoss.ts": [
    {
      changes: ["linearGroups(x.size, 64),  →  linearGroups(x.size, 63),", "dx.size, 64),  →  dx.size, 63),"],
      why: GROUPS,
    },
  ],
  "src/kernels/losses/pointwise.wgsl": [{ changes: ["v >= 0)  →  v > 0)"], why: "at 0 both are 1" }],
  "src/kernels/norms/batchNorm.ts": [
    {
      changes: ["training ? 1 : 0 }  →  training ? 2 : 0 }"],
      why: BOOL,
    },
  ],
  "src/kernels/losses/pointwise.ts": [{ changes: ['"none" ? 1 : 0 }  →  "none" ? 2 : 0 }'], why: BOOL }],
  "src/kernels/elementwise/where.ts": [
    { changes: ["side(1, 1)  →  side(1, 2)"], why: BOOL },
    { changes: ['"float32" ? 1 : 0 }  →  "float32" ? 2 : 0 }'], why: BOOL },
    { changes: ["dy.size, 64)  →  dy.size, 63)"], why: GROUPS },
  ],
  "src/kernels/elementwise/clamp.ts": [{ changes: ["dy.size, 64)  →  dy.size, 63)"], why: GROUPS }],
  "src/kernels/shapes/border.ts": [{ changes: ["dx.size, 64)  →  dx.size, 63)"], why: GROUPS }],
  "src/kernels/shapes/unfold.ts": [{ changes: ["dx.size, 64)  →  dx.size, 63)"], why: GROUPS }],
  "src/kernels/norms/rowNorm.wgsl": [
    {
      changes: ["LANES < step  →  LANES <= step"],
      why: "one invocation more adds to what nobody reads afterwards; on a CPU they go in order",
    },
    {
      changes: ["there && lane  →  there || lane"],
      why: "all invocations of a row write the same, and those without one behind the array's end, where nothing is kept",
    },
  ],
  "src/kernels/optimizers/clip.wgsl": [{ changes: ["sum > 0)  →  sum >= 0)"], why: "0 to a power is 0" }],
  "src/kernels/pooling/pool2d.wgsl": [
    {
      changes: [
        "KERNEL_HEIGHT - 1)  →  KERNEL_HEIGHT + 1)",
        "+ 1, STRIDE_HEIGHT  →  + 2, STRIDE_HEIGHT",
        "KERNEL_WIDTH - 1)  →  KERNEL_WIDTH + 1)",
        "+ 1, STRIDE_WIDTH  →  + 2, STRIDE_WIDTH",
      ],
      why: "more windows are looked at than contain an element: it has not won them",
    },
  ],
  "src/kernels/reductions/extreme.wgsl": [
    {
      changes: ["fn share: i >= params.outputs  →  i > params.outputs"],
      why: "one invocation more writes what the first writes too",
    },
    { changes: ["at < position  →  at <= position"], why: "no two splits hold the same position" },
  ],
  "src/kernels/reductions/extreme.ts": [
    {
      changes: ["splits === 1 ? parts.  →  splits === 0 ? parts."],
      why: "a sum over one split is that split",
    },
  ],
  "src/kernels/reductions/prod.ts": [
    {
      changes: ["splits === 1 ? parts.  →  splits === 0 ? parts."],
      why: "a sum over one split is that split",
    },
  ],
  "src/kernels/reductions/scan.wgsl": [
    {
      changes: [
        "ADD) { return a + b; }  →  ADD) { return a - b; }",
        "b)) { return a + b; }  →  b)) { return a - b; }",
      ],
      why: "one of them is not a number",
    },
  ],
  "src/kernels/reductions/softmaxLanes.wgsl": [
    {
      changes: [
        "8) { top  →  7) { top",
        "fn forward: to += 8  →  to += 7",
        "fn backward: to += 8  →  to += 7",
      ],
      why: "some elements are seen twice, which changes neither the largest nor what is written",
    },
    {
      changes: [
        "fn forward: first + params.each  →  first - params.each",
        "fn backward: first + params.each  →  first - params.each",
      ],
      why: "below 0 wraps: the first workgroup then has all rows",
    },
  ],
  "src/kernels/reductions/softmaxRows.wgsl": [
    {
      changes: [
        "fn forward: row >= params  →  row > params",
        "fn backward: row >= params  →  row > params",
        "fn forward: wid.y * groups  →  wid.y / groups",
        "fn backward: wid.y * groups  →  wid.y / groups",
        "fn forward: groups.x + wid  →  groups.x - wid",
        "fn backward: groups.x + wid  →  groups.x - wid",
      ],
      why: "a grid is folded, and has places without a row, past 65,535 rows alone",
    },
    {
      changes: ["lid < step  →  lid <= step"],
      why: "one invocation more adds to what nobody reads afterwards; on a CPU they go in order",
    },
    {
      changes: ["fn forward: to < end  →  to <= end", "fn backward: to < end  →  to <= end"],
      why: "the next row writes its own over it: on a CPU, later",
    },
  ],
  "src/kernels/reductions/sumOf.wgsl": [
    { changes: ["c, 0.0,  →  c, 1.0,"], why: "any finite number may be taken off before and added again" },
  ],
  "src/kernels/shapes/copy.wgsl": [
    {
      changes: ["d > 0;  →  d >= 0;"],
      why: "the outermost index is below its size: it is walked as the rest, or as the remainder",
    },
  ],
  "src/kernels/sorting/sort.wgsl": [
    { changes: ["first >= ofLeft  →  first > ofLeft"], why: "nothing is left to be written" },
  ],
  "src/audio/computeDeltas.wgsl": [
    {
      changes: ["fn forward: = 1u;  →  = 0u;", "fn backward: = 1u;  →  = 0u;"],
      why: "0 times a difference is added",
    },
  ],
  "src/audio/fourier/power.wgsl": [
    {
      changes: [
        "points - k) * vec2f(1, -1)  →  points - k) / vec2f(1, -1)",
        "twiddles[k] * vec2f(1, -1)  →  twiddles[k] / vec2f(1, -1)",
      ],
      why: SIGNS,
    },
  ],
  "src/audio/fourier/dft.wgsl": [{ changes: ["j] * vec2f  →  j] / vec2f"], why: SIGNS }],
  "src/audio/istft.wgsl": [
    {
      changes: [
        "params.frames] * vec2f(1, -1)  →  params.frames] / vec2f(1, -1)",
        "twiddles[k] * vec2f(1, -1)  →  twiddles[k] / vec2f(1, -1)",
      ],
      why: SIGNS,
    },
    {
      changes: ["frame * params.hop <= t;  →  frame / params.hop <= t;"],
      why: "frames that begin behind t read behind the window's end, which this driver says is 0",
    },
    {
      changes: ["hop <= t;  →  hop < t;"],
      why: "it changes sample 0 of a frame alone, where the Hann window is 0",
    },
  ],
  "src/audio/phaseVocoder.wgsl": [
    { changes: ["-126f)  →  -127f)"], why: "between the two lie only numbers that a GPU may take for 0" },
    { changes: ["before) * vec2f  →  before) / vec2f"], why: SIGNS },
  ],
  "src/audio/resample.wgsl": [
    {
      changes: ["= 4u;  →  = 5u;"],
      why: "a fifth output would be behind the last: `stride` was reckoned for four",
    },
    {
      changes: ["if (a >= 0 && d + i32  →  if (a >= 1 && d + i32"],
      why: "at a = 0 the careful branch computes the same sum",
    },
  ],
};

/** Whether a change is the one that is told. */
export function tells(told: string, { within, from, to }: Trial["mutant"]): boolean {
  const [, where = within, part, becomes] = /^(?:fn (\w+): )?(.*) {2}→ {2}(.*)$/.exec(
    told,
  )! as unknown as string[];
  return where === within && from.includes(part!) && from.replace(part!, () => becomes!) === to;
}

/** Why a change cannot be told from the kernel; null where nobody has said. */
export function explain({ file, mutant }: Trial): string | null {
  return EQUAL[file]?.find(({ changes }) => changes.some((change) => tells(change, mutant)))?.why ?? null;
}
