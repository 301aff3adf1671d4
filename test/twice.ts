// Gradients of gradients: of each operation that is checked, the derivative of ⟨v, gradient⟩ along drawn directions, by
// central differences of the float64 reference's gradient, against grad of grad.
import { type DType, grad, type Tensor, tensor } from "../src/index.ts"; // with all derivatives
import { gradientCases } from "./reference/gradientCases.ts";
import { Random } from "./reference/random.ts";
import { type Arr, type Reference, rounded } from "./reference/reference.ts";

/** Operations that have no second derivative, and why. */
export const NOT_DERIVED: Readonly<Record<string, string>> = {
  ctcLoss: "its gradient is a sum over paths, by a program of its own",
  excitation: "for where no gradient is recorded",
};

/**
 * Of the product of lengths. Central differences in float64 are off by some 1e-8; float32 by some roundings a term, and
 * there are a few hundred terms at most.
 */
export const ALLOWED_TWICE = 2e-5;

const STEP = 1e-4;
const DIRECTIONS = 3;
/** Cases of more numbers are left to the first gradient. */
const LARGEST = 150;

interface Twice<A> {
  cases: readonly { inputs: Arr[]; attrs: A }[];
  run: (inputs: Tensor[], attrs: A) => Tensor;
  reference: Reference<A>;
  indices?: readonly number[];
  dtypes?: readonly DType[];
}

const size = ({ inputs }: { inputs: Arr[] }) => inputs.reduce((sum, { data }) => sum + data.length, 0);
/** Whether a second derivative is no number beyond float32's. */
const isOrdinary = ({ data }: Arr) =>
  data.every((each) => each === 0 || (Math.abs(each) > 1e-10 && Math.abs(each) < 1e10));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, each, i) => sum + each * b[i]!, 0);
const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));
const moved = (x: Arr, by: Arr, step: number): Arr => ({
  shape: x.shape,
  data: x.data.map((each, i) => each + step * by.data[i]!),
});

/**
 * The largest error of a directional derivative of the gradient, over the lengths of what it is the product of; null where
 * no case is small enough. Throws where an operation on the way has no derivative.
 */
export async function worstTwice<A>({
  run,
  reference,
  cases,
  indices = [],
  dtypes = [],
}: Twice<A>): Promise<number | null> {
  // Those that the reference itself was proved on keep away from kinks.
  const drawn = gradientCases.find((each) => each.reference === (reference as Reference<unknown>));
  const fit = cases.filter((c) => size(c) <= LARGEST && size(c) > 0 && c.inputs.every(isOrdinary));
  const away = fit.filter((c) => drawn?.cases.includes(c));
  const chosen = (away.length > 0 ? away : fit).sort((a, b) => size(b) - size(a)).slice(0, 2);
  let worst: number | null = null;
  for (const [i, c] of chosen.entries()) {
    const float = (j: number) => (dtypes[j] ?? "float32") === "float32" && !indices.includes(j);
    const above = reference.forward(c.inputs, c.attrs as A);
    const gradients = reference.backward(c.inputs, c.attrs as A, above);
    const has = gradients.map((each, j) => each !== null && float(j));
    const types = c.inputs.map((_, j) => dtypes[j] ?? (indices.includes(j) ? "uint32" : "float32"));
    const error = await errorOf(
      { run, reference, inputs: c.inputs, attrs: c.attrs as A, has, types },
      new Random(900 + i),
    );
    worst = Math.max(worst ?? 0, error);
  }
  return worst;
}

interface One<A> {
  run: (inputs: Tensor[], attrs: A) => Tensor;
  reference: Reference<A>;
  inputs: Arr[];
  attrs: A;
  has: boolean[];
  /** Of inputs that have no gradient. */
  types: readonly DType[];
}

async function errorOf<A>(
  { run, reference, inputs: given, attrs, has, types }: One<A>,
  random: Random,
): Promise<number> {
  const inputs = given.map((input, i) => (has[i] ? rounded(input) : input));
  const u = rounded(random.array(reference.forward(inputs, attrs).shape));
  const v = inputs.map((input) => rounded(random.array(input.shape)));

  const leaf = (x: Arr) => tensor(Float32Array.from(x.data), { shape: x.shape, requiresGrad: true });
  const tensors = inputs.map((x, i) =>
    has[i] ? leaf(x) : tensor([...x.data], { dtype: types[i]! }).reshape(x.shape),
  );
  const above = leaf(u);
  const leaves = tensors.filter((_, i) => has[i]);
  const options = { gradOutputs: above, createGraph: true, allowUnused: true };
  const first = grad(run(tensors, attrs), leaves, options);
  const weights = v
    .filter((_, i) => has[i])
    .map((x) => tensor(Float32Array.from(x.data), { shape: x.shape }));
  const parts = first.flatMap((g, i) => (g?.requiresGrad ? [g.mul(weights[i]!).sum()] : []));
  if (parts.length === 0) return 0; // the gradient depends on nothing
  const sum = parts.reduce((a, b) => a.add(b));
  const second = grad(sum, [...leaves, above], { allowUnused: true });
  const found = await Promise.all(
    second.map(async (g) => (g === null ? null : Array.from(await g.data(), Number))),
  );

  /** ⟨v, gradient⟩ of the reference. */
  const weighted = (at: Arr[], upper: Arr): number =>
    reference
      .backward(at, attrs, upper)
      .reduce((s, g, i) => (g === null || !has[i] ? s : s + dot(g.data, v[i]!.data)), 0);
  let worst = 0;
  const compare = (got: number[] | null, direction: Arr, along: (step: number) => number) => {
    const slope = (step: number) => (along(step) - along(-step)) / (2 * step);
    const [wanted, again] = [slope(STEP), slope(STEP / 2)];
    const have = got === null ? 0 : dot(got, direction.data);
    const scale = Math.max(norm(got ?? []) * norm(direction.data), Math.abs(wanted), 1e-3);
    // Two steps that disagree have a kink between them, or an end of where the function is defined.
    if (Math.abs(wanted - again) <= 1e-6 * scale) worst = Math.max(worst, Math.abs(have - wanted) / scale);
  };
  const places = inputs.flatMap((_, i) => (has[i] ? [i] : []));
  for (let n = 0; n < DIRECTIONS; n++) {
    for (const [k, i] of places.entries()) {
      const direction = random.array(inputs[i]!.shape);
      compare(found[k]!, direction, (step) =>
        weighted(inputs.with(i, moved(inputs[i]!, direction, step)), u),
      );
    }
    const direction = random.array(u.shape);
    compare(found.at(-1)!, direction, (step) => weighted(inputs, moved(u, direction, step)));
  }
  return worst;
}
