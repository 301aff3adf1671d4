// Functions of one's own, as torch.autograd.Function: forward and backward written with operations of tensors, where the
// gradient is to be another than that of what forward does, or cheaper.
import type { Context, Op } from "../../gpu/op.ts";
import { isTensor, show } from "../check.ts";
import { arrayOf } from "../handle.ts";
import { outliveScope, scope } from "../scope.ts";
import { apply, Tensor } from "../tensor.ts";
import { derive } from "./derive.ts";
import { noGrad } from "./grad-mode.ts";

/** What forward and backward of one application share. They may put properties of their own into it, tensors too: `Own`. */
export type FunctionContext<Own extends object = object> = Shared & Own;

class Shared {
  /** What forward saved, in backward. */
  savedTensors: readonly Tensor[] = [];
  /** Of each argument, whether its gradient is wanted. */
  needsInputGrad: readonly boolean[] = [];
  /** What forward saves; null once it has ended. */
  private context: Context<unknown> | null = null;

  /** Keeps tensors for backward: arguments, the result, and what was computed on the way. Called in forward. */
  saveForBackward(...tensors: readonly Tensor[]): void {
    const wrong = tensors.find((each) => !isTensor(each));
    if (wrong !== undefined) throw new TypeError(`saveForBackward: wants tensors, got ${show(wrong)}`);
    if (this.context === null) throw new Error("saveForBackward: is for forward, which has ended");
    this.context.save(...tensors.map(arrayOf));
  }

  /** @internal Runs forward with what it saves into. */
  within<T>(context: Context<unknown>, forward: () => T): T {
    this.context = context;
    try {
      return this.keeping(forward);
    } finally {
      this.context = null;
    }
  }

  /** @internal Runs backward with what was saved. */
  having<T>(saved: readonly Tensor[], backward: () => T): T {
    this.savedTensors = saved;
    try {
      return this.keeping(backward);
    } finally {
      this.savedTensors = [];
    }
  }

  /** Tensors that a body puts into properties live as long as this does. */
  private keeping<T>(body: () => T): T {
    const result = body();
    const { savedTensors: _, ...own } = this;
    outliveScope(Object.values(own));
    return result;
  }
}

type Gradients = Tensor | null | readonly (Tensor | null)[];

interface Definition {
  readonly name: string;
  forward(ctx: never, ...args: never[]): Tensor;
  backward(ctx: never, gradient: never): Gradients;
}

interface Application {
  readonly shared: Shared;
  /** Which of the arguments are tensors. */
  readonly places: readonly number[];
  readonly count: number;
  /** What forward is called with; empty once it was. */
  args: readonly unknown[];
}

/**
 * A function with a gradient of its own. `forward` returns one tensor, computed off the tape. `backward` gets its gradient, and
 * returns one for each argument of forward (null for what has none, and what is no tensor); where there is one argument, just
 * that. Gradients of gradients go through what backward does.
 * @example
 * class Clipped extends autograd.Function {
 *   static override forward(ctx: autograd.FunctionContext, x: Tensor) { return x.clamp(0, 1); }
 *   static override backward(ctx: autograd.FunctionContext, dy: Tensor) { return dy; } // straight through
 * }
 * const x = tensor([2], { requiresGrad: true });
 * Clipped.apply(x).sum().backward();
 * x.grad; // → [1]
 */
// biome-ignore lint/complexity/noStaticOnlyClass: that is how PyTorch's are written
// biome-ignore lint/suspicious/noShadowRestrictedNames: PyTorch's name, in a namespace
export abstract class Function {
  static forward(_ctx: never, ..._args: never[]): Tensor {
    throw new Error("autograd.Function: a subclass has a static forward(ctx, …)");
  }
  static backward(_ctx: never, _gradient: never): Gradients {
    throw new Error("autograd.Function: a subclass has a static backward(ctx, gradient)");
  }

  /** Computes `forward` of the arguments, and records it where a gradient may be asked for. */
  static apply<Args extends unknown[]>(
    this: {
      readonly name: string;
      forward(ctx: never, ...args: Args): Tensor;
      backward(ctx: never, gradient: never): Gradients;
    },
    ...args: Args
  ): Tensor {
    const shared = new Shared();
    const places = args.flatMap((each, i) => (isTensor(each) ? [i] : []));
    const application: Application = { shared, places, count: args.length, args };
    const inputs = places.map((i) => args[i] as Tensor);
    // biome-ignore lint/complexity/noThisInStatic: the subclass
    return apply(operationOf(this as unknown as Definition), inputs, application);
  }
}

const operations = new WeakMap<Definition, Op<Application>>();

function operationOf(definition: Definition): Op<Application> {
  let op = operations.get(definition);
  if (op === undefined) {
    op = define(definition);
    operations.set(definition, op);
  }
  return op;
}

function define(definition: Definition): Op<Application> {
  const { name } = definition;
  const op: Op<Application> = {
    name,
    forward(ctx, _, application) {
      const { shared, places, count, args } = application;
      application.args = [];
      shared.needsInputGrad = Array.from(
        { length: count },
        (_, i) => ctx.needsInputGrad[places.indexOf(i)] ?? false,
      );
      return scope(() => {
        const result = noGrad(() =>
          shared.within(ctx, () => definition.forward(shared as never, ...(args as never[]))),
        );
        if (!isTensor(result))
          throw new TypeError(`${name}: forward returns one tensor, got ${show(result)}`);
        return arrayOf(result).retain();
      }, name);
    },
    backward({ attrs, saved }, gradient) {
      return scope(() => {
        const dy = new Tensor(gradient.retain(), "backward");
        const kept = saved.map((array) => new Tensor(array.retain(), "a saved value"));
        const found = noGrad(() => gradientsOf(definition, attrs, kept, dy));
        return found.map((each) => each && arrayOf(each).retain());
      }, name);
    },
  };
  return derive(op, (dy, of) => gradientsOf(definition, of.attrs, of.kept(), dy));
}

/** What backward gives for the arguments that are tensors. */
function gradientsOf(
  definition: Definition,
  { shared, places, count }: Application,
  saved: readonly Tensor[],
  dy: Tensor,
): (Tensor | null)[] {
  const given = shared.having(saved, () => definition.backward(shared as never, dy as never));
  const all = Array.isArray(given) ? (given as (Tensor | null)[]) : [given as Tensor | null];
  if (all.length !== count)
    throw new Error(
      `backward: ${definition.name} has ${count} arguments, and its backward gives ${all.length} gradients`,
    );
  for (const each of all)
    if (each !== null && each !== undefined && !isTensor(each))
      throw new TypeError(`backward: ${definition.name}'s backward gives tensors or null, got ${show(each)}`);
  return places.map((i) => all[i] ?? null);
}
