// What an operation is: a forward pass and a gradient over raw arrays, and what one application of it keeps between
// the two. Kernels are written against this; the tape (tensor/autograd/tape.ts) applies and records them.
import type { DeviceArray } from "./array.ts";
import type { Held } from "./collector.ts";
import { formatShape } from "./shape.ts";

/** What one application of an operation keeps between forward and backward. */
export class Context<A> implements Held {
  readonly saved: DeviceArray[] = [];
  private readonly versions: number[] = [];

  constructor(
    readonly attrs: A,
    /** For each input, whether its gradient is wanted. */
    readonly needsInputGrad: readonly boolean[],
    readonly inputShapes: readonly (readonly number[])[],
    /** False where no gradient will be asked for: save() then keeps nothing. */
    readonly recording: boolean,
  ) {}

  /** Keeps arrays for backward, which finds them in `saved` in this order. */
  save(...arrays: DeviceArray[]): void {
    if (!this.recording) return;
    for (const array of arrays) {
      this.saved.push(array.retain());
      this.versions.push(array.version);
    }
  }

  /** Throws where a saved value has been changed in place since. */
  checkVersions(operation: string): void {
    this.saved.forEach((array, i) => {
      if (array.version === this.versions[i]) return;
      throw new Error(
        `backward: a value ${formatShape(array.shape)} that ${operation} needs was changed in place after the forward pass; call backward() before the optimizer steps`,
      );
    });
  }

  /** Lets go of what was saved. */
  release(): void {
    for (const array of this.saved.splice(0)) array.release();
    this.versions.length = 0;
  }

  /** Nobody can reach the node that it belongs to. */
  reclaim(): void {
    this.release();
  }
}

/** An operation with a gradient, over raw arrays. kernels/NAME.ts exports these. */
export interface Op<A> {
  readonly name: string;
  /** Checks its inputs, launches kernels, and returns an array that the caller owns. */
  forward(ctx: Context<A>, inputs: DeviceArray[], attrs: A): DeviceArray;
  /** The gradient of each input (null where none is wanted or defined), owned by the caller. `grad` is borrowed. */
  backward(ctx: Context<A>, grad: DeviceArray): (DeviceArray | null)[];
  /**
   * Adds the first input's gradient to what others gave that input already, and returns those of the other inputs behind null
   * in the first one's place, or nothing where there are none. For operations that take a part of it, whose gradient would else be zeros for
   * the most part, and for those that save a launch so. `into` may be written.
   */
  accumulate?(ctx: Context<A>, grad: DeviceArray, into: DeviceArray): (DeviceArray | null)[];
}
