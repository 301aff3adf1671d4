// The autograd tape. Operations on tensors that need a gradient leave a node behind; backward() walks the
// nodes from the loss to the leaves, adds up gradients, and lets go of what the nodes had kept.
//
// Lifetimes. JavaScript does not say when a variable dies, so GPU memory is given back at moments that
// the program marks anyway:
//   - a scope (Module.forward, noGrad): what was made inside and is not part of its result goes at its end;
//   - backward(): what the graph saved goes as it is walked, and the inner tensors of a walked graph go when
//     the next backward() ends (until then they can be read; detach() keeps one for longer);
//   - anything else, the loss and the batch that a loop names: when JavaScript finds it unreachable, which
//     the pool makes it look for in time (BufferPool.hintCollector).

import { allOrNothing, type DeviceArray } from "../gpu/array.ts";
import { device } from "../gpu/device.ts";
import { Context, type Op } from "../gpu/op.ts";
import { formatShape, sameShape } from "../gpu/shape.ts";
import { addArrays } from "../kernels/elementwise/binary.ts";
import { expand } from "../kernels/shapes/copy.ts";
import { Tensor } from "./tensor.ts";

/** Where a gradient goes next: into a node's output, or into a leaf. */
type Edge = Node | Tensor | null;

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

  /** The tensor that this node computed; weak, so that an unreachable tensor can be collected. */
  output: WeakRef<Tensor> | null = null;
}

/** How many noGrad bodies are running; asynchronous ones may overlap and end in any order. */
let pauses = 0;

export function isRecording(): boolean {
  return pauses === 0;
}

/** Applies an operation to tensors, and records it where a gradient may be asked for. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const arrays = inputs.map((input) => input.array);
  const needs = inputs.map((input) => isRecording() && input.requiresGrad);
  const record = needs.includes(true);
  const ctx = new Context(
    attrs,
    needs,
    inputs.map((input) => input.shape),
    record,
  );
  const result = new Tensor(
    allOrNothing(() => op.forward(ctx, arrays, attrs)),
    op.name,
  );
  if (record) {
    const edges = inputs.map((input, i) => (needs[i] ? (input.node ?? input) : null));
    const node = new Node(op as Op<unknown>, ctx as Context<unknown>, edges, result.shape);
    node.output = new WeakRef(result);
    abandoned.register(node, ctx as Context<unknown>, node);
    result.node = node;
  }
  return result;
}

/** Gives back what the nodes of a graph saved that was dropped without a backward(). */
const abandoned = new FinalizationRegistry<Context<unknown>>((ctx) =>
  device().pool.reclaim(() => ctx.release()),
);

/** Inner tensors of the graph that the last backward() walked. */
let lastWalked: WeakRef<Tensor>[] = [];

/** See Tensor.backward. */
export function backward(root: Tensor, gradient: DeviceArray, retainGraph: boolean): void {
  if (root.node === null) {
    if (!root.requiresGrad) {
      throw new Error("backward: this tensor does not depend on any tensor with requiresGrad");
    }
    accumulate(root, gradient.retain());
    return;
  }
  const nodes = reachable(root.node);
  const walkedTwice = nodes.find((node) => node.walked);
  if (walkedTwice !== undefined) {
    throw new Error(
      `backward: the graph through ${walkedTwice.op.name} was walked and freed already; run the forward pass again, add the losses and call backward() once, or call backward(undefined, { retainGraph: true }) the first time`,
    );
  }
  for (const node of nodes) node.ctx.checkVersions(node.op.name);
  const gradients = new Map<Node, DeviceArray>([[root.node, gradient.retain()]]);
  try {
    for (const node of nodes) {
      const grad = gradients.get(node);
      if (grad !== undefined) {
        const inputGradients = allOrNothing(() => node.op.backward(node.ctx, grad));
        node.edges.forEach((edge, i) => {
          const inputGradient = inputGradients[i] ?? null;
          if (inputGradient === null) return;
          if (edge === null) inputGradient.release();
          else if (edge instanceof Node) gradients.set(edge, sum(gradients.get(edge), inputGradient));
          else accumulate(edge, inputGradient);
        });
        gradients.delete(node);
        grad.release();
      }
      if (!retainGraph) {
        node.walked = true;
        node.edges = [];
        node.ctx.release();
        abandoned.unregister(node);
      }
    }
  } finally {
    for (const grad of gradients.values()) grad.release(); // empty unless an operation threw
  }
  if (!retainGraph) retire(nodes.filter((node) => node !== root.node));
}

/** Nodes that the gradient can reach, later ones first: an order in which each comes after all its users. */
function reachable(root: Node): Node[] {
  const found = new Set<Node>([root]);
  for (const node of found) for (const edge of node.edges) if (edge instanceof Node) found.add(edge);
  return [...found].sort((a, b) => b.order - a.order);
}

function accumulate(leaf: Tensor, gradient: DeviceArray): void {
  if (leaf.freed) {
    gradient.release(); // made inside a scope that ended: nobody can ask for it
    return;
  }
  if (!sameShape(leaf.shape, gradient.shape)) {
    throw new Error(
      `internal: gradient ${formatShape(gradient.shape)} for a leaf ${formatShape(leaf.shape)}`,
    );
  }
  const before = leaf.takeGrad();
  leaf.replaceGrad(before === undefined ? owned(gradient) : sum(before, gradient));
}

/** The array itself where nobody else holds its storage, else a copy; takes it over. */
function owned(array: DeviceArray): DeviceArray {
  if (array.storage.references === 1) return array;
  const copy = expand(array, array.shape);
  array.release();
  return copy;
}

/** a + b, taking over both. */
function sum(a: DeviceArray | undefined, b: DeviceArray): DeviceArray {
  if (a === undefined) return b;
  const total = addArrays(a, b);
  a.release();
  b.release();
  return total;
}

/** Frees what the previous backward() had left readable, and remembers this one's inner tensors. */
function retire(nodes: readonly Node[]): void {
  for (const weak of lastWalked) {
    weak
      .deref()
      ?.free(
        "it belongs to a graph that backward() has walked, and another backward() ended since; detach() what is to be kept",
      );
  }
  lastWalked = nodes.flatMap((node) => (node.output === null ? [] : [node.output]));
}

/**
 * Runs `body` without recording gradients, and frees the tensors that it made and did not return.
 * An async body is run without recording until its promise settles; its tensors live as long as
 * JavaScript can reach them.
 */
export function noGrad<T>(body: () => T): T {
  pauses++;
  let pending = false;
  try {
    const result = scope(body, "noGrad");
    if (result instanceof Promise) {
      pending = true;
      return result.finally(() => {
        pauses--;
      }) as T;
    }
    return result;
  } finally {
    if (!pending) pauses--;
  }
}

/** Tensors made in the innermost scope that is running; null outside of any. */
let open: Set<Tensor> | null = null;

/** Called by every new tensor: its scope owns it, or else the collector watches it. */
export function adopt(tensor: Tensor): void {
  if (open !== null) open.add(tensor);
  else tensor.watch();
}

/** Takes a tensor that was just made out of the running scope: parameters and optimizer state outlive it. */
export function outliveScope(tensor: Tensor): void {
  if (open?.delete(tensor)) tensor.watch();
}

/**
 * Runs `body` and frees the tensors made inside, except those in its result (a tensor, or tensors inside
 * arrays, maps and plain objects), which go to the scope around it, and those in `keeper`'s own fields, which
 * outlive any scope. An async body's tensors, from its first await on, belong to the collector instead.
 */
export function scope<T>(body: () => T, name: string, keeper?: object): T {
  const outer = open;
  const mine = new Set<Tensor>();
  open = mine;
  let result: T;
  try {
    result = body();
  } catch (error) {
    open = outer;
    for (const tensor of mine) tensor.free(`${name} threw an error`);
    throw error;
  }
  open = outer;
  if (result instanceof Promise) {
    for (const tensor of mine) adopt(tensor);
    return result;
  }
  const returned = new Set<Tensor>();
  const stored = new Set<Tensor>();
  collectTensors(result, returned);
  if (keeper !== undefined) for (const value of Object.values(keeper)) collectTensors(value, stored);
  for (const tensor of mine) {
    if (stored.has(tensor)) tensor.watch();
    else if (returned.has(tensor)) adopt(tensor);
    else tensor.free(`it was made inside ${name}, which did not return it`);
  }
  return result;
}

function collectTensors(value: unknown, into: Set<Tensor>, depth = 8): void {
  if (value instanceof Tensor) into.add(value);
  else if (depth > 0 && Array.isArray(value)) for (const item of value) collectTensors(item, into, depth - 1);
  else if (depth > 0 && value instanceof Map)
    for (const item of value.values()) collectTensors(item, into, depth - 1);
  else if (
    depth > 0 &&
    value !== null &&
    typeof value === "object" &&
    Object.getPrototypeOf(value) === Object.prototype
  ) {
    for (const item of Object.values(value)) collectTensors(item, into, depth - 1);
  }
}
