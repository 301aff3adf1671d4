// Hooks: functions that are called before and after a module's forward pass, to look at what goes in and comes out, or to
// put something else in its place. What they see and make can be kept, whatever scopes it was made in.
import { placesOf, wantAlone } from "../tensor/check.ts";
import { outliveScope, outsideScopes } from "../tensor/scope.ts";

/** Sees a module's inputs; what it returns, a list of inputs or the only one, takes their place. */
export type ForwardPreHook<M = unknown> = (module: M, inputs: readonly unknown[]) => unknown;
/** Sees a module's inputs and its output; what it returns takes the output's place. */
export type ForwardHook<M = unknown> = (
  module: M,
  inputs: readonly unknown[],
  output: M extends { forward(...inputs: never[]): infer Output } ? Output : unknown,
) => unknown;

/** What a registration gives back: `remove()` ends it. */
export interface HookHandle {
  remove(): void;
}

interface Hooks {
  readonly before: Map<object, ForwardPreHook<never>>;
  readonly after: Map<object, ForwardHook<never>>;
}

/** Beside the modules, whose fields are theirs. */
const registered = new WeakMap<object, Hooks>();

export function register(
  module: object,
  when: "before" | "after",
  hook: ForwardPreHook<never> | ForwardHook<never>,
): HookHandle {
  const hooks: Hooks = registered.get(module) ?? { before: new Map(), after: new Map() };
  registered.set(module, hooks);
  const handle = { remove: () => hooks[when].delete(handle) as unknown as undefined };
  (hooks[when] as Map<object, unknown>).set(handle, hook);
  return handle;
}

/** Forward passes of modules that are their classes'. */
export const asWritten = new WeakSet<object>();

/** Whether a module does what its class says, and nobody looks at what goes in and comes out: then others may do its work. */
export function isPlain(module: { readonly forward: object }): boolean {
  return !registered.has(module) && asWritten.has(module.forward);
}

/** What a hook makes of what it sees, all of which it may keep. */
function told(hook: (...given: never[]) => unknown, module: object, ...seen: unknown[]): unknown {
  outliveScope(seen);
  return outsideScopes(() => hook(module as never, ...(seen as never[])));
}

/** A forward pass between its hooks, which refuses inputs that it has no places for. `name` is its own. */
export function hooked(
  module: object,
  name: string,
  inputs: readonly unknown[],
  method: (...inputs: never[]) => unknown,
) {
  const forward = (given: readonly unknown[]) => {
    if (given.length > 1) wantAlone(name, given.slice(placesOf(method)));
    return method.call(module, ...(given as never[]));
  };
  const hooks = registered.get(module);
  if (hooks === undefined) return forward(inputs);
  let given = inputs;
  for (const hook of [...hooks.before.values()]) {
    const instead = told(hook, module, given);
    if (instead !== undefined) given = Array.isArray(instead) ? instead : [instead];
  }
  let output = forward(given);
  for (const hook of [...hooks.after.values()]) output = told(hook, module, given, output) ?? output;
  return output;
}

/** Whether somebody looks at what goes into a module, or comes out. */
export function isHooked(module: object): boolean {
  const hooks = registered.get(module);
  return hooks !== undefined && hooks.before.size + hooks.after.size > 0;
}
