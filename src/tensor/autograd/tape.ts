// The autograd tape. Operations on tensors that need a gradient leave a node behind; backward() walks the
// nodes from the loss to the leaves, adds up gradients, and lets go of what the nodes had kept.
//
// Lifetimes. JavaScript does not say when a variable dies, so GPU memory is given back at moments that
// the program marks anyway:
//   - a scope (Module.forward, noGrad): what was made inside and is not part of its result goes at its end;
//   - backward(): what the graph saved goes as it is walked, and the inner tensors of a walked graph go when
//     the next backward() ends (until then they can be read; detach() keeps one for longer);
//   - anything else, the loss and the batch that a loop names: when JavaScript finds it unreachable, which
//     it is made to look for in time (gpu/collector.ts).
//
// The tape knows nothing of Tensor: it works on what it asks of one (Taped), which handle.ts is.
import { allOrNothing, type DeviceArray } from "../../gpu/array.ts";
import { hold, release, watch } from "../../gpu/collector.ts";
import { device } from "../../gpu/device.ts";
import { Context, type Op } from "../../gpu/op.ts";
import { formatShape, type Shape, sameShape } from "../../gpu/shape.ts";
import { addArrays } from "../../kernels/elementwise/binary.ts";
import { expand } from "../../kernels/shapes/copy.ts";
import type { Owned } from "../scope.ts";
import { isRecording } from "./grad-mode.ts";

/** What the tape asks of a leaf, into which gradients are added up. */
interface Leaf {
  readonly shape: Shape;
  /** Whether its memory was given back, so that nobody can ask for a gradient. */
  readonly freed: boolean;
  /** Hands the gradient over to the caller, who then owns it. */
  takeGrad(): DeviceArray | undefined;
  /** Takes over `array` as the gradient. */
  replaceGrad(array: DeviceArray): void;
}

/** What it asks of a tensor. */
export interface Taped extends Leaf {
  readonly array: DeviceArray;
  readonly requiresGrad: boolean;
  /** The recorded operation that computed it; null for a leaf. */
  node: Node | null;
  /** What it holds, which does not keep the tensor alive. */
  readonly memory: Owned;
}

/** Where a gradient goes next: into a node's output, or into a leaf. */
type Edge = Node | Leaf | null;

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
  const arrays = inputs.map((input) => input.array);
  const needs = inputs.map((input) => isRecording() && input.requiresGrad);
  const recording = needs.includes(true);
  const ctx = new Context(
    attrs,
    needs,
    inputs.map((input) => input.shape),
    recording,
  );
  const result = wrap(allOrNothing(() => op.forward(ctx, arrays, attrs)));
  if (recording) {
    const output = inside(result);
    const edges = inputs.map((input, i) => (needs[i] ? (input.node ?? input) : null));
    const node = new Node(op as Op<unknown>, ctx as Context<unknown>, edges, output.shape);
    node.output = output.memory;
    if (ctx.saved.length > 0) {
      hold(node, ctx); // a graph may be dropped without a backward()
      watch(ctx);
    }
    output.node = node;
  }
  return result;
}

/** Inner tensors of the graph that the last backward() walked. */
let lastWalked: ReadonlySet<Owned> = new Set();

/** See Tensor.backward. */
export function backward(root: Taped, gradient: DeviceArray, retainGraph: boolean): void {
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
        const added = accumulated(node, grad, gradients);
        const inputGradients = added ? [] : allOrNothing(() => node.op.backward(node.ctx, grad));
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
      // What saved nothing can be walked again, as in PyTorch.
      if (!retainGraph && node.ctx.saved.length > 0) {
        node.walked = true;
        node.edges = [];
        node.ctx.release();
        release(node.ctx);
      }
    }
  } finally {
    for (const grad of gradients.values()) grad.release(); // empty unless an operation threw
  }
  if (!retainGraph) retire(nodes.filter((node) => node !== root.node));
  device().pool.endStep();
}

/** Whether the gradient could be added to what the input had already, in place: nobody else holds that. */
function accumulated(node: Node, grad: DeviceArray, gradients: ReadonlyMap<Node, DeviceArray>): boolean {
  const [edge] = node.edges;
  if (node.op.accumulate === undefined || edge === null || edge === undefined) return false;
  if (edge instanceof Node) {
    const before = gradients.get(edge);
    if (before?.storage.references !== 1) return false;
    node.op.accumulate(node.ctx, grad, before);
    return true;
  }
  if (edge.freed) return false;
  const before = edge.takeGrad();
  if (before === undefined) return false;
  const alone = before.storage.references === 1;
  if (alone) node.op.accumulate(node.ctx, grad, before);
  edge.replaceGrad(before);
  return alone;
}

/** Nodes that the gradient can reach, later ones first: an order in which each comes after all its users. */
function reachable(root: Node): Node[] {
  const found = new Set<Node>([root]);
  for (const node of found) for (const edge of node.edges) if (edge instanceof Node) found.add(edge);
  return [...found].sort((a, b) => b.order - a.order);
}

function accumulate(leaf: Leaf, gradient: DeviceArray): void {
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
  const walked = new Set(nodes.flatMap((node) => (node.output === null ? [] : [node.output])));
  for (const memory of lastWalked) {
    if (walked.has(memory)) continue;
    memory.free(
      "it belongs to a graph that backward() has walked, and another backward() ended since; detach() what is to be kept",
    );
  }
  lastWalked = walked;
}
