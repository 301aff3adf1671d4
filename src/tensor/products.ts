// Functions of two tensors: products over several dimensions, distances, and where values go among sorted ones.
import { formatShape } from "../gpu/shape.ts";
import { requireFloat } from "../kernels/shared/require.ts";
import { searchArray } from "../kernels/sorting/search.ts";
import { axisOf, isList, show, wantNoMore, wantNumber, wantTensor, wantWhole } from "./check.ts";
import { scalarArray } from "./from-host.ts";
import { arrayOf, handleOf } from "./handle.ts";
import { BOOLEAN, takes } from "./options.ts";
import { scope } from "./scope.ts";
import { Tensor } from "./tensor.ts";

const RIGHT = { right: BOOLEAN };
const searchOptions = takes("searchsorted", 3, RIGHT);

/**
 * Products summed over the last `dims` dimensions of a and the first of b, or over the pairs that two lists name. Of all
 * other dimensions, a's come first.
 * @shape any, any → any
 * @example tensordot(tensor([[1, 2]]), tensor([[3], [4]]), 1); // → [[11]]
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  dims: number | readonly [readonly number[], readonly number[]] = 2,
  ...more: never[]
): Tensor {
  wantTensor("tensordot", "the first operand", a);
  wantTensor("tensordot", "the second operand", b);
  wantNoMore("tensordot", more);
  if (typeof dims === "number") wantWhole("tensordot", { dims }, 0);
  else if (!Array.isArray(dims) || dims.length !== 2 || !dims.every(isList))
    throw new TypeError(`tensordot: the dims are a whole number or two lists, got ${show(dims)}`);
  const count = (n: number, from: number) => Array.from({ length: n }, (_, i) => from + i);
  const [listA, listB] = typeof dims === "number" ? [count(dims, a.ndim - dims), count(dims, 0)] : dims;
  const [ofA, ofB] = [
    Array.from(listA, (d) => axisOf(d, a.ndim, "tensordot")),
    Array.from(listB, (d) => axisOf(d, b.ndim, "tensordot")),
  ];
  const sizes = (x: Tensor, some: readonly number[]) => some.map((d) => x.shape[d]!);
  if (formatShape(sizes(a, ofA)) !== formatShape(sizes(b, ofB)))
    throw new RangeError(
      `tensordot: ${formatShape(sizes(a, ofA))} of the first and ${formatShape(sizes(b, ofB))} of the second do not fit`,
    );
  const rest = (x: Tensor, some: readonly number[]) =>
    x.shape.map((_, d) => d).filter((d) => !some.includes(d));
  const [restA, restB] = [rest(a, ofA), rest(b, ofB)];
  const product = (list: readonly number[]) => list.reduce((n, size) => n * size, 1);
  const inner = product(sizes(a, ofA));
  return scope(() => {
    const x = a.permute([...restA, ...ofA]).reshape([product(sizes(a, restA)), inner]);
    const y = b.permute([...ofB, ...restB]).reshape([inner, product(sizes(b, restB))]);
    return x.matmul(y).reshape([...sizes(a, restA), ...sizes(b, restB)]);
  }, "tensordot");
}

/**
 * Kronecker's product: a matrix in which every element of a is a copy of b, times that element; of any equal number of dims.
 * @shape any, any → any
 * @example kron(tensor([1, 2]), tensor([1, 1])); // → [1, 1, 2, 2]
 */
export function kron(a: Tensor, b: Tensor, ...more: never[]): Tensor {
  wantTensor("kron", "the first operand", a);
  wantTensor("kron", "the second operand", b);
  wantNoMore("kron", more);
  const rank = Math.max(a.ndim, b.ndim);
  if (rank > 4) throw new RangeError(`kron: wants at most 4 dimensions, got ${rank}`);
  const whole = (x: Tensor) => [...Array<number>(rank - x.ndim).fill(1), ...x.shape];
  const [m, n] = [whole(a), whole(b)];
  return scope(
    () =>
      a
        .reshape(m.flatMap((size) => [size, 1]))
        .mul(b.reshape(n.flatMap((size) => [1, size])))
        .reshape(m.map((size, d) => size * n[d]!)),
    "kron",
  );
}

/**
 * Distances of the rows of a [..., m, d] and b [..., n, d] by their p-norm: [..., m, n].
 * @shape [..., n, k], [..., m, k] → [..., n, m]
 * @example cdist(tensor([[0, 0]]), tensor([[3, 4], [0, 1]])); // → [[5, 1]]
 */
export function cdist(a: Tensor, b: Tensor, p = 2, ...more: never[]): Tensor {
  wantTensor("cdist", "the first operand", a);
  wantTensor("cdist", "the second operand", b);
  wantNumber("cdist", "p", p);
  wantNoMore("cdist", more);
  if (a.ndim < 2 || b.ndim < 2 || a.shape.at(-1) !== b.shape.at(-1))
    throw new RangeError(
      `cdist: ${formatShape(a.shape)} and ${formatShape(b.shape)} are not rows of one length`,
    );
  return scope(() => a.unsqueeze(-2).sub(b.unsqueeze(-3)).norm(p, -1), "cdist");
}

/**
 * Where values go into a sorted tensor without breaking its order: int32, before equals, or with `right` behind them.
 * @shape [..., n], [..., m] → [..., m]
 * @shape [n], [...values] → [...values]
 * @shape [n] → []
 * @example searchsorted(tensor([2, 4, 8]), tensor([1, 6])); // → [0, 2]
 */
export function searchsorted(
  sorted: Tensor,
  values: Tensor | number,
  options?: { right?: boolean },
  ...more: never[]
): Tensor {
  return search("searchsorted", sorted, values, options, more);
}
/**
 * The same with the operands the other way round: which bucket between sorted boundaries each value is in.
 * @shape [...values], [boundaries] → [...values]
 * @shape [boundaries] → []
 * @example bucketize(tensor([1, 6]), tensor([2, 4, 8])); // → [0, 2]
 */
export function bucketize(
  values: Tensor | number,
  boundaries: Tensor,
  options?: { right?: boolean },
  ...more: never[]
): Tensor {
  return search("bucketize", boundaries, values, options, more);
}

function search(
  name: "searchsorted" | "bucketize",
  sorted: Tensor,
  values: Tensor | number,
  options: { right?: boolean } | undefined,
  more: readonly unknown[],
): Tensor {
  wantTensor(name, name === "bucketize" ? "boundaries" : "what is sorted", sorted);
  if (typeof values !== "number") wantTensor(name, "what is searched for", values);
  searchOptions(options, more, name);
  const x = typeof values === "number" ? new Tensor(scalarArray(values), "a number") : values;
  requireFloat(name, arrayOf(sorted), arrayOf(x));
  if (sorted.ndim === 0) throw new RangeError(`${name}: what is sorted has one dimension or more, got []`);
  const rows = (shape: readonly number[]) => formatShape(shape.slice(0, -1));
  if (sorted.ndim !== 1 && (sorted.ndim !== x.ndim || rows(sorted.shape) !== rows(x.shape)))
    throw new RangeError(
      `${name}: ${formatShape(sorted.shape)} is neither of one dimension nor of as many rows as ${formatShape(x.shape)}`,
    );
  const at = new Tensor(searchArray(arrayOf(sorted), arrayOf(x), options?.right ?? false), name);
  if (typeof values === "number") handleOf(x).free("it was a number");
  return at;
}
