// Layers that can do the work of a ReLU behind them along with their own. Sequential asks; users see nothing of it.
import type { Tensor } from "../../tensor/tensor.ts";
import { isPlain } from "../hooks.ts";
import type { AnyModule } from "../module.ts";
import { ReLU } from "./activation.ts";

/** What a layer's `forward` gives, then max(·, 0), in one go; null where the layer cannot do it now. */
type ThenRelu<Layer> = (layer: Layer, x: Tensor) => Tensor | null;

/** By the `forward` of the layer's class: one that derives from it and has another is not meant. */
const known = new WeakMap<object, ThenRelu<never>>();

export function fuseRelu<Layer extends AnyModule>(forward: object, thenRelu: ThenRelu<Layer>): void {
  known.set(forward, thenRelu);
}

/** What a layer and the next one give together, in one go; null where they do not, or somebody looks in between. */
export function forwardBoth(layer: AnyModule, next: AnyModule | undefined, x: Tensor): Tensor | null {
  if (next?.constructor !== ReLU || !isPlain(layer) || !isPlain(next)) return null;
  const { forward } = Object.getPrototypeOf(layer) as AnyModule;
  return known.get(forward)?.(layer as never, x) ?? null;
}
