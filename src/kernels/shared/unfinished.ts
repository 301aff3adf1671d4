// Convolutions and dense layers are put off: a batch norm by running statistics goes into their weights (norms/foldNorm.ts), an
// array that is added and an activation into their own launch (finish.wgsl), which is made when something else reads the
// result. What is read before these follow as well is computed by itself.
//
// Where a gradient is recorded, that is so for sums and ReLUs, whose gradients ask for no operand, and while a forward pass runs:
// what comes out of the outermost one is computed at once, since its weights are soon written, and would have it computed
// although nobody wants it any more.
import { Deferred, DeviceArray, WORTH_HOLDING } from "../../gpu/array.ts";
import { type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";

/** The functions of finish.wgsl, in its order from 1 on, by the names of their operations. */
const FUNCTIONS = ["relu", "leakyRelu", "clamp", "sigmoid", "hardswish", "hardsigmoid"];
/** Operations that do the same as one of them. */
const ALSO: Record<string, string> = { hardtanh: "clamp" };

/** What is done to each element before it is stored: a function (0: none) of it and of what is added to it. */
export interface Finish {
  f: number;
  a: number;
  b: number;
  other: DeviceArray | null;
}

export const AS_IT_IS: Finish = { f: 0, a: 0, b: 0, other: null };

/** Values for a program's Params. */
export const finishParams = ({ f, a, b, other }: Finish) => ({
  finish: f,
  finishA: a,
  finishB: b,
  adds: other === null ? 0 : 1,
});

/** What it is computed of. */
export interface Parts {
  x: DeviceArray;
  w: DeviceArray;
  bias: DeviceArray | undefined;
  /** What each channel of x is multiplied by before (weighed.ts). */
  s?: DeviceArray | undefined;
}

/** Computes it: a new array. */
type Run = (parts: Parts, finish: Finish) => DeviceArray;

const isThere = (each: DeviceArray | null | undefined): each is DeviceArray => !!each;

export class Unfinished extends Deferred {
  /**
   * @param shape what it is computed in
   * @param folds whether each row of w makes a channel, dimension 1 of that, and may be scaled in a copy
   * @param recorded whether a gradient is recorded of it
   */
  constructor(
    private readonly shape: Shape,
    private readonly run: Run,
    parts: Parts,
    private readonly folds: boolean,
    private readonly finish: Finish,
    private readonly recorded: boolean,
  ) {
    const { x, w, bias, s } = parts;
    super([x, w, bias, s, finish.other].filter(isThere), () =>
      run(this.parts, { ...finish, other: this.other }),
    );
    this.hasBias = bias !== undefined;
    this.hasScale = s !== undefined;
  }

  private readonly hasBias: boolean;
  private readonly hasScale: boolean;

  get parts(): Parts {
    const [x, w, ...more] = this.inputs as [DeviceArray, DeviceArray, ...DeviceArray[]];
    const bias = this.hasBias ? more.shift() : undefined;
    return { x, w, bias, s: this.hasScale ? more[0] : undefined };
  }

  private get other(): DeviceArray | null {
    return this.finish.other === null ? null : this.inputs.at(-1)!;
  }

  /** Whether a factor a channel of `viewed`, which are its elements by another shape perhaps, may go into w's rows. */
  foldsInto(viewed: Shape): boolean {
    return this.folds && sameShape(viewed.slice(0, 2), this.shape.slice(0, 2));
  }

  override arrives(size: number): boolean {
    return this.recorded || this.inputs[0]!.size > WORTH_HOLDING * size;
  }

  /** Whether a function of each element may follow, and whether anything may. */
  get takesFunction(): boolean {
    return this.finish.f === 0;
  }
  get isBare(): boolean {
    return this.finish.f === 0 && this.finish.other === null;
  }

  /** The same with other parts, or more that follows, which is put off in turn. */
  followed(
    shape: Shape,
    { parts = this.parts, ...more }: { parts?: Parts } & Partial<Finish>,
    recorded = this.recorded,
  ): DeviceArray {
    const finish = { ...this.finish, other: this.other, ...more };
    const put = new Unfinished(this.shape, this.run, parts, this.folds, finish, recorded);
    return new DeviceArray(shape, "float32", put);
  }
}

/** What `run` computes, put off: nothing is computed where there is nothing. */
export function later(
  shape: Shape,
  parts: Parts,
  { folds, recorded }: { folds: boolean; recorded: boolean },
  run: Run,
): DeviceArray {
  if (sizeOf(shape) === 0) return run(parts, AS_IT_IS);
  return new DeviceArray(shape, "float32", new Unfinished(shape, run, parts, folds, AS_IT_IS, recorded));
}

const unfinished = ({ deferred }: DeviceArray) => (deferred instanceof Unfinished ? deferred : null);

/** What x is put off as, if it is and nothing follows so far. */
export function bare(x: DeviceArray): Unfinished | null {
  const put = unfinished(x);
  return put?.isBare ? put : null;
}

/** The operation's function of x, where x is put off and can take it along. */
export function thenFunction(
  x: DeviceArray,
  name: string,
  { a, b }: { a: number; b: number },
  recorded: boolean,
): DeviceArray | null {
  const f = FUNCTIONS.indexOf(ALSO[name] ?? name) + 1;
  const put = unfinished(x);
  return f > 0 && put?.takesFunction ? put.followed(x.shape, { f, a, b }, recorded) : null;
}

/** x + y, where one of the two is put off and can take the other along. */
export function thenAdded(x: DeviceArray, y: DeviceArray, recorded: boolean): DeviceArray | null {
  if (!sameShape(x.shape, y.shape) || x.dtype !== "float32" || y.dtype !== "float32") return null;
  const put = bare(y);
  if (put !== null) return put.followed(y.shape, { other: x }, recorded);
  return bare(x)?.followed(x.shape, { other: y }, recorded) ?? null;
}
