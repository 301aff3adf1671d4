// The bottom of Tensor: what it holds, how it is read, and its place on the tape. The operations are in the classes
// between this one and Tensor (elementwise.ts, shapes.ts, reductions.ts), by topic; `Self` is Tensor in all of them.
import { DeviceArray, type DType, type Elements, fromHost, readArray } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { reshape } from "../../kernels/shapes/reshape.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { watcher } from "../autograd/step.ts";
import { type Hook, record } from "../autograd/tape.ts";
import { accumulate, backward } from "../autograd/walk.ts";
import { axisOf, isTensor, show, wantBoolean, wantFunction, wantNoMore, wantTensor } from "../check.ts";
import { arrayOf, Handle, handleOf } from "../handle.ts";
import { BOOLEAN, dimLeftOut, takes } from "../options.ts";
import { HANDLE, outliveScope, outsideScopes } from "../scope.ts";
import { used } from "../watch.ts";
import { promised } from "./promised.ts";

/** The elements of a tensor as `tolist` gives them: a number, true or false of a bool tensor, or lists of lists. */
export type NestedNumbers = number | boolean | NestedNumbers[];

const backwardOptions = takes("backward", 2, { retainGraph: BOOLEAN });

/** Operations whose results are views in PyTorch, and copies here: nothing is written into one (in-place.ts). */
export const COPIES = ["slice", "permute", "expand", "strided", "unfold"];

export abstract class TensorBase<Self extends TensorBase<Self>> {
  /** @internal */
  readonly [HANDLE]: Handle;

  /** @internal Takes over the array. `origin` is what computed it, for error messages. */
  constructor(array: DeviceArray, origin = "tensor") {
    if (!(array instanceof DeviceArray))
      throw new TypeError(
        `${this.constructor.name}: tensors are made by tensor(), zeros(), … and operations, not of ${show(array)}`,
      );
    this[HANDLE] = new Handle(array, origin);
  }

  /** A tensor that takes over an array. */
  protected abstract wrap(array: DeviceArray, origin: string): Self;

  /** Applies an operation, and records it where a gradient may be asked for. */
  protected apply<A>(op: Op<A>, inputs: readonly TensorBase<Self>[], attrs: A): Self {
    used(inputs);
    const origin = (op as Op<never>) === reshape ? this.sharedAs(op.name) : op.name;
    return record(op, inputs.map(handleOf), attrs, (array) => this.wrap(array, origin), handleOf);
  }

  /** The origin of what shares this tensor's memory: a copy stays one, see COPIES. */
  private sharedAs(name: string): string {
    const { origin } = this[HANDLE];
    return COPIES.includes(origin) ? origin : name;
  }

  /** Frozen: `[...shape]` is a list of one's own. */
  get shape(): number[] {
    return this[HANDLE].frozenShape as number[];
  }

  get dtype(): DType {
    return this[HANDLE].dtype;
  }

  /** Number of elements.
   * @example zeros([2, 3]).numel(); // → 6 */
  numel(): number {
    return this[HANDLE].size;
  }
  /** The shape, or how long one dim of it is.
   * @example
   * zeros([2, 3]).size(-1); // → 3
   * zeros([2, 3]).size(); // → [2, 3] */
  size(): number[];
  size(dim: number, ...more: never[]): number;
  size(dim?: number, ...more: never[]): number | number[] {
    wantNoMore("size", more);
    return dim === undefined ? this.shape : this.shape[axisOf(dim, this.ndim, "size")]!;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this[HANDLE].shape.length;
  }

  get requiresGrad(): boolean {
    return this[HANDLE].requiresGrad;
  }

  /** Marks a leaf as something to learn. Throws on the result of a recorded operation. */
  set requiresGrad(value: boolean) {
    wantBoolean("requiresGrad", "it", value);
    if (this[HANDLE].node !== null) {
      throw new Error(
        "requiresGrad can be set on leaves only; this tensor was computed from others: detach() it first",
      );
    }
    if (value && this.dtype !== "float32")
      throw new Error(`requiresGrad needs float32, this tensor is ${this.dtype}`);
    this[HANDLE].learned = value;
  }

  /**
   * Marks a leaf as something to learn, or no longer: what `requiresGrad = true` does, in a chain.
   * @shape any → the same
   * @example tensor([3]).detach().clone().requiresGrad_().requiresGrad; // → true
   */
  requiresGrad_(requiresGrad = true, ...more: never[]): this {
    wantBoolean("requiresGrad_", "it", requiresGrad);
    wantNoMore("requiresGrad_", more);
    if (requiresGrad !== this.requiresGrad) this.requiresGrad = requiresGrad;
    return this;
  }

  /** The gradient that backward() added up so far; null before the first. Same shape as the tensor. */
  get grad(): Self | null {
    const handle = this[HANDLE];
    if (handle.retains) void handle.array; // of an inner tensor that a backward() freed, it says why
    if (handle.grad === undefined) return null;
    // One that was made inside a scope went with it.
    if (handle.gradTensor === null || handleOf(handle.gradTensor).freed)
      handle.gradTensor = this.wrap(handle.grad.retain(), "backward");
    return handle.gradTensor as Self;
  }

  /** `null` forgets the gradient (zeroGrad does this). */
  set grad(value: Self | null) {
    if (value !== null) wantTensor("grad", "it", value);
    if (value !== null && !sameShape(value.shape, this.shape)) {
      throw new RangeError(
        `grad: ${formatShape(value.shape)} does not fit a tensor ${formatShape(this.shape)}`,
      );
    }
    value?.requireFloat("grad");
    watcher?.cleared(this[HANDLE], true);
    this[HANDLE].replaceGrad(value === null ? undefined : arrayOf(value).retain());
  }

  protected requireFloat(name: string): void {
    if (this.dtype !== "float32")
      throw new TypeError(`${name}: wants a float32 tensor, got ${this.dtype}: float() makes it one`);
  }

  // Reading ------------------------------------------------------------------------------------------------

  /** All elements, row-major: a Float32Array, Int32Array or Uint32Array, and of bools a Uint8Array of 0 and 1. Waits for the GPU.
   * @example await tensor([[1, 2]]).data(); // → [1, 2] */
  data(): Promise<Elements> {
    return promised("data()", async () => await readArray(arrayOf(this)));
  }

  /** The one element of a tensor of size 1, a bool as 0 or 1. Waits for the GPU.
   * @example await tensor([5]).item(); // → 5 */
  item(): Promise<number> {
    return promised("item()", async () => {
      if (this[HANDLE].size !== 1)
        throw new Error(`item() wants a tensor of one element, this one is ${formatShape(this.shape)}`);
      return (await this.data())[0]!;
    });
  }

  /** The elements as nested arrays, bools as true and false. Waits for the GPU.
   * @example await tensor([[1, 2]]).tolist(); // → [[1, 2]] */
  tolist(): Promise<NestedNumbers> {
    return promised("tolist()", async () => {
      const data = await this.data();
      const bool = this.dtype === "bool";
      const build = (axis: number, offset: number, size: number): NestedNumbers => {
        if (axis === this.ndim) return bool ? data[offset]! !== 0 : data[offset]!;
        const step = size / this.shape[axis]!;
        return Array.from({ length: this.shape[axis]! }, (_, i) => build(axis + 1, offset + i * step, step));
      };
      return build(0, 0, this[HANDLE].size);
    });
  }

  /** Its shape and type, and how it hangs on the tape: values are read by data() and tolist().
   * @example zeros([2, 3]).toString(); // → Tensor([2, 3], float32) */
  toString(): string {
    const { node } = this[HANDLE];
    const grad = node !== null ? `, from ${node.op.name}` : this.requiresGrad ? ", requiresGrad" : "";
    return `Tensor(${formatShape(this.shape)}, ${this.dtype}${grad})`;
  }

  /** Refuses to be added or compared as JavaScript does it: a text would come of that. */
  [Symbol.toPrimitive](as: "string" | "number" | "default"): string {
    if (as === "string") return this.toString();
    throw new TypeError(
      `${this} is no number: write a.add(b) for a + b and a.gt(b) for a > b, or read it first: await a.item()`,
    );
  }

  /** What console.log shows: not the device and all that hangs on it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /**
   * Refuses to be written as JSON, of which nothing but {} would come.
   * @example JSON.stringify(await tensor([1, 2]).tolist()); // → [1,2]
   */
  toJSON(): never {
    throw new TypeError(`${this} has no JSON before it is read: await a.tolist()`);
  }

  // The tape ------------------------------------------------------------------------------------------------

  /**
   * Adds the gradient of this tensor with respect to every leaf with requiresGrad into the leaf's `.grad`,
   * and frees the graph unless told to `retainGraph`, for another walk. `gradient` is dL/d(this), needed unless this is a single
   * number; options may stand in its place.
   * @shape any, any → nothing
   * @example
   * const x = tensor([3], { requiresGrad: true });
   * x.square().sum().backward();
   * x.grad; // → [6]
   */
  backward(options: { retainGraph?: boolean }): void;
  backward(gradient?: Self | null, options?: { retainGraph?: boolean }, ...more: never[]): void;
  backward(
    given?: Self | { retainGraph?: boolean } | null,
    further?: { retainGraph?: boolean },
    ...more: never[]
  ): void {
    const first = dimLeftOut(given, further);
    const [gradient, options] = first
      ? [undefined, given]
      : [(given ?? undefined) as Self | undefined, further];
    backwardOptions(options, more);
    if (gradient !== undefined && !isTensor(gradient))
      throw new TypeError(`backward: the gradient is a tensor, got ${show(gradient)}`);
    if (gradient === undefined && this[HANDLE].size !== 1) {
      throw new Error(
        `backward: a tensor ${formatShape(this.shape)} is not a single number; sum() it, or pass its gradient`,
      );
    }
    if (gradient !== undefined && !sameShape(gradient.shape, this.shape)) {
      throw new RangeError(
        `backward: gradient ${formatShape(gradient.shape)} does not fit ${formatShape(this.shape)}`,
      );
    }
    gradient?.requireFloat("backward");
    const seed = (gradient && arrayOf(gradient).retain()) ?? fromHost(new Float32Array([1]), this.shape);
    try {
      backward(this[HANDLE], seed, options?.retainGraph ?? false);
    } finally {
      seed.release();
    }
  }

  /** Whether no recorded operation computed it: its gradient is kept in `.grad`. */
  get isLeaf(): boolean {
    return this[HANDLE].node === null;
  }

  /**
   * Has backward() keep the gradient of the result of a recorded operation in `.grad` too, as leaves' are.
   * @example
   * const x = tensor([3], { requiresGrad: true });
   * const y = x.mul(2);
   * y.retainGrad();
   * y.square().sum().backward();
   * y.grad; // → [12]
   */
  retainGrad(): void {
    const handle = this[HANDLE];
    if (!this.requiresGrad) throw new Error("retainGrad: this tensor does not require a gradient");
    if (handle.node === null || handle.retains) return;
    handle.retains = true;
    const keep = (gradient: DeviceArray) => {
      if (!handle.freed) accumulate(handle, gradient.retain());
      return null;
    };
    const onTensor = (gradient: unknown) => keep(arrayOf(gradient as Self));
    handle.node.hooks = [...(handle.node.hooks ?? []), { onArray: keep, onTensor }];
  }

  /**
   * Calls `hook` with this tensor's gradient whenever a backward pass has computed it; a tensor that it returns takes the
   * gradient's place. It may keep what it is given and what it makes. Returns what takes the hook away again.
   * @example
   * const x = tensor([3], { requiresGrad: true });
   * x.registerHook((gradient) => gradient.mul(10));
   * x.square().sum().backward();
   * x.grad; // → [60]
   */
  registerHook(
    hook: ((gradient: Self) => Self) | ((gradient: Self) => void),
    ...more: never[]
  ): { remove(): void } {
    wantFunction("registerHook", "the hook", hook);
    wantNoMore("registerHook", more);
    if (!this.requiresGrad) throw new Error("registerHook: this tensor does not require a gradient");
    const onTensor = (gradient: unknown): unknown => {
      outliveScope(gradient); // the hook may keep it, and what it makes of it
      const other = outsideScopes(() => hook(gradient as Self)) ?? null;
      if (other !== null) wantTensor("registerHook", "what a hook returns", other);
      return other;
    };
    const onArray = (gradient: DeviceArray): DeviceArray | null => {
      const given = this.wrap(gradient.retain(), "backward");
      const other = noGrad(() => onTensor(given)) as Self | null;
      return other === null ? null : arrayOf(other).retain();
    };
    const of: { hooks: Hook[] | null } = this[HANDLE].node ?? this[HANDLE];
    const own = { onArray, onTensor };
    of.hooks = [...(of.hooks ?? []), own];
    return {
      remove: () => {
        const rest = (of.hooks ?? []).filter((each) => each !== own);
        of.hooks = rest.length > 0 ? rest : null;
      },
    };
  }

  /** The same values, off the tape. Shares memory.
   * @shape any → the same
   * @example tensor([3], { requiresGrad: true }).detach().requiresGrad; // → false */
  detach(): Self {
    return this.wrap(arrayOf(this).retain(), this.sharedAs("detach"));
  }
}
