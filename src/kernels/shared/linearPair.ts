// Operations that are linear and keep nothing: each one's gradient is its transpose, an operation of the same kind
// whose own gradient is the first again.
import type { DeviceArray } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { requireFloat } from "./require.ts";

/** The operation and its transpose. Both functions return an array that the caller owns. */
export function linearPair<A>(
  name: string,
  run: (x: DeviceArray, attrs: A) => DeviceArray,
  transpose: (dy: DeviceArray, attrs: A) => DeviceArray,
  transposedName = `${name}'s gradient`,
): readonly [op: Op<A>, transposed: Op<A>] {
  const op = (own: string, there: typeof run, back: typeof run): Op<A> => ({
    name: own,
    forward(_, [x], attrs) {
      requireFloat(own, x!);
      return there(x!, attrs);
    },
    backward: (ctx, dy) => [back(dy, ctx.attrs)],
  });
  return [op(name, run, transpose), op(transposedName, transpose, run)];
}
