// checkpoint: memory for time. What a part of a model computes on the way is not kept for backward, which computes it again.
import type { DeviceArray } from "../../gpu/array.ts";
import { release } from "../../gpu/collector.ts";
import { Context, type Op } from "../../gpu/op.ts";
import { type RandomState, randomState, setRandomState } from "../../gpu/random.ts";
import { isTensor, show, wantFunction } from "../check.ts";
import { arrayOf, handleOf } from "../handle.ts";
import { bodyScope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { enableGrad, isRecording } from "./grad-mode.ts";
import { attach, type Edge, type Leaf, type Node, nodesSoFar, type Taped } from "./tape.ts";
import { gathered, ON_ARRAYS, reachable, walk } from "./walk.ts";

type Computation = (...inputs: unknown[]) => Tensor;

/** One run of the function, recorded as a graph of its own, which ends where anything else begins. */
interface Run {
  result: Tensor;
  nodes: readonly Node[];
  /** Where gradients leave it: for each place of the graph around it, what stands for it inside. */
  exits: ReadonlyMap<Node | Leaf, Leaf>;
}

/** A place for gradients to arrive at. */
function exit(shape: readonly number[]): Leaf {
  return {
    shape,
    freed: false,
    requiresGrad: true,
    hasGrad: false,
    grad: undefined,
    hooks: null,
    walked: null,
    takeGrad: () => undefined,
    replaceGrad: () => {},
  };
}

function run(f: Computation, inputs: readonly unknown[], own: ReadonlySet<Leaf>): Run {
  const first = nodesSoFar();
  const result = enableGrad(() => bodyScope(() => f(...inputs), "checkpoint"));
  if (!isTensor(result))
    throw new TypeError(`checkpoint: the function returns one tensor, got ${show(result)}`);
  const { node } = handleOf(result as Tensor);
  const isInside = (edge: Node | Leaf) => "order" in edge && edge.order >= first;
  const nodes: Node[] = [];
  const exits = new Map<Node | Leaf, Leaf>();
  for (const each of node === null ? [] : reachable([node])) {
    if (!isInside(each)) continue;
    nodes.push(each);
    each.edges = each.edges.map((edge): Edge => {
      if (edge === null || isInside(edge) || own.has(edge as Leaf)) return edge;
      const known = exits.get(edge) ?? exit(edge.shape);
      exits.set(edge, known);
      return known;
    });
  }
  return { result: result as Tensor, nodes, exits };
}

/** Lets go of what a run's graph had saved. */
function forget(nodes: readonly Node[]): void {
  for (const node of nodes) {
    node.walked = true;
    node.edges = [];
    node.ctx.release();
    release(node.ctx);
  }
}

interface Checkpointed {
  f: Computation;
  /** Null for the tensors, which are saved in this order. */
  inputs: readonly unknown[];
  needs: readonly boolean[];
  /** Where gradients go beside the inputs: parameters of the function, and whatever else it saw. */
  outside: readonly (Node | Leaf)[];
  random: RandomState;
}

const isOn = (value: unknown): boolean => isTensor(value) && (value as Tensor).requiresGrad;

/** A leaf in place of an input, so that the run's graph ends there. */
function standIn(array: DeviceArray, needs: boolean): Tensor {
  const leaf = new Tensor(array.retain(), "checkpoint");
  if (needs) leaf.requiresGrad = true;
  return leaf;
}

const operation: Op<Checkpointed> = {
  name: "checkpoint",
  forward: () => {
    throw new Error("internal: checkpoint computes before it is recorded");
  },
  backward(ctx, gradient) {
    const { f, inputs, needs, outside, random } = ctx.attrs;
    const now = randomState();
    return bodyScope(() => {
      let next = 0;
      const again = inputs.map((each, i) => (each === null ? standIn(ctx.saved[next++]!, needs[i]!) : each));
      const leaves = again.map((each, i) => (needs[i] ? handleOf(each as Tensor) : null));
      setRandomState(random);
      let made: Run;
      try {
        made = run(f, again, new Set(leaves.filter((each) => each !== null)));
      } finally {
        setRandomState(now);
      }
      const root = handleOf(made.result).node;
      const arrived = gathered<Leaf, DeviceArray>(ON_ARRAYS, (arrive) => {
        if (root === null) return;
        walk({ how: ON_ARRAYS, roots: new Map([[root, gradient.retain()]]), arrive, retain: false });
      });
      forget(made.nodes);
      const places = [...leaves, ...outside.map((each) => made.exits.get(each) ?? null)];
      return places.map((leaf) => (leaf === null ? null : (arrived.get(leaf) ?? null)));
    }, "checkpoint");
  },
};

/**
 * f(...inputs), without keeping what it computes on the way: backward() runs `f` again, with the same random draws, and goes
 * through that. Inputs and parameters that `f` uses get their gradients as ever. What else `f` does, it does twice: running
 * statistics of batch norms move two steps. `f` returns one tensor. It has no second derivative.
 * @shape any, more → any
 * @example
 * const x = ones([2], { requiresGrad: true });
 * checkpoint((x) => x.mul(2).exp(), x).sum().backward(); // mul and exp are computed again
 * x.grad; // → [14.7781, 14.7781]
 */
export function checkpoint<Inputs extends unknown[]>(
  f: (...inputs: Inputs) => Tensor,
  ...inputs: Inputs
): Tensor {
  wantFunction("checkpoint", "the function", f);
  if (!isRecording()) return f(...inputs);
  const random = randomState();
  const needs = inputs.map(isOn);
  const stood = inputs.map((each, i) => (needs[i] ? standIn(arrayOf(each as Tensor), true) : each));
  const own = new Set<Leaf>(stood.filter((_, i) => needs[i]).map((each) => handleOf(each as Tensor)));
  const made = run(f as unknown as Computation, stood, own);
  const inside = handleOf(made.result);
  if (made.nodes.length === 0) {
    // Nothing was recorded: one of the inputs, or something that was there before.
    const at = stood.indexOf(made.result);
    return at >= 0 ? (inputs[at] as Tensor) : made.result;
  }
  const outside = [...made.exits.keys()];
  const edges: Edge[] = inputs.map((each, i) => {
    const handle = needs[i] ? handleOf(each as Tensor) : null;
    return handle && (handle.node ?? handle);
  });
  const shapes = [
    ...inputs.map((each) => (isTensor(each) ? (each as Tensor).shape : [])),
    ...outside.map(({ shape }) => shape),
  ];
  const attrs: Checkpointed = {
    f: f as unknown as Computation,
    inputs: inputs.map((each) => (isTensor(each) ? null : each)),
    needs,
    outside,
    random,
  };
  const ctx = new Context<Checkpointed>(attrs, [...needs, ...outside.map(() => true)], shapes, true);
  for (const each of inputs) if (isTensor(each)) ctx.save(arrayOf(each as Tensor));
  // So that a parameter that changes before backward() is found.
  for (const each of outside) if ("array" in each) ctx.save((each as Taped).array);
  const result = new Tensor(inside.array.retain(), "checkpoint");
  attach(handleOf(result), operation as Op<unknown>, ctx as Context<unknown>, [...edges, ...outside], []);
  forget(made.nodes);
  inside.free("checkpoint gave its values on");
  for (const [i, each] of stood.entries()) if (needs[i]) handleOf(each as Tensor).free("checkpoint ended");
  return result;
}
