// Convolutions and dense layers are put off: a batch norm by running statistics goes into their weights (norms/foldNorm.ts), an
// array that is added and an activation into their own launch (finish.wgsl), which is made when something else reads the
// result. What is read before these follow as well is computed by itself; what follows is then computed of it, not all anew.
//
// Where a gradient is recorded, that is so for sums and ReLUs, whose gradients ask for no operand, and while a forward pass runs:
// what comes out of the outermost one is computed at once, since its weights are soon written, and would have it computed
// although nobody wants it any more.
import { Deferred, DeviceArray, settle, WORTH_HOLDING } from "../../gpu/array.ts";
import { type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import source from "./finish.wgsl" with { type: "text" };

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

/** finish.wgsl for one function: a CPU's driver computes the short ones all, divisions too, before it picks one. */
export const finishedBy = (f: number) => source.replaceAll(/params\.finish\b/g, `${f}u`);

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

/** What something follows, and how it is computed by itself, where that is there already. */
interface Before {
  result: DeviceArray;
  follow(result: DeviceArray, other: DeviceArray | null): DeviceArray;
}

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
    private readonly before: Before | null = null,
  ) {
    const { x, w, bias, s } = parts;
    super([x, w, bias, s, finish.other].filter(isThere), () =>
      isComputed(before)
        ? before.follow(before.result, this.other)
        : run(this.parts, { ...finish, other: this.other }),
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

  protected override letGo(): void {
    super.letGo();
    this.before?.result.release();
  }

  /** The one that this and what it follows began with. */
  get first(): Deferred {
    const { deferred } = this.before?.result ?? {};
    return deferred instanceof Unfinished ? deferred.first : this;
  }

  /**
   * The same with other parts, or more that follows, which is put off in turn.
   * @param result what it is to follow
   * @param follow computes that of the result by itself
   */
  followed(
    result: DeviceArray,
    { parts = this.parts, ...more }: { parts?: Parts } & Partial<Finish>,
    recorded = this.recorded,
    follow?: Before["follow"],
  ): DeviceArray {
    const finish = { ...this.finish, other: this.other, ...more };
    const before = follow === undefined ? null : { result: result.retain(), follow };
    if (before !== null) settle(before.result);
    const put = new Unfinished(this.shape, this.run, parts, this.folds, finish, recorded, before);
    return new DeviceArray(result.shape, "float32", put);
  }
}

/** Whether it is there, as it was computed. */
function isComputed(before: Before | null): before is Before {
  return before !== null && before.result.deferred === null && before.result.version === 0;
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
  follow: Before["follow"],
): DeviceArray | null {
  const f = FUNCTIONS.indexOf(ALSO[name] ?? name) + 1;
  const put = unfinished(x);
  return f > 0 && put?.takesFunction ? put.followed(x, { f, a, b }, recorded, follow) : null;
}

/** Computes what both are put off as results of, if there is that: each by itself would compute it anew. Whether there was. */
export function computeCommon(x: DeviceArray, y: DeviceArray): boolean {
  const first = unfinished(x)?.first;
  if (first === undefined || first !== unfinished(y)?.first) return false;
  void first.storage;
  return true;
}

/** x + y, where one of the two is put off and can take the other along. `add` computes it by itself. */
export function thenAdded(
  x: DeviceArray,
  y: DeviceArray,
  recorded: boolean,
  add: (x: DeviceArray, y: DeviceArray) => DeviceArray,
): DeviceArray | null {
  if (!sameShape(x.shape, y.shape) || x.dtype !== "float32" || y.dtype !== "float32") return null;
  if (computeCommon(x, y)) return null;
  const put = bare(y);
  const follow = (result: DeviceArray, other: DeviceArray | null) => add(result, other!);
  if (put !== null) return put.followed(y, { other: x }, recorded, follow);
  return bare(x)?.followed(x, { other: y }, recorded, follow) ?? null;
}
