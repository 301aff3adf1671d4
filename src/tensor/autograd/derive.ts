// Derivatives: what an operation's gradient is, written with operations that are differentiable themselves. Plain training
// does not need them; grad(…, { createGraph: true }) does, so that its results can be differentiated again.
//
// An operation whose kernel stands for several simple ones says so with `composed`, and is differentiated as they are.
import type { DeviceArray } from "../../gpu/array.ts";
import { Context, type Op } from "../../gpu/op.ts";
import { filled } from "../../kernels/elementwise/fill.ts";
import { handleOf } from "../handle.ts";
import { apply, Tensor } from "../tensor.ts";
import { type Edge, Node } from "./tape.ts";

/**
 * The gradients of an operation's inputs from `dy`, that of its result: what Op.backward gives, by operations on tensors.
 * Null for an input that has none, or none that is wanted.
 */
export type Derivative<A> = (dy: Tensor, of: Applied<A>) => readonly (Tensor | null)[];

const derivatives = new Map<Op<never>, Derivative<never>>();

/** Says what an operation's derivative is. Returns the operation. */
export function derive<A>(op: Op<A>, derivative: Derivative<A>): Op<A> {
  derivatives.set(op as Op<never>, derivative as Derivative<never>);
  return op;
}

/** Whether an operation can be differentiated twice. */
export function isDerived(op: Op<never>): boolean {
  return derivatives.has(op);
}

/** The derivative of what a node applied. Throws where there is none. */
export function derivativeOf(node: Node): Derivative<unknown> {
  const derivative = derivatives.get(node.op as Op<never>);
  if (derivative === undefined)
    throw new Error(
      `grad: ${node.op.name} has no second derivative: its gradient is known, but not by operations that have one themselves; createGraph cannot go through it`,
    );
  return derivative as Derivative<unknown>;
}

/** An operation as it was applied: what a derivative is written with. */
export class Applied<A> {
  constructor(readonly node: Node) {}

  get attrs(): A {
    return this.node.ctx.attrs as A;
  }

  /** Of each input. */
  get shapes(): readonly (readonly number[])[] {
    return this.node.ctx.inputShapes;
  }

  /** Whether an input's gradient is wanted. */
  needs(input: number): boolean {
    return this.node.ctx.needsInputGrad[input]!;
  }

  /** Whether forward saved an input. */
  has(input: number): boolean {
    return this.node.saved(input) !== undefined;
  }

  /** An input, with its place in the graph. Forward must have saved it. */
  input(input: number): Tensor {
    return linked(this.saved(input), this.node.edges[input]!);
  }

  /** The result, with its place in the graph. Forward must have saved it. */
  output(): Tensor {
    return linked(this.saved(this.shapes.length), this.node);
  }

  /** All that forward saved, as constants, but for those with a place in the graph. */
  kept(places: readonly Edge[] = []): Tensor[] {
    return this.node.ctx.saved.map((array, i) => linked(array, places[i] ?? null));
  }

  private saved(source: number): DeviceArray {
    const array = this.node.saved(source);
    if (array === undefined)
      throw new Error(
        `internal: ${this.node.op.name}'s derivative asks for what its forward pass did not save`,
      );
    return array;
  }
}

interface AdjointAttrs {
  node: Node;
  /** Which of the operation's inputs the gradient is of. */
  input: number;
  /** Which of the operation's inputs stand behind dy among the adjoint's, in that order. */
  others: readonly number[];
}

/**
 * The gradient of an operation that is linear in an input, as an operation of dy. It is linear too, and its gradient is
 * the operation itself: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩.
 */
const adjoint: Op<AdjointAttrs> = {
  name: "a linear operation's gradient",
  forward(ctx, [dy, ...others], { node, input }) {
    const all = node.op.backward(node.ctx, dy!);
    for (const [i, each] of all.entries()) if (i !== input) each?.release();
    ctx.save(...others);
    return all[input]!;
  },
  backward(ctx, gradient) {
    const { node, input, others } = ctx.attrs;
    const { inputShapes, attrs } = node.ctx;
    const zeros = inputShapes.map((shape, i) =>
      i === input || others.includes(i) ? null : filled(shape, 0),
    );
    const inputs = inputShapes.map((_, i) =>
      i === input ? gradient : (zeros[i] ?? ctx.saved[others.indexOf(i)]!),
    );
    const constant = inputShapes.map(() => false);
    const result = node.op.forward(new Context(attrs, constant, inputShapes, false), inputs, attrs);
    for (const each of zeros) each?.release();
    return [result, ...others.map(() => null)];
  },
};

derive(adjoint, (gradient, of) => {
  const { node, input, others } = of.attrs;
  const [, ...kept] = of.shapes.map((_, i) => (i === 0 ? null : of.input(i)));
  const inputs = node.ctx.inputShapes.map((shape, i) => {
    if (i === input) return gradient;
    return others.includes(i) ? kept[others.indexOf(i)]! : new Tensor(filled(shape, 0), "zeros");
  });
  return [apply(node.op, inputs, node.ctx.attrs), ...others.map(() => null)];
});

/**
 * The derivative of an operation that is linear in each float32 input for itself, all others being constant: of those that
 * its forward pass saved (indices) the values are kept, and 0 is what the rest may be for the result to depend on one
 * input alone.
 */
export function linear<A>(dy: Tensor, of: Applied<A>): (Tensor | null)[] {
  return of.shapes.map((_, input) => {
    if (!of.needs(input)) return null;
    const others = of.shapes.flatMap((_, i) => (i !== input && of.has(i) ? [i] : []));
    const kept = others.map((i) => of.input(i).detach());
    return apply(adjoint, [dy, ...kept], { node: of.node, input, others });
  });
}

/** y = x. */
const identity: Op<undefined> = {
  name: "identity",
  forward: (_, [x]) => x!.retain(),
  backward: (_, dy) => [dy.retain()],
};
derive(identity, (dy) => [dy]);

/** A tensor of an array whose gradient goes to a place of the graph. */
function linked(array: DeviceArray, edge: Edge): Tensor {
  const tensor = new Tensor(array.retain(), "a saved value");
  if (edge !== null) {
    const ctx = new Context<unknown>(undefined, [true], [array.shape], true);
    const node = new Node(identity as Op<unknown>, ctx, [edge], array.shape);
    handleOf(tensor).node = node;
    node.output = handleOf(tensor).memory;
  }
  return tensor;
}
