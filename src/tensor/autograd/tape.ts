// The autograd tape. Operations on tensors that need a gradient leave a node behind; backward() (walk.ts) walks the
// nodes from the loss to the leaves, adds up gradients, and lets go of what the nodes had kept.
//
// Lifetimes. JavaScript does not say when a variable dies, so GPU memory is given back at moments that
// the program marks anyway:
//   - a scope (Module.forward, noGrad): what was made inside and is not part of its result goes at its end;
//   - backward(): what the graph saved goes as it is walked, and the inner tensors of a walked graph go when
//     the next backward() into the same leaves ends (until then they can be read; detach() keeps one for longer);
//   - anything else, the loss and the batch that a loop names: when JavaScript finds it unreachable, which
//     it is made to look for in time (gpu/collector.ts).
//
// The tape knows nothing of Tensor: it works on what it asks of one (Taped), which handle.ts is.
import { allOrNothing, DeviceArray } from "../../gpu/array.ts";
import { hold, watch } from "../../gpu/collector.ts";
import { Context, type Op } from "../../gpu/op.ts";
import { type Shape, sameShape } from "../../gpu/shape.ts";
import type { Owned } from "../scope.ts";
import { isRecording } from "./grad-mode.ts";
import { seer } from "./seen.ts";

/** What the tape asks of a leaf, into which gradients are added up. */
export interface Leaf {
  readonly shape: Shape;
  /** Whether its memory was given back, so that nobody can ask for a gradient. */
  readonly freed: boolean;
  readonly requiresGrad: boolean;
  readonly hasGrad: boolean;
  /** The gradient, borrowed. */
  readonly grad: DeviceArray | undefined;
  /** Hands the gradient over to the caller, who then owns it. */
  takeGrad(): DeviceArray | undefined;
  /** Takes over `array` as the gradient; without one there is none. */
  replaceGrad(array: DeviceArray | undefined): void;
  /** Called with what a backward() adds to the gradient. */
  readonly hooks: Hook[] | null;
  /** Inner tensors of the graph that the last backward() into it walked. */
  walked: ReadonlySet<Owned> | null;
}

/** What it asks of a tensor. */
export interface Taped extends Leaf {
  readonly array: DeviceArray;
  /** The recorded operation that computed it; null for a leaf. */
  node: Node | null;
  /** What it holds, which does not keep the tensor alive. */
  readonly memory: Owned;
}

/** Where a gradient goes next: into a node's output, or into a leaf. */
export type Edge = Node | Leaf | null;

/** What is told of a gradient, and may return another one instead: as an array (borrowed; what it returns is taken over) or a tensor. */
export interface Hook {
  onArray(gradient: DeviceArray): DeviceArray | null;
  onTensor(gradient: unknown): unknown;
}

const NOTHING: readonly DeviceArray[] = [];

let created = 0;

/** One recorded application of an operation. */
export class Node {
  readonly order = created++;
  walked = false;

  constructor(
    readonly op: Op<unknown>,
    readonly ctx: Context<unknown>,
    /** Emptied once walked, so that a loss which is kept does not keep its whole graph alive. */
    public edges: readonly Edge[],
    readonly shape: readonly number[],
  ) {}

  /** The memory of what this node computed. */
  output: Owned | null = null;
  /** The inputs and, last, the result, as they were: to find them among what `ctx` saved. */
  arrays: readonly DeviceArray[] = NOTHING;
  /** Called with the gradient of what this node computed, once it is whole; may give another instead. */
  hooks: Hook[] | null = null;

  /** What `ctx` saved of input `source`, or of the result behind the last input; undefined where it saved none of it. */
  saved(source: number): DeviceArray | undefined {
    const array = this.arrays[source];
    return array && this.ctx.saved.find((each) => isSame(each, array));
  }
}

/**
 * Applies an operation, and records it where a gradient may be asked for.
 * @param wrap makes a tensor of the result; `inside` is what the tape asks of it
 */
export function record<A, T>(
  op: Op<A>,
  inputs: readonly Taped[],
  attrs: A,
  wrap: (array: DeviceArray) => T,
  inside: (wrapped: T) => Taped,
): T {
  const { ctx, arrays, edges } = begin(inputs, attrs);
  const made = allOrNothing(() => op.forward(ctx, arrays, attrs));
  if (!(made instanceof DeviceArray))
    throw new TypeError(`${op.name}: its forward returns no array of the GPU, but ${typeof made}`);
  const result = wrap(made);
  if (ctx.recording) attach(inside(result), op as Op<unknown>, ctx as Context<unknown>, edges, arrays);
  tell(op.name, inputs, inside(result));
  return result;
}

let outside = 0;

/** How many operations were applied so far outside noGrad, where gradients might be recorded. */
export function operationsOutside(): number {
  return outside;
}

/** Operations were applied there that the tape was not told of: a recorded step was done again. */
export function countOutside(): void {
  outside++;
}

/** What an operation is applied with: its context, its inputs' arrays and, where it is recorded, where their gradients go. */
export function begin<A>(
  inputs: readonly Taped[],
  attrs: A,
): { ctx: Context<A>; arrays: DeviceArray[]; edges: readonly Edge[] } {
  const arrays = inputs.map((input) => input.array);
  const mayRecord = isRecording();
  if (mayRecord) outside++;
  const needs = inputs.map((input) => mayRecord && input.requiresGrad);
  const recording = needs.includes(true);
  const ctx = new Context(
    attrs,
    needs,
    inputs.map((input) => input.shape),
    recording,
  );
  const edges = recording ? inputs.map((input, i) => (needs[i] ? (input.node ?? input) : null)) : [];
  return { ctx, arrays, edges };
}

/** Tells of a result where somebody looks at what operations compute. */
export function tell(name: string, inputs: readonly Taped[], result: Taped): void {
  if (seer === null) return;
  const leaves = inputs.filter((input) => input.node === null).map((input) => input.array);
  seer.forward(name, leaves, result.array, result.node);
}

/** Puts a result on the tape: what it was computed by, where its gradient goes, and of which arrays. */
export function attach(
  output: Taped,
  op: Op<unknown>,
  ctx: Context<unknown>,
  edges: readonly Edge[],
  arrays: readonly DeviceArray[],
): void {
  const node = new Node(op, ctx, edges, output.shape);
  node.output = output.memory;
  if (ctx.saved.length > 0) node.arrays = [...arrays, output.array];
  holdSaved(node);
  output.node = node;
}

/** Gives back what a node saved when nobody can reach it: a graph may be dropped without a backward(). */
export function holdSaved(node: Node): void {
  if (node.ctx.saved.length === 0) return;
  hold(node, node.ctx);
  watch(node.ctx);
}

/** How many nodes there were so far: the order of the next one. */
export function nodesSoFar(): number {
  return created;
}

const isSame = (a: DeviceArray, b: DeviceArray): boolean =>
  a.storage === b.storage && sameShape(a.shape, b.shape) && a.dtype === b.dtype;
