// Layers that put borders around images and sequences; see F.pad.
import { show, wantNoMore, wantNumber, wantTensor } from "../../tensor/check.ts";
import type { PadOptions } from "../../tensor/methods/rearranging.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";

/** A number for all sides, or one a side from the last dimension on: [left, right], [left, right, top, bottom]. */
export type Padding = number | readonly number[];

abstract class Pad extends Module {
  /** One number a side. */
  private readonly sides: readonly number[];

  constructor(
    readonly padding: Padding,
    private readonly dims: 1 | 2,
    private readonly border: PadOptions,
  ) {
    super();
    const { name } = this.constructor;
    const sides = typeof padding === "number" ? new Array<number>(2 * dims).fill(padding) : padding;
    if (!Array.isArray(sides) || sides.length !== 2 * dims || !sides.every(Number.isInteger)) {
      throw new (Array.isArray(sides) ? RangeError : TypeError)(
        `${name}: padding is a whole number or a list of ${2 * dims}, got ${show(padding)}`,
      );
    }
    this.sides = sides;
  }

  forward(x: Tensor): Tensor {
    const { name } = this.constructor;
    wantTensor(name, "the input", x);
    if (x.ndim <= this.dims) {
      const image = this.dims === 1 ? "[…, channels, length]" : "[…, channels, height, width]";
      throw new RangeError(`${name}: wants an input ${image}, got one of ${x.ndim} dimensions`);
    }
    return x.pad(this.sides, this.border);
  }

  protected override extraRepr(): string {
    const { value } = this.border;
    return `${show(this.padding)}${value === undefined ? "" : `, ${value}`}`;
  }
}

abstract class Bordered extends Pad {
  constructor(padding: Padding, dims: 1 | 2, mode: PadOptions["mode"], more: readonly unknown[]) {
    super(padding, dims, { mode });
    wantNoMore(this.constructor.name, more);
  }
}

/**
 * Sequences, with their ends mirrored.
 * @shape [..., length] → [..., longer]
 * @example new nn.ReflectionPad1d(1).forward(tensor([[[1, 2, 3]]])); // → [[[2, 1, 2, 3, 2]]]
 */
export class ReflectionPad1d extends Bordered {
  constructor(padding: Padding, ...more: never[]) {
    super(padding, 1, "reflect", more);
  }
}

/**
 * Images, with their edges mirrored.
 * @shape [..., height, width] → [..., rows, columns]
 * @example new nn.ReflectionPad2d(1).forward(ones([1, 1, 3, 3])).shape; // → [1, 1, 5, 5]
 */
export class ReflectionPad2d extends Bordered {
  constructor(padding: Padding, ...more: never[]) {
    super(padding, 2, "reflect", more);
  }
}

/**
 * Sequences, with their ends repeated.
 * @shape [..., length] → [..., longer]
 * @example new nn.ReplicationPad1d(1).forward(tensor([[[1, 2, 3]]])); // → [[[1, 1, 2, 3, 3]]]
 */
export class ReplicationPad1d extends Bordered {
  constructor(padding: Padding, ...more: never[]) {
    super(padding, 1, "replicate", more);
  }
}

/**
 * Images, with their edges repeated.
 * @shape [..., height, width] → [..., rows, columns]
 * @example new nn.ReplicationPad2d(1).forward(ones([1, 1, 3, 3])).shape; // → [1, 1, 5, 5]
 */
export class ReplicationPad2d extends Bordered {
  constructor(padding: Padding, ...more: never[]) {
    super(padding, 2, "replicate", more);
  }
}

/**
 * Sequences that go on at their other end.
 * @shape [samples, channels, length] → [samples, channels, longer]
 * @example new nn.CircularPad1d(1).forward(tensor([[[1, 2, 3]]])); // → [[[3, 1, 2, 3, 1]]]
 */
export class CircularPad1d extends Bordered {
  constructor(padding: Padding, ...more: never[]) {
    super(padding, 1, "circular", more);
  }
}

/**
 * Images that go on at their other side.
 * @shape [samples, channels, height, width] → [samples, channels, rows, columns]
 * @example new nn.CircularPad2d(1).forward(ones([1, 1, 3, 3])).shape; // → [1, 1, 5, 5]
 */
export class CircularPad2d extends Bordered {
  constructor(padding: Padding, ...more: never[]) {
    super(padding, 2, "circular", more);
  }
}

/**
 * Images with zeros around them.
 * @shape [..., height, width] → [..., rows, columns]
 * @example new nn.ZeroPad2d([1, 0, 0, 0]).forward(ones([1, 1, 2, 2])); // → [[[[0, 1, 1], [0, 1, 1]]]]
 */
export class ZeroPad2d extends Bordered {
  constructor(padding: Padding, ...more: never[]) {
    super(padding, 2, "constant", more);
  }
}

abstract class Constant extends Pad {
  constructor(padding: Padding, dims: 1 | 2, value: number, more: readonly unknown[]) {
    super(padding, dims, { value });
    wantNumber(this.constructor.name, "value", value);
    wantNoMore(this.constructor.name, more);
  }
}

/**
 * Sequences with `value` before and behind.
 * @shape [..., length] → [..., longer]
 * @example new nn.ConstantPad1d(1, 9).forward(tensor([[[1, 2]]])); // → [[[9, 1, 2, 9]]]
 */
export class ConstantPad1d extends Constant {
  constructor(padding: Padding, value: number, ...more: never[]) {
    super(padding, 1, value, more);
  }
}

/**
 * Images with `value` around them.
 * @shape [..., height, width] → [..., rows, columns]
 * @example new nn.ConstantPad2d(1, 9).forward(ones([1, 1, 3, 3])).shape; // → [1, 1, 5, 5]
 */
export class ConstantPad2d extends Constant {
  constructor(padding: Padding, value: number, ...more: never[]) {
    super(padding, 2, value, more);
  }
}
