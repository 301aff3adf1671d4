// Gradients as results, which can be differentiated again: grad.ts is what users call.
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { filled } from "../../kernels/elementwise/fill.ts";
import { isTensor, wantTensor } from "../check.ts";
import { arrayOf, handleOf } from "../handle.ts";
import { BOOLEAN, type Kind, takes } from "../options.ts";
import { bodyScope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { Applied, type Derivative, derivativeOf } from "./derive.ts";
import { enableGrad } from "./grad-mode.ts";
import type { Edge, Leaf, Node } from "./tape.ts";
import { gathered, type How, ON_ARRAYS, reachable, refuseWalked, walk } from "./walk.ts";

/** What grad takes beside outputs and inputs. */
export interface GradOptions {
  /** What the outputs' gradients are; needed where they are not single numbers. */
  gradOutputs?: Tensor | readonly (Tensor | null)[];
  /** Whether the results can be differentiated again. */
  createGraph?: boolean;
  /** Whether the graph is kept for another walk; as createGraph if left out. */
  retainGraph?: boolean;
  /** Whether an input that the outputs do not depend on gets null instead of an error. */
  allowUnused?: boolean;
}

const TENSORS: Kind = {
  says: "a tensor or a list of tensors",
  fits: (value) =>
    isTensor(value) || (Array.isArray(value) && value.every((each) => each === null || isTensor(each))),
};
const gradOptions = takes("grad", 3, {
  gradOutputs: TENSORS,
  createGraph: BOOLEAN,
  retainGraph: BOOLEAN,
  allowUnused: BOOLEAN,
});

function listOf(who: string, tensors: Tensor | readonly Tensor[]): readonly Tensor[] {
  const list = Array.isArray(tensors) ? (tensors as readonly Tensor[]) : [tensors as Tensor];
  for (const [i, each] of list.entries())
    wantTensor("grad", Array.isArray(tensors) ? `${who} ${i}` : `the ${who}`, each);
  return list;
}

/** What `grad` says (grad.ts). `more` are the arguments behind its options. */
export function gradientsOf(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
  more: readonly unknown[] = [],
): Tensor[] {
  const [from, to] = [listOf("output", outputs), listOf("input", inputs)];
  gradOptions(options, more);
  const { createGraph = false, retainGraph = createGraph, allowUnused = false, gradOutputs } = options ?? {};
  const seeds = seedsOf(from, gradOutputs);
  for (const [i, input] of to.entries())
    if (!input.requiresGrad)
      throw new Error(
        `grad: input ${i} does not require a gradient: set requiresGrad = true before it is used`,
      );
  const nodes = reachable(from.flatMap((output) => handleOf(output).node ?? []));
  refuseWalked(nodes);
  const found = createGraph
    ? enableGrad(() => gradients(ON_TENSORS, from, seeds, to, nodes, retainGraph))
    : gradients(
        ON_ARRAYS,
        from,
        seeds.map((seed) => arrayOf(seed).retain()),
        to,
        nodes,
        retainGraph,
      ).map((array) => array && new Tensor(array, "grad"));
  return found.map((gradient, i) => {
    if (gradient === null && !allowUnused)
      throw new Error(
        `grad: the outputs do not depend on input ${i}; { allowUnused: true } gives null for it`,
      );
    return gradient as Tensor;
  });
}

function seedsOf(outputs: readonly Tensor[], given: GradOptions["gradOutputs"]): Tensor[] {
  const list = given === undefined ? [] : Array.isArray(given) ? given : [given as Tensor];
  if (given !== undefined && list.length !== outputs.length)
    throw new RangeError(`grad: ${outputs.length} outputs want as many gradOutputs, got ${list.length}`);
  return outputs.map((output, i) => {
    const seed: Tensor | null = list[i] ?? null;
    if (!output.requiresGrad)
      throw new Error(`grad: output ${i} does not depend on any tensor with requiresGrad`);
    if (seed === null) {
      if (output.numel() !== 1)
        throw new Error(
          `grad: output ${i}, ${formatShape(output.shape)}, is not a single number; sum() it, or pass its gradient in gradOutputs`,
        );
      return new Tensor(filled(output.shape, 1), "grad");
    }
    if (!sameShape(seed.shape, output.shape))
      throw new RangeError(
        `grad: gradOutputs ${i} is ${formatShape(output.shape)}, got ${formatShape(seed.shape)}`,
      );
    if (seed.dtype !== "float32") throw new TypeError(`grad: gradOutputs ${i} is float32, got ${seed.dtype}`);
    return seed;
  });
}

/** What arrives at each input, summed up, by way of `nodes`; null where nothing does. Takes the seeds over. */
function gradients<G>(
  how: How<G>,
  outputs: readonly Tensor[],
  seeds: readonly G[],
  inputs: readonly Tensor[],
  nodes: readonly Node[],
  retain: boolean,
): (G | null)[] {
  const targets = inputs.map((input): Node | Leaf => handleOf(input).node ?? handleOf(input));
  const asked = new Set<Edge>(targets);
  // Nodes on the way to an input: earlier ones first, so that all below a node are known.
  const wanted = new Set<Edge>(asked);
  for (const node of nodes.toReversed()) if (node.edges.some((edge) => wanted.has(edge))) wanted.add(node);
  const arrived = gathered<Node | Leaf, G>(how, (arrive) => {
    const roots = new Map<Node, G>();
    for (const [i, output] of outputs.entries()) {
      const { node } = handleOf(output);
      const seed = seeds[i]!;
      if (!wanted.has(node ?? handleOf(output))) how.drop(seed);
      else if (node === null) arrive(handleOf(output), seed);
      else {
        const before = roots.get(node);
        roots.set(node, before === undefined ? seed : how.sum(before, seed));
      }
    }
    walk({
      how,
      roots,
      wanted: (edge) => wanted.has(edge),
      captured: (node, gradient) => {
        if (asked.has(node)) arrive(node, how.keep(gradient));
      },
      arrive,
      retain,
    });
  });
  const given = new Set<Node | Leaf>();
  return targets.map((target) => {
    const gradient = arrived.get(target) ?? null;
    if (gradient === null || !given.has(target)) {
      given.add(target);
      return gradient;
    }
    return how.keep(gradient); // asked for twice
  });
}

/** On tensors, by operations' derivatives: what comes out is on the tape itself. */
const ON_TENSORS: How<Tensor> = {
  through(node, dy) {
    const derivative = derivativeOf(node);
    return bodyScope(() => [...derivative(dy, new Applied(node))], `the derivative of ${node.op.name}`);
  },
  sum: (a, b) => a.add(b),
  keep: (gradient) => gradient,
  drop: () => {}, // the collector's
  hooked: ({ hooks }, gradient) =>
    (hooks ?? []).reduce((now, hook) => (hook.onTensor(now) as Tensor | null) ?? now, gradient),
};

/**
 * The derivative of an operation that stands for simple ones: `f` is the same, made of operations that have derivatives.
 * `of` is the application. An input that forward did not save has no part in the gradient, or its gradient would be wrong: zeros stand for it.
 */
export function composed<A>(f: (inputs: Tensor[], attrs: A, of: Applied<A>) => Tensor): Derivative<A> {
  return (dy, of) => {
    const inputs = of.shapes.map((shape, i) => {
      if (of.has(i)) return of.input(i);
      const nothing = new Tensor(filled(shape, 0), "zeros");
      nothing.requiresGrad = of.needs(i);
      return nothing;
    });
    const asked = inputs.filter((_, i) => of.needs(i));
    const found = gradientsOf(f(inputs, of.attrs, of), asked, {
      gradOutputs: dy,
      createGraph: true,
      allowUnused: true,
    });
    return inputs.map((input, i) => (of.needs(i) ? (found[asked.indexOf(input)] ?? null) : null));
  };
}
