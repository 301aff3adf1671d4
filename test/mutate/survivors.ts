// Changes that no check can catch, because what is computed stays the same, and why. By the kernel's file, a part of the
// line that is changed, and what it was changed to.
import type { Trial } from "./draw.ts";

interface Equal {
  file: RegExp;
  /** Fits "the line → the changed line". */
  says: RegExp;
  why: string;
}

const EQUAL: readonly Equal[] = [
  {
    file: /kernels\/ceilings\.wgsl$/,
    says: /var x\d = x0 \+ \d/,
    why: "where a chain of the benchmark starts: it only has to be a number",
  },
  {
    file: /audio\/resample\.wgsl$/,
    says: /a >= 1/,
    why: "at a = 0 the careful branch computes the same sum",
  },
  {
    file: /elementwise\/pairFunctions\.wgsl$/,
    says: /select\(e, 1\.0, x > y\)/,
    why: "where both are equal, e is 1",
  },
  {
    file: /elementwise\/pairFunctions\.wgsl$/,
    says: /quotient_of\(least, most\), -1\.0/,
    why: "its square is taken",
  },
  {
    file: /elementwise\/\w+\.wgsl$/,
    says: /(GE = 17|ATANH = 13|SINC = 5|NAN_TO_NUM = 7|THRESHOLD = 14|PRELU = 6|BITWISE_RIGHT_SHIFT = 5|SIGNBIT = 6)u;/,
    why: "any number that no other function has is as good: TypeScript reads it there",
  },
  {
    file: /elementwise\/rounding\.wgsl$/,
    says: /params\.c, v <= 0/,
    why: "what is not finite is not 0",
  },
  {
    file: /audio\/istft\.wgsl$/,
    says: /params\.hop < t|vec4f\(sum\.x, -sum\.y, 1, 0\)/,
    why: "it changes sample 0 of a frame alone, where the Hann window is 0",
  },
  {
    file: /audio\/fourier\/dft\.wgsl$/,
    says: /roots\[j\] \/ vec2f\(1, params\.sign\)/,
    why: "a division by ±1 is a product with it",
  },
  { file: /audio\/computeDeltas\.wgsl$/, says: /var n = 0u/, why: "0 times a difference is added" },
  {
    file: /audio\/resample\.wgsl$/,
    says: /OUTPUTS = 5u/,
    why: "a fifth output would be behind the last: `stride` was reckoned for four",
  },
  {
    file: /audio\/phaseVocoder\.wgsl$/,
    says: /direction\(before\) \/ vec2f\(1, -1\)/,
    why: "a division by ±1 is a product with it",
  },
  {
    file: /audio\/phaseVocoder\.wgsl$/,
    says: /size < 0x1p-127f/,
    why: "between the two lie only numbers that a GPU may take for 0",
  },
  {
    file: /norms\/rowNorm\.wgsl$/,
    says: /there \|\| lane == 0/,
    why: "all invocations of a row write the same, and those without one behind the array's end, where nothing is kept",
  },
  {
    file: /kernels\/reductions\/.*\.ts$/,
    says: /splits === 0 \?/,
    why: "a sum over one split is that split",
  },
  {
    file: /indexing\/scatter\.wgsl$/,
    says: /at > params\.n/,
    why: "behind the end of an index lies, in a test, what is past every place",
  },
  {
    file: /reductions\/sumOf\.wgsl$/,
    says: /o > params\.outputs/,
    why: "what it makes of the poison behind the sums' end is that poison",
  },
  {
    file: /indexing\/scatterAdd\.wgsl$/,
    says: /CHUNK = 6[35]u/,
    why: "sums are the same in pieces of another length, as long as there are invocations for them",
  },
  {
    file: /reductions\/sumOf\.wgsl$/,
    says: /select\(c, 1\.0, FUNCTION/,
    why: "any finite number may be taken off before and added again",
  },
  { file: /reductions\/scan\.wgsl$/, says: /return a - b/, why: "one of them is not a number" },
  { file: /indexing\/gather\.wgsl$/, says: /NAN_BITS = 0x7fc00001u/, why: "another NaN" },
  { file: /sorting\/sort\.wgsl$/, says: /first > ofLeft/, why: "nothing is left to be written" },
  {
    file: /shapes\/copy\.wgsl$/,
    says: /d >= 0; d--/,
    why: "the outermost index is below its size: it is walked as the rest, or as the remainder",
  },
  {
    file: /elementwise\/fill\.wgsl$/,
    says: /min\(start - WORKGROUP/,
    why: "below 0 wraps to beyond the end: each workgroup then fills all that is left, with the same",
  },
  {
    file: /reductions\/extreme\.wgsl$/,
    says: /at <= position/,
    why: "no two splits hold the same position",
  },
  {
    file: /attention\/attention\.wgsl$/,
    says: /j <= params\.queries/,
    why: "a turn without queries adds 0",
  },
  {
    file: /attention\/attention\.wgsl$/,
    says: /let fade\$r = .*(1\.0|-1|2), l\$r == 0/,
    why: "what fades is 0 until a key is seen",
  },
  {
    file: /attention\/attention\.ts$/,
    says: /const found = empty\(\[g\.batches \* g\.heads \* g\.queries, 3\]/,
    why: "an array that is longer than it need be",
  },
  {
    file: /interpolation\/interpolate\.wgsl$/,
    says: /f32\([hw] \+ 2\)|half = select\(\d\.\d+, 0\.0|\* inverse\) [+-] [02]/,
    why: "more of the result is looked at than reads an element, which has no weight; or a margin against rounding is gone",
  },
  {
    file: /interpolation\/interpolate\.wgsl$/,
    says: /index > count|k <= CHUNK|count - 0/,
    why: "what is computed besides is what a neighbour writes there too, or is not written",
  },
  {
    file: /convolution\/conv2dGroups\.wgsl$/,
    says: /q \+ \$\{i \* 5\} < params\.outWidth/,
    why: "rows of whole vec4s end at 4 or at 8 behind a multiple of 8",
  },
  {
    file: /convolution\/conv2dGroups\.wgsl$/,
    says: /let (across|down) = .*\) \* \$(SPAN|ROWS)/,
    why: "more tiles than there are: dy is 0 behind its end",
  },
  {
    file: /pooling\/(pool2d|adaptivePool2d)\.wgsl$/,
    says: /i > params\.n/,
    why: "what it makes of the poison behind the end is that poison",
  },
  {
    file: /pooling\/pool2d\.wgsl$/,
    says: /let (ps|qs) = containing\(.*(KERNEL_\w+ \+ 1|\+ [2-9], STRIDE)/,
    why: "more windows are looked at than contain an element: it has not won them",
  },
  {
    file: /losses\/pointwise\.wgsl$/,
    says: /v > 0\) \/ \(1 \+ e\)/,
    why: "at 0 both are 1",
  },
  {
    file: /optimizers\/clip\.wgsl$/,
    says: /!MAXIMUM && sum >= 0/,
    why: "0 to a power is 0",
  },
  {
    file: /losses\/labelLoss\.wgsl$/,
    says: /row <= params\.rows/,
    why: "what it makes of the poison behind the labels' end is that poison",
  },
  {
    file: /losses\/labelLoss\.wgsl$/,
    says: /c <= params\.classes; c\+\+\) \{ largest/,
    why: "a number near the largest does as well: it is taken off and added again",
  },
  {
    file: /losses\/\w+\.ts$/,
    says: /linearGroups\(.*, 63\)/,
    why: "more workgroups than are needed do nothing",
  },
  {
    file: /attention\/attention\.wgsl$/,
    says: /if \(i > params\.queries \* params\.batches \* params\.heads\) \{ return; \}/,
    why: "one invocation more writes behind the end of an array that the gradient keeps to itself",
  },
  {
    file: /norms\/rowNorm\.wgsl$/,
    says: /lid % LANES <= step/,
    why: "one invocation more adds to what nobody reads afterwards; on a CPU they go in order",
  },
];

/** Why a change cannot be told from the kernel; null where nobody has said. */
export function explain({ file, mutant }: Trial): string | null {
  return (
    EQUAL.find((equal) => equal.file.test(file) && equal.says.test(`${mutant.from}  →  ${mutant.to}`))?.why ??
    null
  );
}
