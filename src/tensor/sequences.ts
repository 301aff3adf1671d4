// Regular tensors: the identity, evenly spaced numbers, grids.

import { DTYPES } from "../gpu/array.ts";
import { sizeOf } from "../gpu/shape.ts";
import { show, wantNumber, wantTensors, wantWhole } from "./check.ts";
import { type TypedOptions, tensor, typedOptions } from "./creation.ts";
import { BOOLEAN, NUMBER, oneOf, takes } from "./options.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

const eyeOptions = typedOptions("eye", 3);

/**
 * Ones on the diagonal of [n, m], m being n unless given, else zeros.
 * @shape → [n, m]
 * @example eye(2); // → [[1, 0], [0, 1]]
 */
export function eye(n: number, options?: TypedOptions): Tensor;
export function eye(n: number, m: number, options?: TypedOptions): Tensor;
export function eye(
  n: number,
  mOrOptions?: number | TypedOptions,
  ...rest: (TypedOptions | undefined)[]
): Tensor {
  const given = typeof mOrOptions === "number";
  const m = given ? mOrOptions : n;
  wantWhole("eye", { n, m }, 0);
  const [options, ...more] = given ? rest : [mOrOptions, ...rest];
  eyeOptions(options, more);
  const values = new Float32Array(n * m);
  for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1;
  return tensor(values, { dtype: "float32", ...options, shape: [n, m] });
}

const linspaceOptions = typedOptions("linspace", 4);

/**
 * `steps` numbers from `start` to `end`, both among them.
 * @shape → [steps]
 * @example linspace(0, 1, 3); // → [0, 0.5, 1]
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options?: TypedOptions,
  ...more: never[]
): Tensor {
  linspaceOptions(options, more);
  return tensor(spaced("linspace", start, end, steps), { dtype: "float32", ...options });
}

const logspaceOptions = takes("logspace", 4, {
  base: NUMBER,
  requiresGrad: BOOLEAN,
  dtype: oneOf(...DTYPES),
});

/**
 * base to the power of `steps` numbers from `start` to `end`; the base is 10 unless given.
 * @shape → [steps]
 * @example logspace(0, 2, 3); // → [1, 10, 100]
 */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options?: TypedOptions & { base?: number },
  ...more: never[]
): Tensor {
  logspaceOptions(options, more);
  const { base = 10, ...rest } = options ?? {};
  const powers = spaced("logspace", start, end, steps).map((power) => base ** power);
  return tensor(powers, { dtype: "float32", ...rest });
}

/** As PyTorch has them: the second half counts from the end. */
function spaced(who: string, start: number, end: number, steps: number): Float64Array {
  wantNumber(who, "start", start);
  wantNumber(who, "end", end);
  wantWhole(who, { steps }, 0);
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  return Float64Array.from({ length: steps }, (_, i) =>
    2 * i < steps ? start + step * i : end - step * (steps - 1 - i),
  );
}

const meshgridOptions = takes("meshgrid", 2, { indexing: oneOf("ij", "xy") });

/**
 * The coordinates of a grid: tensors [a], [b], … as tensors [a, b, …] that repeat each along the others' dims. With
 * { indexing: "xy" } the first two dims are swapped.
 * @shape [n], more → any, more
 * @example
 * const [rows, columns] = meshgrid([arange(2), arange(3)]);
 * columns; // → [[0, 1, 2], [0, 1, 2]]
 */
export function meshgrid(
  tensors: readonly Tensor[],
  options?: { indexing?: "ij" | "xy" },
  ...more: never[]
): Tensor[] {
  wantTensors("meshgrid", "the tensors", tensors, [options, ...more]);
  meshgridOptions(options, more);
  if (tensors.length === 0) throw new RangeError("meshgrid: the list of tensors is empty");
  const wrong = tensors.find(({ ndim }) => ndim > 1);
  if (wrong !== undefined)
    throw new RangeError(`meshgrid: wants numbers and lists of them, got ${show(wrong)}`);
  const swaps = options?.indexing === "xy" && tensors.length > 1;
  const order = tensors.map((_, d) => (swaps && d < 2 ? 1 - d : d));
  const sizes = order.map((d) => sizeOf(tensors[d]!.shape));
  return scope(
    () =>
      tensors.map((each, i) => {
        const at = order.indexOf(i);
        return each.reshape(sizes.map((n, d) => (d === at ? n : 1))).expand(sizes);
      }),
    "meshgrid",
  );
}
