// Layers that compute nothing of their own: modules in a row, and changes of shape.
import { show, wantNoMore, wantNumber, wantNumbers, wantTensor } from "../../tensor/check.ts";
import { reworded } from "../../tensor/naming.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";
import { isModule, List } from "./containers.ts";
import { forwardBoth } from "./fusing.ts";

/** A module that a tensor goes into, and another comes out of. */
type Layer = Module<[Tensor], Tensor>;

/**
 * Feeds each module's result to the next. Parameters are named by position: "0.weight". It is a list, as ModuleList is: `model[0]`,
 * `model.length`, `model.append(layer)`, `for (const layer of model)`.
 * @shape any → any
 * @example
 * const model = new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 1));
 * model.forward(ones([4, 2])).shape; // → [4, 1]
 */
export class Sequential extends List<Layer> {
  constructor(...layers: Layer[]) {
    super([], []);
    for (const [i, layer] of layers.entries()) {
      if (isModule(layer)) continue;
      const list = Array.isArray(layer) ? ": they are given one by one, new Sequential(...layers)" : "";
      throw new TypeError(`Sequential: layer ${i} is a module, got ${show(layer)}${list}`);
    }
    this.extend(layers);
  }

  protected kind() {
    return "module" as const;
  }
  protected accepts(item: unknown): boolean {
    return isModule(item);
  }

  /** Its modules, as a list of their own. */
  get layers(): readonly Layer[] {
    return [...this];
  }

  override forward(x: Tensor, ...more: never[]): Tensor {
    wantNoMore("Sequential.forward", more, "its modules take one input each");
    const { layers } = this;
    let value = x;
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i]!;
      try {
        const both = forwardBoth(layer, layers[i + 1], value);
        value = both ?? layer.forward(value);
        if (both !== null) i++;
      } catch (error) {
        throw reworded(error, (message) => `${message}, in layer ${i} (${layer.constructor.name})`);
      }
    }
    return value;
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
    wantNumbers("Unflatten", "the sizes are a list", sizes, more, false);
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
    wantNumber("Flatten", "startDim", start);
    wantNumber("Flatten", "endDim", end);
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
