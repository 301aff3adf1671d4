// The loss of F for labels that no one has set times to: speech, handwriting, events in sounds.
import { type DeviceArray, fromHost } from "../../../gpu/array.ts";
import { formatShape } from "../../../gpu/shape.ts";
import { ctc } from "../../../kernels/losses/ctc.ts";
import { isList, isTensor, READ, show, wantTensor } from "../../../tensor/check.ts";
import { checkIndices } from "../../../tensor/from-host.ts";
import { handleOf } from "../../../tensor/handle.ts";
import { BOOLEAN, NUMBER, takes } from "../../../tensor/options.ts";
import { apply, Tensor } from "../../../tensor/tensor.ts";
import { lend } from "../lend.ts";
import { type LossOptions, REDUCTION } from "./options.ts";

/** What ctcLoss takes beside its tensors and lengths. */
export interface CtcOptions extends LossOptions {
  /** The class that stands for none. Default 0. */
  blank?: number;
  /** Whether samples whose labels can not be read in their times count 0, gradient included. Default false. */
  zeroInfinity?: boolean;
}

const ctcOptions = takes("ctcLoss", 5, { blank: NUMBER, reduction: REDUCTION, zeroInfinity: BOOLEAN });

/** Class numbers, none of them the blank: lists, a list a sample; or all in a row; or a tensor of whole numbers [samples, most] or in a row. */
export type CtcTargets = Tensor | readonly number[] | readonly (readonly number[])[];

/**
 * −ln of the probability that the labels are read from log-probabilities [times, samples, classes] (logSoftmax over the
 * classes), whatever times they take. `inputLengths` and `targetLengths` say how many times and labels each sample has, and
 * are lists. "mean" divides each sample's loss by its labels first, as PyTorch does. The gradient is that of log-probabilities
 * which logSoftmax made.
 * @shape [times, samples, classes], [samples, most] → []
 * @shape [times, samples, classes], [labels] → []
 * @shape [times, samples, classes], any → [samples]
 * @example
 * const logProbs = F.logSoftmax(zeros([5, 1, 3]), 2); // [time, samples, classes], 0 is the blank
 * F.ctcLoss(logProbs, tensor(new Uint32Array([1, 2])).reshape([1, 2]), [5], [2]).shape; // → []
 */
export function ctcLoss(
  logProbabilities: Tensor,
  targets: CtcTargets,
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  options?: CtcOptions,
  ...more: never[]
): Tensor {
  wantTensor("ctcLoss", "the input", logProbabilities);
  const { shape } = logProbabilities;
  if (shape.length !== 3)
    throw new RangeError(
      `ctcLoss: wants log-probabilities [times, samples, classes], got ${formatShape(shape)}`,
    );
  const [times, samples, classes] = shape as [number, number, number];
  const inputs = lengthsOf("inputLengths", inputLengths, samples, times);
  const labels = lengthsOf("targetLengths", targetLengths, samples, Number.POSITIVE_INFINITY);
  ctcOptions(options, more);
  const { blank = 0, reduction = "mean", zeroInfinity = false } = options ?? {};
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes))
    throw new RangeError(`ctcLoss: blank is one of 0 … ${classes - 1}, got ${blank}`);
  const { array, firsts } = targetsOf(targets, labels, classes);
  const facts = new Uint32Array(4 * samples);
  for (let n = 0; n < samples; n++) facts.set([firsts[n]!, labels[n]!, inputs[n]!], 4 * n);
  const attrs = { blank, longest: Math.max(0, ...labels), reduction, zeroInfinity };
  return lend(fromHost(facts, [samples, 4]), (rows) => {
    if (array instanceof Tensor) return apply(ctc, [logProbabilities, array, rows], attrs);
    return lend(array, (row) => apply(ctc, [logProbabilities, row, rows], attrs));
  });
}

/** A length for each sample. */
function lengthsOf(name: string, lengths: unknown, samples: number, most: number): number[] {
  if (isTensor(lengths) || !isList(lengths))
    throw new TypeError(
      `ctcLoss: ${name} is a list of whole numbers, got ${show(lengths)}${isTensor(lengths) ? READ : ""}`,
    );
  const list = Array.from(lengths as ArrayLike<number>);
  if (list.length !== samples)
    throw new RangeError(`ctcLoss: ${name} has ${list.length} numbers for ${samples} samples`);
  for (const [n, length] of list.entries())
    if (!(Number.isInteger(length) && length >= 0 && length <= most)) {
      const kind = typeof length === "number" ? RangeError : TypeError;
      const range = most === Number.POSITIVE_INFINITY ? "≥ 0" : `from 0 to ${most}`;
      throw new kind(`ctcLoss: ${name}[${n}] is a whole number ${range}, got ${show(length)}`);
    }
  return list;
}

/** The labels in a row, and where each sample's begin. */
function targetsOf(
  targets: CtcTargets,
  lengths: readonly number[],
  classes: number,
): { array: Tensor | DeviceArray; firsts: number[] } {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const inARow = () => {
    let next = 0;
    return lengths.map((length) => {
      next += length;
      return next - length;
    });
  };
  if (isTensor(targets)) {
    const { shape, dtype } = handleOf(targets).array;
    const [samples, most] = shape as [number, number];
    const rows =
      shape.length === 2 && samples === lengths.length && lengths.every((length) => length <= most);
    const row = shape.length === 1 && shape[0] === total;
    if (dtype === "float32" || dtype === "bool" || !(rows || row))
      throw new RangeError(
        `ctcLoss: wants targets [${lengths.length}, ${Math.max(0, ...lengths)}] or [${total}] of whole numbers, got ${dtype} ${formatShape(shape)}`,
      );
    if (row) checkIndices("ctcLoss: a target", targets, classes);
    return { array: targets, firsts: row ? inARow() : lengths.map((_, n) => n * most) };
  }
  if (!isList(targets))
    throw new TypeError(
      `ctcLoss: the targets are lists of whole numbers or a tensor of them, got ${show(targets)}`,
    );
  const given = targets as readonly (number | readonly number[])[];
  const nested = given.length > 0 && given.every((each) => Array.isArray(each));
  if (nested && given.length !== lengths.length)
    throw new RangeError(`ctcLoss: ${given.length} lists of targets for ${lengths.length} samples`);
  const flat = nested
    ? (given as readonly (readonly number[])[]).flatMap((list, n) => {
        if (list.length < lengths[n]!)
          throw new RangeError(`ctcLoss: sample ${n} has ${list.length} targets, not ${lengths[n]}`);
        return list.slice(0, lengths[n]);
      })
    : (given as readonly number[]);
  if (flat.length !== total)
    throw new RangeError(`ctcLoss: ${flat.length} targets, and lengths of ${total} in all`);
  for (const [i, label] of flat.entries())
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      const kind = typeof label === "number" ? RangeError : TypeError;
      throw new kind(`ctcLoss: target ${i} is ${show(label)}, not one of 0 … ${classes - 1}`);
    }
  return { array: fromHost(Uint32Array.from(flat), [flat.length]), firsts: inARow() };
}
