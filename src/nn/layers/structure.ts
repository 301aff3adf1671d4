// Layers that compute nothing of their own: modules in a row, and changes of shape.
import { show, wantNoMore, wantNumber, wantNumbers, wantTensor } from "../../tensor/check.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type AnyModule, Module } from "../module.ts";
import { forwardBoth } from "./fusing.ts";

/**
 * Feeds each module's result to the next. Parameters are named by position: "0.weight".
 * @shape any → any
 * @example
 * const model = new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 1));
 * model.forward(ones([4, 2])).shape; // → [4, 1]
 */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: Module<[Tensor], Tensor>[]) {
    super();
    for (const [i, layer] of layers.entries()) {
      if (layer instanceof Module) continue;
      const list = Array.isArray(layer) ? ": they are given one by one, new Sequential(...layers)" : "";
      throw new TypeError(`Sequential: layer ${i} is a module, got ${show(layer)}${list}`);
    }
    this.layers = layers;
  }

  forward(x: Tensor): Tensor {
    let value = x;
    for (let i = 0; i < this.layers.length; i++) {
      const layer = this.layers[i]!;
      const both = forwardBoth(layer, this.layers[i + 1], value);
      value = both ?? layer.forward(value);
      if (both !== null) i++;
    }
    return value;
  }

  override namedChildren(): [name: string, child: AnyModule][] {
    return this.layers.map((layer, i) => [String(i), layer]);
  }
}

/**
 * A dimension as several, of which one may be −1: what Flatten undoes.
 * @shape [..., n, ...] → [..., ...sizes, ...]
 * @example new nn.Unflatten(1, [3, -1]).forward(ones([2, 12])).shape; // → [2, 3, 4]
 */
export class Unflatten extends Module {
  constructor(
    readonly dim: number,
    readonly sizes: readonly number[],
    ...more: never[]
  ) {
    super();
    wantNumber("Unflatten", "dim", dim);
    wantNumbers("Unflatten", "the sizes are a list", sizes, more);
    wantNoMore("Unflatten", more);
  }

  forward(x: Tensor): Tensor {
    wantTensor("Unflatten", "the input", x);
    return x.unflatten(this.dim, this.sizes);
  }

  protected override extraRepr(): string {
    return `${this.dim}, [${this.sizes.join(", ")}]`;
  }
}

/**
 * Joins dimensions start … end into one: [samples, …] → [samples, features].
 * @shape [samples, ...] → [samples, size]
 * @example new nn.Flatten().forward(ones([2, 3, 4])).shape; // → [2, 12]
 */
export class Flatten extends Module {
  constructor(
    readonly start = 1,
    readonly end = -1,
    ...more: never[]
  ) {
    super();
    wantNumber("Flatten", "start", start);
    wantNumber("Flatten", "end", end);
    wantNoMore("Flatten", more);
  }

  forward(x: Tensor): Tensor {
    wantTensor("Flatten", "the input", x);
    return x.flatten(this.start, this.end);
  }
}

/**
 * Its input, unchanged: where a layer is wanted that does nothing.
 * @shape any → the same
 * @example new nn.Identity().forward(tensor([1, 2])); // → [1, 2]
 */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
