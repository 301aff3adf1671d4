// Functions of one's own, as torch.autograd.Function: forward and backward written with operations of tensors, where the
// gradient is to be another than that of what forward does, or cheaper.
import { allOrNothing, type DeviceArray } from "../../gpu/array.ts";
import { Context, type Op } from "../../gpu/op.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import { type SliceAttrs, slice } from "../../kernels/shapes/slice.ts";
import { isTensor, show } from "../check.ts";
import { arrayOf, handleOf } from "../handle.ts";
import { refuseInPython } from "../instead.ts";
import { bodyScope, outliveScope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { used } from "../watch.ts";
import { type Applied, derive, linear } from "./derive.ts";
import { noGrad } from "./grad-mode.ts";
import { attach, begin, type Edge, holdSaved, Node, tell } from "./tape.ts";

/** What forward and backward of one application share. They may put properties of their own into it, tensors too: `Own`. */
export type FunctionContext<Own extends object = object> = Shared & Own;

/** What is known of an application while forward runs. */
interface Running {
  readonly context: Context<Application>;
  /** What is kept for backward. */
  readonly saved: Tensor[];
  /** What has no gradient. */
  readonly marked: Tensor[];
}

class Shared {
  /** What forward saved, in backward. */
  savedTensors: readonly Tensor[] = [];
  /** Of each argument, whether its gradient is wanted. */
  needsInputGrad: readonly boolean[] = [];
  /** Null once forward has ended. */
  private running: Running | null = null;

  /** Keeps tensors for backward: arguments, results, and what was computed on the way. Called in forward. */
  saveForBackward(...tensors: readonly Tensor[]): void {
    const { context, saved } = this.inForward("saveForBackward", tensors);
    context.save(...tensors.map(arrayOf));
    saved.push(...tensors);
  }

  /** Says that these results have no gradient: backward gets null for them. Called in forward. */
  markNonDifferentiable(...results: readonly Tensor[]): void {
    this.inForward("markNonDifferentiable", results).marked.push(...results);
  }

  private inForward(who: string, tensors: readonly unknown[]): Running {
    const wrong = tensors.find((each) => !isTensor(each));
    if (wrong !== undefined) throw new TypeError(`${who}: wants tensors, got ${show(wrong)}`);
    if (this.running === null) throw new Error(`${who}: is for forward, which has ended`);
    return this.running;
  }

  /** @internal Runs forward with what it tells of its tensors. */
  within<T>(running: Running, forward: () => T): T {
    this.running = running;
    try {
      return this.keeping(forward);
    } finally {
      this.running = null;
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
    const { savedTensors: _, running: __, ...own } = this;
    outliveScope(Object.values(own));
    return result;
  }
}

refuseInPython(Shared.prototype, [
  "markNonDifferentiable",
  "needsInputGrad",
  "savedTensors",
  "saveForBackward",
]);

type Gradients = Tensor | null | readonly (Tensor | null)[];
type Results = Tensor | readonly Tensor[];

interface Definition {
  readonly name: string;
  forward(ctx: never, ...args: never[]): Results;
  backward(ctx: never, ...gradients: never[]): Gradients;
}

interface Application {
  readonly shared: Shared;
  /** Which of the arguments are tensors. */
  readonly places: readonly number[];
  readonly count: number;
  /** Of each saved tensor its number among the tensors of the arguments and, behind them, the results; -1 for others. */
  saved: readonly number[];
  /** Of each of several results its part of their gradient, null where it has none; null itself for a single result. */
  parts: readonly (Part | null)[] | null;
}

/**
 * A function with a gradient of its own. `forward` returns a tensor or a list of tensors, computed off the tape. `backward` gets
 * the gradient of each (zeros where nobody used it, null for whole numbers and what ctx.markNonDifferentiable names), and
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
  static forward(_ctx: never, ..._args: never[]): Results {
    throw new Error("autograd.Function: a subclass has a static forward(ctx, …)");
  }
  static backward(_ctx: never, ..._gradients: never[]): Gradients {
    throw new Error("autograd.Function: a subclass has a static backward(ctx, gradient, …)");
  }

  /** Computes `forward` of the arguments, and records it where a gradient may be asked for. */
  static apply<Args extends unknown[], Given extends Results>(
    this: {
      readonly name: string;
      forward(ctx: never, ...args: Args): Given;
      backward(ctx: never, ...gradients: never[]): Gradients;
    },
    ...args: Args
  ): Given {
    // biome-ignore lint/complexity/noThisInStatic: the subclass
    return applied(this as unknown as Definition, args) as Given;
  }
}

function applied(definition: Definition, args: readonly unknown[]): Results {
  const { name } = definition;
  const places = args.flatMap((each, i) => (isTensor(each) ? [i] : []));
  const inputs = places.map((i) => args[i] as Tensor);
  used(inputs);
  const shared = new Shared();
  const application: Application = { shared, places, count: args.length, saved: [], parts: null };
  const handles = inputs.map(handleOf);
  const { ctx, edges } = begin(handles, application);
  shared.needsInputGrad = args.map((_, i) => ctx.needsInputGrad[places.indexOf(i)] ?? false);
  const running: Running = { context: ctx, saved: [], marked: [] };
  const { arrays, differs, isList } = allOrNothing(() =>
    bodyScope(() => {
      const given = noGrad(() =>
        shared.within(running, () => definition.forward(shared as never, ...(args as never[]))),
      );
      const isList = Array.isArray(given);
      const results = (isList ? given : [given]) as Tensor[];
      if (!results.every(isTensor))
        throw new TypeError(`${name}: forward returns a tensor or a list of tensors, got ${show(given)}`);
      if (!running.marked.every((each) => results.includes(each)))
        throw new Error(`markNonDifferentiable: ${name}'s forward does not return what it was given`);
      const known = [...inputs, ...results];
      application.saved = running.saved.map((each) => known.indexOf(each));
      const differs = results.map((each) => each.dtype === "float32" && !running.marked.includes(each));
      return { arrays: results.map((each) => arrayOf(each).retain()), differs, isList };
    }, name),
  );
  const results = arrays.map((array) => new Tensor(array, name));
  const { op, part } = operationsOf(definition);
  if (!ctx.recording || !differs.includes(true)) ctx.release();
  else if (!isList) attach(handleOf(results[0]!), op, ctx as Context<unknown>, edges, []);
  else {
    const parts = partsOf(arrays.map(({ shape }, i) => (differs[i] ? shape : null)));
    application.parts = parts;
    const whole = [parts.reduce((sum, each) => Math.max(sum, each?.ends[0] ?? 0), 0)];
    const node = new Node(op, ctx as Context<unknown>, edges, whole);
    holdSaved(node);
    for (const [i, each] of parts.entries())
      if (each !== null)
        attach(handleOf(results[i]!), part, new Context<unknown>(each, [true], [whole], true), [node], []);
  }
  for (const each of results) tell(name, handles, handleOf(each));
  return isList ? results : results[0]!;
}

/** A result among several: their gradients are one array to the tape, flat and end to end, in which each has a part. */
interface Part extends SliceAttrs {
  readonly shape: Shape;
}

function partsOf(shapes: readonly (Shape | null)[]): (Part | null)[] {
  let end = 0;
  return shapes.map((shape) => {
    if (shape === null) return null;
    const start = end;
    end += sizeOf(shape);
    return { starts: [start], ends: [end], steps: [1], shape };
  });
}

/** The view, given back when `body` is done with it. */
function through<T>(array: DeviceArray, shape: Shape, body: (view: DeviceArray) => T): T {
  const view = array.view(shape);
  try {
    return body(view);
  } finally {
    view.release();
  }
}

/** A definition as operations: of a single result or all of several, and of one among those. */
interface Operations {
  readonly op: Op<unknown>;
  readonly part: Op<unknown>;
}

const operations = new WeakMap<Definition, Operations>();

function operationsOf(definition: Definition): Operations {
  let made = operations.get(definition);
  if (made === undefined) {
    made = { op: wholeOf(definition) as Op<unknown>, part: partOf(definition) as Op<unknown> };
    operations.set(definition, made);
  }
  return made;
}

function wholeOf(definition: Definition): Op<Application> {
  const { name } = definition;
  const op: Op<Application> = {
    name,
    forward: () => {
      throw new Error(`internal: ${name} computes before it is recorded`);
    },
    backward({ attrs, saved }, gradient) {
      return bodyScope(() => {
        const dy = new Tensor(gradient.retain(), "backward");
        const kept = saved.map((array) => new Tensor(array.retain(), "a saved value"));
        const found = noGrad(() => gradientsOf(definition, attrs, kept, dy));
        return found.map((each) => each && arrayOf(each).retain());
      }, name);
    },
  };
  return derive(op, (dy, of) => gradientsOf(definition, of.attrs, keptOf(definition, of), dy));
}

function partOf({ name }: Definition): Op<Part> {
  const op: Op<Part> = {
    name,
    forward(ctx, inputs, part) {
      const flat = slice.forward(ctx, inputs, part);
      const result = flat.view(part.shape);
      flat.release();
      return result;
    },
    backward: (ctx, dy) => through(dy, [dy.size], (flat) => slice.backward(ctx, flat)),
    accumulate: (ctx, dy, into) => through(dy, [dy.size], (flat) => slice.accumulate!(ctx, flat, into)),
  };
  return derive(op, linear);
}

/** What forward saved, arguments and results with their places in the graph. */
function keptOf(definition: Definition, of: Applied<Application>): Tensor[] {
  const { node, attrs } = of;
  const inputs = node.edges.length;
  const resultOf = (i: number): Edge => {
    if (attrs.parts === null) return node;
    const each = attrs.parts[i] ?? null;
    const { part } = operationsOf(definition);
    return each && new Node(part, new Context<unknown>(each, [true], [node.shape], true), [node], each.shape);
  };
  return of.kept(attrs.saved.map((at) => (at < inputs ? (node.edges[at] ?? null) : resultOf(at - inputs))));
}

/** What backward gives for the arguments that are tensors. */
function gradientsOf(
  definition: Definition,
  { shared, places, count, parts }: Application,
  saved: readonly Tensor[],
  dy: Tensor,
): (Tensor | null)[] {
  const of = (part: Part | null) =>
    part && dy.slice([[part.starts[0]!, part.ends[0]!]]).reshape([...part.shape]);
  const gradients = parts === null ? [dy] : parts.map(of);
  const given = shared.having(saved, () => definition.backward(shared as never, ...(gradients as never[])));
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
