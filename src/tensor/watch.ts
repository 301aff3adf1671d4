// Who sees what operations compute with: a module's first forward pass looks for parameters that it does not hold (nn/module.ts).

let watcher: ((inputs: readonly object[]) => void) | null = null;

/** Called for the inputs of every operation. */
export function used(inputs: readonly object[]): void {
  if (watcher !== null) watcher(inputs);
}

/** Runs `body`, and tells `saw` of what its operations compute with. One that is told already goes on being told instead. */
export function watching<T>(saw: (inputs: readonly object[]) => void, body: () => T): T {
  if (watcher !== null) return body();
  watcher = saw;
  try {
    return body();
  } finally {
    watcher = null;
  }
}
