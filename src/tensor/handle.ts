// A tensor's inside: its array, its gradient, its place on the tape, and when its memory goes. Users hold a Tensor;
// the tape, scopes, optimizers and kernels' callers work on this, which `handleOf` gives.
import { type DeviceArray, settle } from "../gpu/array.ts";
import { collectIfWanted, type Held, hold, release, watch } from "../gpu/collector.ts";
import { formatShape, type Shape } from "../gpu/shape.ts";
import { watcher } from "./autograd/step.ts";
import type { Hook, Node, Taped } from "./autograd/tape.ts";
import { adopt, HANDLE, type Owned } from "./scope.ts";

let live = 0;

/** Tensors that hold memory now. */
export function liveTensors(): number {
  return live;
}

/** What a tensor holds. It must not refer to the handle, which would then never be collected. */
export class Memory implements Owned, Held {
  grad: DeviceArray | undefined;
  freedBecause: string | null = null;
  /** Once it is freed: what is still to be given back. */
  private arrays: DeviceArray[] = [];

  constructor(readonly array: DeviceArray) {
    settle(array);
    live++;
  }

  free(reason: string): void {
    this.letGo(reason);
    for (const array of this.arrays.splice(0)) array.release();
  }

  reclaim(): void {
    this.letGo("nobody could reach it");
    // What waits to be buried is given back earlier where free() is called after all.
    for (const array of [...this.arrays])
      array.bury(() => {
        const at = this.arrays.indexOf(array);
        if (at >= 0) this.arrays.splice(at, 1)[0]!.release();
      });
  }

  private letGo(reason: string): void {
    if (this.freedBecause !== null) return;
    this.freedBecause = reason;
    release(this);
    live--;
    this.arrays = this.grad === undefined ? [this.array] : [this.array, this.grad];
    this.grad = undefined;
  }

  watch(): void {
    watch(this);
    this.array.arrive();
  }
}

export class Handle implements Taped {
  node: Node | null = null;
  /** Marks a leaf as something to learn. */
  learned = false;
  hooks: Hook[] | null = null;
  walked: ReadonlySet<Owned> | null = null;
  /** Whether its gradient is kept although it is no leaf. */
  retains = false;
  /** The tensor that `grad` gave last, so that it gives the same one again. */
  gradTensor: { readonly [HANDLE]: Handle } | null = null;
  readonly memory: Memory;
  private frozen: Shape | null = null;

  /** Takes over the array. `origin` is what computed it, for error messages. */
  constructor(
    array: DeviceArray,
    public origin: string,
  ) {
    this.memory = new Memory(array);
    hold(this, this.memory);
    adopt(this.memory);
    collectIfWanted();
  }

  /** The raw array. Throws where its memory was given back. */
  get array(): DeviceArray {
    if (this.memory.freedBecause !== null) {
      throw new Error(
        `the memory of this tensor ${formatShape(this.shape)} (a result of ${this.origin}) was given back: ${this.memory.freedBecause}`,
      );
    }
    return this.memory.array;
  }

  get shape() {
    return this.memory.array.shape;
  }

  /** The shape for users, who cannot change it. */
  get frozenShape() {
    this.frozen ??= Object.freeze([...this.shape]);
    return this.frozen;
  }

  get dtype() {
    return this.memory.array.dtype;
  }

  get size() {
    return this.memory.array.size;
  }

  get requiresGrad(): boolean {
    return this.node !== null || this.learned;
  }

  /** The gradient's raw array: no tensor is made of it. */
  get grad(): DeviceArray | undefined {
    if (this.hasGrad) watcher?.readGradient(this);
    return this.memory.grad;
  }

  get hasGrad(): boolean {
    return this.memory.grad !== undefined;
  }

  takeGrad(): DeviceArray | undefined {
    const array = this.memory.grad;
    this.memory.grad = undefined;
    this.gradTensor = null;
    return array;
  }

  replaceGrad(array: DeviceArray | undefined): void {
    this.takeGrad()?.release();
    this.memory.grad = array;
  }

  get freed(): boolean {
    return this.memory.freedBecause !== null;
  }

  free(reason: string): void {
    this.memory.free(reason);
  }
}

/** The inside of a tensor. */
export function handleOf(tensor: { readonly [HANDLE]: Handle }): Handle {
  return tensor[HANDLE];
}

/** The raw array of a tensor. Throws where its memory was given back. */
export function arrayOf(tensor: { readonly [HANDLE]: Handle }): DeviceArray {
  return tensor[HANDLE].array;
}
