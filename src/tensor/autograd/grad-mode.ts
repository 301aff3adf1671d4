// Whether operations are recorded just now.
import { wantFunction, wantNoMore } from "../check.ts";
import { bodyScope, runningKeeper } from "../scope.ts";

/** Of AsyncLocalStorage, what is used here: what runs inside `run`, awaits included, sees its value. */
interface AsyncStorage {
  run<T>(value: boolean, body: () => T): T;
  getStore(): boolean | undefined;
}
type Builtins = { getBuiltinModule?: (name: string) => { AsyncLocalStorage?: new () => AsyncStorage } };

/** Bun's, Node's or Deno's; a browser has none. */
const paused = (() => {
  const { process } = globalThis as { process?: Builtins };
  const Storage = process?.getBuiltinModule?.("node:async_hooks")?.AsyncLocalStorage;
  return Storage === undefined ? null : new Storage();
})();

/** How many noGrad bodies are running just now, up to their first await. */
let running = 0;
/** How many asynchronous ones have not settled yet. */
let pending = 0;

/**
 * Whether operations record gradients just now: false inside noGrad.
 * @example [isGradEnabled(), noGrad(() => isGradEnabled())]; // → [true, false]
 */
export function isRecording(): boolean {
  return running === 0 && (pending === 0 || paused?.getStore() !== true);
}

/**
 * Runs `body` without recording gradients, and frees the tensors that it made and neither returned nor, in a module's forward
 * pass, stored in a field of that module.
 *
 * An async body is run without recording until its promise settles, and what runs beside it records as ever; its
 * tensors live as long as JavaScript can reach them. A browser cannot tell what belongs to an async body after its first
 * await: from there on its operations are recorded as if they stood outside, so put a noGrad around each part.
 * @example
 * const weight = new nn.Parameter(ones([2]));
 * noGrad(() => weight.mul(2)).requiresGrad; // → false
 */
export function noGrad<T>(body: () => T, ...more: never[]): T {
  wantFunction("noGrad", "the body", body);
  wantNoMore("noGrad", more);
  running++;
  let result: T;
  try {
    const run = () => (paused === null ? body() : paused.run(true, body));
    result = bodyScope(run, "noGrad", runningKeeper());
  } finally {
    running--;
  }
  if (!(result instanceof Promise)) return result;
  pending++;
  return result.finally(() => {
    pending--;
  }) as T;
}

/**
 * Runs `body` with gradients recorded, inside a noGrad too.
 * @example noGrad(() => enableGrad(() => isGradEnabled())); // → true
 */
export function enableGrad<T>(body: () => T, ...more: never[]): T {
  wantFunction("enableGrad", "the body", body);
  wantNoMore("enableGrad", more);
  const outer = running;
  running = 0;
  try {
    return paused === null ? body() : paused.run(false, body);
  } finally {
    running = outer;
  }
}
