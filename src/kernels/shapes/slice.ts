// A regular window of an array: elements starts … ends − 1 of each axis, every steps-th. The gradient is
// dy among zeros. Made when somebody needs it (pickLater), and so is a gradient that is a part of a larger array where it
// belongs: attention leaves those of queries, keys and values in one. Runs on copy.wgsl and frame.wgsl.

import { DeferredCopy, DeviceArray, type Lie, lieOf } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { type Shape, sameShape, sizeOf, stridesOf } from "../../gpu/shape.ts";
import { addAt, pick, picked, place, window } from "./copy.ts";
import { framed } from "./frame.ts";

/** Resolved: 0 ≤ start ≤ end ≤ n and step ≥ 1 on every axis. */
export interface SliceAttrs {
  starts: readonly number[];
  ends: readonly number[];
  steps: readonly number[];
}

export const slice: Op<SliceAttrs> = {
  name: "slice",
  forward(_, [x], { starts, ends, steps }) {
    const shape = starts.map((start, axis) => Math.ceil((ends[axis]! - start) / steps[axis]!));
    const lieIn = (lie: Lie) => {
      const { strides, offset } = window(lie.strides, starts, steps);
      return { shape, strides, offset: lie.offset + offset };
    };
    if (!sameShape(shape, x!.shape)) return picked(x!, lieIn, "slice");
    return pick(x!, shape, stridesOf(shape), 0, 1, "slice"); // all of it: clone() is one, which may be written
  },
  backward(ctx, dy) {
    const { starts, steps } = ctx.attrs;
    const whole = ctx.inputShapes[0]!;
    return [inPlace(dy, whole, ctx.attrs) ?? framed(dy, whole, starts, steps, 0, "slice's gradient")];
  },
  accumulate(ctx, dy, into) {
    if (joins(dy, into, ctx.attrs)) return [];
    const { strides, offset } = window(stridesOf(into.shape), ctx.attrs.starts, ctx.attrs.steps);
    addAt(dy, into, strides, offset);
    return [];
  },
};

/** Along one axis, from where to where; null where that is not all that is cut. */
function cutOf(whole: Shape, { starts, ends, steps }: SliceAttrs): Cut | null {
  const cut = whole.flatMap((n, axis) => (starts[axis] === 0 && ends[axis] === n ? [] : [axis]));
  if (cut.length !== 1 || steps.some((step) => step !== 1)) return null;
  const axis = cut[0]!;
  return { axis, start: starts[axis]!, end: ends[axis]! };
}

interface Cut {
  axis: number;
  start: number;
  end: number;
}

/** A gradient that is zeros but for `cuts`, which are those of an array of the same shape. */
class Framed extends DeferredCopy {
  constructor(
    of: DeviceArray,
    readonly cuts: Cut[],
  ) {
    super(of, null, () => this.filled());
  }

  protected override get whole(): boolean {
    const { axis } = this.cuts[0]!;
    const covered = this.cuts.reduce((sum, { start, end }) => sum + end - start, 0);
    return covered === this.of.shape[axis];
  }

  /** Whether such a part is added: where none of it is there. */
  join(cut: Cut): boolean {
    const apart = ({ axis, start, end }: Cut) => axis === cut.axis && (end <= cut.start || cut.end <= start);
    if (!this.cuts.every(apart)) return false;
    this.cuts.push(cut);
    return true;
  }

  private filled(): DeviceArray {
    const { of } = this;
    const parts = this.cuts.map(({ axis, start, end }) => {
      const starts = of.shape.map((_, d) => (d === axis ? start : 0));
      const shape = of.shape.map((n, d) => (d === axis ? end - start : n));
      const { strides, offset } = window(stridesOf(of.shape), starts, []);
      return { starts, strides, offset, array: pick(of, shape, strides, offset) };
    });
    const [first, ...others] = parts;
    const out = framed(first!.array, of.shape, first!.starts, [], 0, "slice's gradient");
    for (const { array, strides, offset } of others) place(array, out, strides, offset);
    for (const { array } of parts) array.release();
    return out;
  }
}

/** Of what array dy is a part, and which, if it is where it would be put. */
function partOf(dy: DeviceArray, whole: Shape, attrs: SliceAttrs): { of: DeviceArray; cut: Cut } | null {
  const cut = dy.deferred === null ? null : cutOf(whole, attrs);
  const known = cut === null ? null : lieOf(dy);
  if (known === null || known.of.size !== sizeOf(whole)) return null;
  const { strides, offset } = window(stridesOf(whole), attrs.starts, []);
  const there =
    known.lie.offset === offset && strides.every((s, d) => s === known.lie.strides[d] || dy.shape[d] === 1);
  return there ? { of: known.of, cut: cut! } : null;
}

function inPlace(dy: DeviceArray, whole: Shape, attrs: SliceAttrs): DeviceArray | null {
  const part = partOf(dy, whole, attrs);
  if (part === null) return null;
  const of = part.of.view(whole);
  const array = new DeviceArray(whole, dy.dtype, new Framed(of, [part.cut]));
  of.release();
  return array;
}

function joins(dy: DeviceArray, into: DeviceArray, attrs: SliceAttrs): boolean {
  const { deferred } = into;
  if (!(deferred instanceof Framed) || !sameShape(deferred.of.shape, into.shape)) return false;
  const part = partOf(dy, into.shape, attrs);
  return part !== null && part.of.storage === deferred.of.storage && deferred.join(part.cut);
}
