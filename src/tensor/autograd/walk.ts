// The walk from outputs back to what they were computed from: each node's operation gets the gradient of its result and
// gives that of its inputs, which are added up where they meet. One walk works on arrays, launches kernels, and leaves
// nothing behind; the other works on tensors, by operations' derivatives (derive.ts), so that its results can be
// differentiated again. `How` is what differs.
import { allOrNothing, type DeviceArray } from "../../gpu/array.ts";
import { release } from "../../gpu/collector.ts";
import { device } from "../../gpu/device.ts";
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { addArrays } from "../../kernels/elementwise/binary.ts";
import { expand } from "../../kernels/shapes/copy.ts";
import type { Owned } from "../scope.ts";
import { seer } from "./seen.ts";
import { watcher } from "./step.ts";
import { type Edge, type Leaf, Node, type Taped } from "./tape.ts";

/** How gradients of a kind G are computed. */
export interface How<G> {
  /** The gradients of a node's inputs from that of its result; null where none is wanted. Borrows `gradient`. */
  through(node: Node, gradient: G): readonly (G | null)[];
  /** a + b; takes over both. */
  sum(a: G, b: G): G;
  drop(gradient: G): void;
  /** Another reference to the same. */
  keep(gradient: G): G;
  /**
   * As `through`, the gradient of a node's first input having been added to what that has already, in place (in backward()
   * alone); null where it cannot be.
   */
  added?(node: Node, gradient: G, before: ReadonlyMap<Node, G>): readonly (G | null)[] | null;
  /** What the hooks of a node or leaf make of a gradient, which they take over, whether they throw or not. */
  hooked(of: Node | Leaf, gradient: G): G;
}

export interface Walk<G> {
  how: How<G>;
  /** Nodes with the gradients of what they computed, which the walk takes over. */
  roots: ReadonlyMap<Node, G>;
  /** Whether what goes this way is asked for; all of it where left out. */
  wanted?: (edge: Edge) => boolean;
  /** Called once for each node whose gradient is asked for itself. Borrows it. */
  captured?: (node: Node, gradient: G) => void;
  /** Called for whatever arrives at a leaf, which takes it over. */
  arrive: (leaf: Leaf, gradient: G) => void;
  /** Whether the graph is kept for another walk. */
  retain: boolean;
}

/**
 * Walks the graph below the roots, and returns the nodes that it went through and the leaves behind them. Where it throws, it has
 * dropped all that did not arrive.
 */
export function walk<G>({ how, roots, wanted, captured, arrive, retain }: Walk<G>): {
  nodes: Node[];
  leaves: Set<Leaf>;
} {
  const nodes = reachable([...roots.keys()]).filter((node) => wanted === undefined || wanted(node));
  const leaves = new Set<Leaf>();
  const gradients = new Map<Node, G>(roots);
  if (seer !== null) watcher?.refuse("somebody looks at what operations compute");
  const put = (node: Node, gradient: G) => {
    const before = gradients.get(node);
    gradients.set(node, before === undefined ? gradient : how.sum(before, gradient));
  };
  /** Of leaves with hooks, which are told once and of the sum. */
  const waiting = new Map<Leaf, G>();
  try {
    refuseWalked(nodes);
    for (const node of nodes) {
      node.ctx.checkVersions(node.op.name);
      for (const edge of node.edges) if (edge !== null && !(edge instanceof Node)) leaves.add(edge);
    }
    watcher?.walked(nodes, retain);
    for (const node of nodes) {
      let gradient = gradients.get(node);
      if (gradient !== undefined) {
        if (node.hooks !== null) {
          watcher?.refuse("a hook looks at a gradient");
          gradients.delete(node);
          gradient = how.hooked(node, gradient);
          gradients.set(node, gradient);
        }
        captured?.(node, gradient);
        if (wanted === undefined || node.edges.some((edge) => edge !== null && wanted(edge))) {
          const added = wanted === undefined ? how.added?.(node, gradient, gradients) : null;
          const below = added ?? how.through(node, gradient);
          node.edges.forEach((edge, i) => {
            const one = below[i] ?? null;
            if (one === null) return;
            if (edge === null || (wanted !== undefined && !wanted(edge))) how.drop(one);
            else if (edge instanceof Node) put(edge, one);
            else if (edge.hooks === null) arrive(edge, one);
            else {
              watcher?.refuse("a hook looks at a gradient");
              const before = waiting.get(edge);
              waiting.set(edge, before === undefined ? one : how.sum(before, one));
            }
          });
        }
        gradients.delete(node);
        how.drop(gradient);
      }
      // What saved nothing can be walked again, as in PyTorch.
      if (!retain && node.ctx.saved.length > 0) {
        node.walked = true;
        node.edges = [];
        node.arrays = [];
        node.ctx.release();
        release(node.ctx);
      }
    }
    for (const [leaf, gradient] of waiting) {
      waiting.delete(leaf);
      arrive(leaf, how.hooked(leaf, gradient));
    }
  } finally {
    for (const gradient of [...gradients.values(), ...waiting.values()]) how.drop(gradient); // none unless something threw
  }
  return { nodes, leaves };
}

/** What arrives where while `run` runs, summed up; dropped where that throws. */
export function gathered<At, G>(
  how: How<G>,
  run: (arrive: (at: At, gradient: G) => void) => void,
): Map<At, G> {
  const arrived = new Map<At, G>();
  try {
    run((at, gradient) => {
      const before = arrived.get(at);
      arrived.set(at, before === undefined ? gradient : how.sum(before, gradient));
    });
  } catch (error) {
    for (const gradient of arrived.values()) how.drop(gradient);
    throw error;
  }
  return arrived;
}

/** Throws where a graph was freed by an earlier walk. */
export function refuseWalked(nodes: readonly Node[]): void {
  const walkedTwice = nodes.find((node) => node.walked);
  if (walkedTwice !== undefined) {
    throw new Error(
      `backward: the graph through ${walkedTwice.op.name} was walked and freed already; run the forward pass again, detach() what is carried over from one step to the next (a hidden state, say), add the losses and call backward() once, or call backward({ retainGraph: true }) the first time`,
    );
  }
}

/** Nodes that gradients can reach, later ones first: an order in which each comes after all its users. */
export function reachable(roots: readonly Node[]): Node[] {
  const found = new Set<Node>(roots);
  for (const node of found) for (const edge of node.edges) if (edge instanceof Node) found.add(edge);
  return [...found].sort((a, b) => b.order - a.order);
}

/** On arrays, by each operation's kernels. */
export const ON_ARRAYS: How<DeviceArray> = {
  through: (node, gradient) =>
    allOrNothing(() => {
      const gradients = node.op.backward(node.ctx, gradient);
      checkGradients(node, gradients);
      seer?.backward(node, gradients);
      return gradients;
    }),
  sum(a, b) {
    const total = addArrays(a, b);
    a.release();
    b.release();
    return total;
  },
  added: addedInPlace,
  drop: (gradient) => gradient.release(),
  keep: (gradient) => gradient.retain(),
  hooked({ hooks, shape }, gradient) {
    let now = gradient;
    try {
      for (const hook of hooks ?? []) {
        const other = hook.onArray(now);
        if (other === null) continue;
        now.release();
        now = other;
        if (!sameShape(now.shape, shape))
          throw new RangeError(
            `registerHook: the hook of a tensor ${formatShape(shape)} returned a gradient ${formatShape(now.shape)}`,
          );
      }
    } catch (error) {
      now.release();
      throw error;
    }
    return now;
  },
};

/** Throws where an operation's backward leaves out a gradient that is wanted, or gives one of another shape. */
function checkGradients(
  { op, ctx: { inputShapes, needsInputGrad } }: Node,
  gradients: readonly (DeviceArray | null)[],
): void {
  const count = Array.isArray(gradients) ? gradients.length : 0;
  for (let i = 0; i < inputShapes.length; i++) {
    if (!needsInputGrad[i]) continue;
    if (i >= count)
      throw new Error(
        `backward: ${op.name} gives ${count} gradients, and none of input ${i}; null says that it has none`,
      );
    const gradient = gradients[i] as DeviceArray | null;
    if (gradient !== null && !sameShape(gradient.shape, inputShapes[i]!))
      throw new RangeError(
        `backward: ${op.name}'s gradient of input ${i} is ${formatShape(gradient.shape)}, and the input ${formatShape(inputShapes[i]!)}`,
      );
  }
}

/** Adds the gradient to what the input had already, in place, where nobody else holds that; null where it cannot. */
function addedInPlace(
  node: Node,
  gradient: DeviceArray,
  gradients: ReadonlyMap<Node, DeviceArray>,
): readonly (DeviceArray | null)[] | null {
  const [edge] = node.edges;
  const { accumulate } = node.op;
  if (accumulate === undefined || edge === null || edge === undefined || seer !== null) return null;
  const addTo = (before: DeviceArray) =>
    before.isAlone ? allOrNothing(() => accumulate(node.ctx, gradient, before)) : null;
  if (edge instanceof Node) {
    const before = gradients.get(edge);
    return before === undefined ? null : addTo(before);
  }
  if (edge.freed || edge.hooks !== null) return null;
  watcher?.arrived(edge, edge.grad);
  const before = edge.takeGrad();
  if (before === undefined) return null;
  const others = addTo(before);
  edge.replaceGrad(before);
  return others;
}

/** See Tensor.backward. */
export function backward(root: Taped, gradient: DeviceArray, retainGraph: boolean): void {
  if (root.node === null) {
    if (!root.requiresGrad) {
      throw new Error("backward: this tensor does not depend on any tensor with requiresGrad");
    }
    accumulate(root, ON_ARRAYS.hooked(root, gradient.retain()));
    return;
  }
  const roots = new Map([[root.node, gradient.retain()]]);
  const { nodes, leaves } = walk({ how: ON_ARRAYS, roots, arrive: accumulate, retain: retainGraph });
  if (!retainGraph)
    retire(
      nodes.filter((node) => node !== root.node),
      leaves,
    );
  device().pool.endStep();
}

/** Adds a gradient to a leaf's, and takes it over. */
export function accumulate(leaf: Leaf, gradient: DeviceArray): void {
  if (leaf.freed) {
    gradient.release(); // made inside a scope that ended: nobody can ask for it
    return;
  }
  if (!sameShape(leaf.shape, gradient.shape)) {
    throw new Error(
      `internal: gradient ${formatShape(gradient.shape)} for a leaf ${formatShape(leaf.shape)}`,
    );
  }
  watcher?.arrived(leaf, leaf.grad);
  const before = leaf.takeGrad();
  leaf.replaceGrad(before === undefined ? owned(gradient) : ON_ARRAYS.sum(before, gradient));
}

/** The array itself where nobody else holds its storage, else a copy; takes it over. */
function owned(array: DeviceArray): DeviceArray {
  if (array.storage.references === 1 && array.isAlone) return array;
  const copy = expand(array, array.shape);
  array.release();
  return copy;
}

/**
 * Frees what the previous backward() into any of these leaves had left readable, and remembers this one's inner tensors. One into
 * others belongs to another training, which may be between an await and the next.
 */
function retire(nodes: readonly Node[], leaves: ReadonlySet<Leaf>): void {
  const walked = new Set(nodes.flatMap((node) => (node.output === null ? [] : [node.output])));
  const before = new Set<ReadonlySet<Owned>>();
  for (const leaf of leaves) {
    if (leaf.walked !== null) before.add(leaf.walked);
    leaf.walked = walked;
  }
  for (const each of before)
    for (const memory of each)
      if (!walked.has(memory))
        memory.free(
          "it belongs to a graph that backward() has walked, and another backward() ended since; detach() what is to be kept",
        );
}
