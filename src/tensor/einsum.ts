// Einstein's sums (torch.einsum): products of tensors whose dimensions are named by letters. Operands are multiplied two at a
// time, from the left; a letter that nobody needs any more is summed over at once, by a matrix product where it can be.
import { formatShape } from "../gpu/shape.ts";
import { matmul } from "../kernels/gemm/matmul.ts";
import { show, wantTensor } from "./check.ts";
import { inOneType } from "./functions.ts";
import { scope } from "./scope.ts";
import { apply, type Tensor } from "./tensor.ts";

/** A tensor, and a label for each of its dimensions: a letter, or "…2", the third from the end of what "..." stands for. */
interface Labelled {
  x: Tensor;
  labels: readonly string[];
}

/**
 * Sums of products by the names of dimensions: "ij,jk->ik" is a matrix product, "bij,bjk->bik" several, "ii->i" a diagonal,
 * "i,j" an outer product. "..." stands for dimensions that broadcast. Without "->" the result has the letters that occur
 * once, in alphabetical order. Types meet in one as in arithmetic.
 * @shape any, more → any
 * @example einsum("ij,jk->ik", tensor([[1, 2]]), tensor([[3], [4]])); // → [[11]]
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  if (typeof equation !== "string")
    throw new TypeError(`einsum: the equation is a word like "ij,jk->ik", got ${show(equation)}`);
  const given: readonly unknown[] = operands;
  if (operands.length === 1 && Array.isArray(given[0]))
    throw new TypeError(`einsum: the tensors are arguments, not a list: einsum("…", a, b)`);
  for (const [i, x] of operands.entries()) wantTensor("einsum", `operand ${i}`, x);
  const [left, right, ...rest] = equation.replaceAll(/\s/g, "").split("->");
  const terms = left!.split(",");
  if (rest.length > 0 || !/^([A-Za-z.,])*$/.test(left! + (right ?? "")))
    throw new RangeError(`einsum: ${show(equation)} is no equation of letters, commas, "..." and one "->"`);
  if (terms.length !== operands.length)
    throw new RangeError(`einsum: ${show(equation)} names ${terms.length} operands, got ${operands.length}`);
  return scope(() => {
    const inOne = inOneType(operands);
    const all = terms.map((term, i) => labelled(term, inOne[i]!));
    const output = right === undefined ? implied(all) : labelsOf(right, widest(all));
    for (const label of output)
      if (!all.some(({ labels }) => labels.includes(label)))
        throw new RangeError(`einsum: the result's ${label} is in no operand of ${show(equation)}`);
    if (new Set(output).size !== output.length)
      throw new RangeError(`einsum: the result names a dimension twice in ${show(equation)}`);
    const operandsOf = all.map(diagonals);
    const ready = withoutOnes(operandsOf, output);
    let result = ready[0]!;
    for (let i = 1; i < ready.length; i++) {
      const later = new Set([...output, ...ready.slice(i + 1).flatMap(({ labels }) => labels)]);
      result = product(result, ready[i]!, later);
    }
    return ordered(summed(result, new Set(output)), output).x;
  }, "einsum");
}

/** The labels of a term whose "..." stands for `dots` dimensions. */
function labelsOf(term: string, dots: number): string[] {
  const [before, after, ...more] = term.split("...");
  if (more.length > 0 || (before! + (after ?? "")).includes("."))
    throw new RangeError(`einsum: ${show(term)} has more than one "..."`);
  if (after === undefined) return [...before!];
  return [...before!, ...Array.from({ length: dots }, (_, i) => `…${dots - 1 - i}`), ...after];
}

function labelled(term: string, x: Tensor): Labelled {
  const letters = term.replace("...", "").length;
  const labels = labelsOf(term, Math.max(0, x.ndim - letters));
  if (labels.length !== x.ndim)
    throw new RangeError(
      `einsum: ${show(term)} names ${letters} dimensions of an operand ${formatShape(x.shape)}`,
    );
  return { x, labels };
}

/** Dimensions that "..." stands for in a result. */
function widest(all: readonly Labelled[]): number {
  return Math.max(0, ...all.map(({ labels }) => labels.filter((label) => label.startsWith("…")).length));
}

/** What "..." stands for, then the letters that occur once. */
function implied(all: readonly Labelled[]): string[] {
  const letters = all.flatMap(({ labels }) => labels).filter((label) => !label.startsWith("…"));
  const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label));
  return [...labelsOf("...", widest(all)), ...once.sort()];
}

/** Each label once: two of one name are a diagonal. */
function diagonals({ x, labels }: Labelled): Labelled {
  const twice = labels.findIndex((label, i) => labels.indexOf(label) !== i);
  if (twice < 0) return { x, labels };
  const label = labels[twice]!;
  const first = labels.indexOf(label);
  if (x.shape[first] !== x.shape[twice])
    throw new RangeError(
      `einsum: ${label} is ${x.shape[first]} and ${x.shape[twice]} in ${formatShape(x.shape)}`,
    );
  const others = labels.filter((_, i) => i !== first && i !== twice);
  return diagonals({ x: x.diagonal(0, first, twice), labels: [...others, label] });
}

/** Dimensions of size 1 that are larger in another operand dropped: they broadcast. Checks that sizes fit. */
function withoutOnes(all: readonly Labelled[], output: readonly string[]): Labelled[] {
  const sizes = new Map<string, number>();
  for (const { x, labels } of all) {
    for (const [d, label] of labels.entries()) {
      const [n, known] = [x.shape[d]!, sizes.get(label) ?? 1];
      if (known !== 1 && n !== 1 && n !== known)
        throw new RangeError(
          `einsum: ${label.replace(/…\d/, "...")} is ${known} in one operand and ${n} in another`,
        );
      if (n !== 1 || !sizes.has(label)) sizes.set(label, n === 1 ? known : n);
    }
  }
  // One operand keeps it where all have 1, so that the result has it.
  const kept = new Set<string>();
  return all.map(({ x, labels }) => {
    const drop = labels.map((label, d) => {
      const broadcast =
        x.shape[d] === 1 && (sizes.get(label) !== 1 || kept.has(label) || !output.includes(label));
      if (!broadcast && x.shape[d] === 1) kept.add(label);
      return broadcast;
    });
    return {
      x: drop.includes(true) ? x.reshape(x.shape.filter((_, d) => !drop[d])) : x,
      labels: labels.filter((_, d) => !drop[d]),
    };
  });
}

/** Summed over the labels that are not to be kept. */
function summed({ x, labels }: Labelled, keep: ReadonlySet<string>): Labelled {
  const gone = labels.flatMap((label, d) => (keep.has(label) ? [] : [d]));
  return gone.length === 0
    ? { x, labels }
    : { x: x.sum(gone), labels: labels.filter((label) => keep.has(label)) };
}

/** With its dimensions in another order. */
function ordered({ x, labels }: Labelled, order: readonly string[]): Labelled {
  if (labels.every((label, d) => label === order[d])) return { x, labels };
  return { x: x.permute(order.map((label) => labels.indexOf(label))), labels: order };
}

/** The product of two, summed over the labels that are not to be kept. */
function product(left: Labelled, right: Labelled, keep: ReadonlySet<string>): Labelled {
  const a = summed(left, new Set([...keep, ...right.labels]));
  const b = summed(right, new Set([...keep, ...left.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => keep.has(label));
  const inner = shared.filter((label) => !keep.has(label));
  const ofA = a.labels.filter((label) => !shared.includes(label));
  const ofB = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...ofA, ...ofB];
  const sizes = (some: readonly string[], { x, labels }: Labelled) =>
    some.map((label) => x.shape[labels.indexOf(label)]!);
  const count = (some: readonly string[], of: Labelled) => sizes(some, of).reduce((n, size) => n * size, 1);
  if (inner.length === 0) {
    const one = ofB.map(() => 1);
    const x = ordered(a, [...batch, ...ofA]).x.reshape([...sizes(batch, a), ...sizes(ofA, a), ...one]);
    const y = ordered(b, [...batch, ...ofB]).x.reshape([
      ...sizes(batch, b),
      ...ofA.map(() => 1),
      ...sizes(ofB, b),
    ]);
    return { x: x.mul(y), labels };
  }
  // Matrix products are of floats: whole numbers are multiplied each with each.
  if (a.x.dtype !== "float32") return summed(product(a, b, new Set([...keep, ...inner])), keep);
  // A product takes its operands the other way round, too, so that none need be moved for it.
  const matrix = (of: Labelled, rows: readonly string[], columns: readonly string[]) => {
    const turned = [...batch, ...columns, ...rows];
    const transpose = rows.length > 0 && of.labels.every((label, d) => label === turned[d]);
    const { x } = ordered(of, transpose ? turned : [...batch, ...rows, ...columns]);
    const [m, n] = [count(rows, of), count(columns, of)];
    return { x: x.reshape([count(batch, of), ...(transpose ? [n, m] : [m, n])]), transpose };
  };
  const [x, y] = [matrix(a, ofA, inner), matrix(b, inner, ofB)];
  const z = apply(matmul, [x.x, y.x], { transposeA: x.transpose, transposeB: y.transpose });
  return { x: z.reshape([...sizes(batch, a), ...sizes(ofA, a), ...sizes(ofB, b)]), labels };
}
