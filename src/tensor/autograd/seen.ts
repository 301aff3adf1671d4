// Who looks at what operations compute, forward and backward: anomaly.ts does, while it looks for NaN.
import type { DeviceArray } from "../../gpu/array.ts";

/** Told of every operation's result, and of the gradients of its inputs. Borrows all arrays. */
export interface Seer {
  /** `leaves` are the inputs that no recorded operation computed. */
  forward(name: string, leaves: readonly DeviceArray[], result: DeviceArray, node: object | null): void;
  backward(
    node: { readonly op: { readonly name: string } },
    gradients: readonly (DeviceArray | null)[],
  ): void;
}

/** Null but while somebody looks. */
export let seer: Seer | null = null;

/** Has `next` told until what this returns is called. */
export function seeBy(next: Seer): () => void {
  if (seer !== null) throw new Error("detectAnomaly: another one is running: await it first");
  seer = next;
  return () => {
    seer = null;
  };
}
