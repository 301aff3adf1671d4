// What a training step does beside launches, told to whoever records it so as to do it again (nn/compile.ts): gradients that it sets,
// graphs that it walks, modules that it runs, and what keeps counts on the host.
import type { DeviceArray } from "../../gpu/array.ts";
import type { Leaf, Node } from "./tape.ts";

export interface StepWatcher {
  /** A leaf's gradient is replaced: by none, by another tensor, by zeros; `whatever` it was, or by nothing unless there is one. */
  cleared(leaf: Leaf, whatever: boolean): void;
  /** A leaf's gradient is read. */
  readGradient(leaf: Leaf): void;
  /** A gradient arrived at a leaf that had `before`. */
  arrived(leaf: Leaf, before: DeviceArray | undefined): void;
  /** A backward pass has walked these. */
  walked(nodes: readonly Node[], retained: boolean): void;
  /** A module's forward pass begins. */
  ran(module: object): void;
  /** Something cannot be done again without the host. */
  refuse(why: string): void;
  /** Runs what the host has to do each time, which reads these leaves' gradients. */
  eachTime(run: () => void, leaves: readonly Leaf[]): void;
}

/** Who watches; null while nobody does. */
export let watcher: StepWatcher | null = null;

/** Has `body` watched. */
export function watchStep<T>(by: StepWatcher | null, body: () => T): T {
  const before = watcher;
  watcher = by;
  try {
    return body();
  } finally {
    watcher = before;
  }
}

/**
 * Runs what keeps a count or a rate on the host, an optimizer's step say, which a step that is done again from a recording runs again.
 * @param leaves whose gradients it reads
 */
export function eachTime(run: () => void, leaves: () => readonly Leaf[] = () => []): void {
  if (watcher === null) run();
  else watcher.eachTime(run, leaves());
}
