// Weights that are computed from others whenever they are read, by torch.nn.utils's names. The layer gets a prototype of its own,
// which has the computed weight in the field's place: a copy of the layer has it too, and nobody's fields, state dicts or optimizers
// see it. What it is computed from are fields like all others.

import { noGrad } from "../tensor/autograd/grad-mode.ts";
import { axisOf, show, wantNoMore, wantPositive, wantWhole } from "../tensor/check.ts";
import { randn } from "../tensor/creation.ts";
import { NUMBER, orNull, takes, WORD } from "../tensor/options.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { wantModule } from "./copy.ts";
import { normalize } from "./functional/distance.ts";
import { ConvTranspose1d, ConvTranspose2d } from "./layers/convTranspose.ts";
import { type AnyModule, Buffer, Parameter } from "./module.ts";
import { list, quote } from "./names.ts";

/** Where a prototype says what it computes. */
const COMPUTED: unique symbol = Symbol("computed");

type Fields = Record<string, Tensor>;

interface Computed {
  readonly who: string;
  readonly name: string;
  /** The fields that it is computed from. */
  readonly parts: readonly string[];
  /** `trains` says whether this is a step of training. */
  compute(fields: Fields, trains: boolean): Tensor;
}

/** The parameter of a layer's own that is to be computed. */
function parameterOf(who: string, module: AnyModule, name: string): Parameter {
  wantModule(who, module);
  const fields = Object.entries(module).filter(([, value]) => value instanceof Parameter);
  const found = fields.find(([field]) => field === name);
  if (found !== undefined) return found[1] as Parameter;
  const others = list(fields.map(([field]) => quote(field)));
  throw new TypeError(
    `${who}: ${module.constructor.name} has no parameter ${show(name)}${others && `: there are ${others}`}`,
  );
}

/** Has a weight computed from `parts` from now on. */
function put(module: AnyModule, parts: Readonly<Record<string, Tensor>>, computed: Computed): void {
  const { who, name, compute } = computed;
  const weight = {
    get(this: AnyModule & Fields) {
      return scope(() => compute(this, this.training), who);
    },
    set(this: AnyModule) {
      const from = computed.parts.join(" and ");
      throw new TypeError(`${this.constructor.name}.${name} is computed from ${from}: change these`);
    },
  };
  Reflect.deleteProperty(module, name);
  Object.assign(module, parts);
  const prototype = Object.getPrototypeOf(module) as object;
  Object.setPrototypeOf(
    module,
    Object.create(prototype, { [COMPUTED]: { value: computed }, [name]: weight }) as object,
  );
}

/** Makes a computed weight a parameter again, of the values that it has. */
function remove(who: string, of: string, module: AnyModule, name: string): void {
  wantModule(who, module);
  let at = Object.getPrototypeOf(module) as { [COMPUTED]?: Computed };
  const isMeant = () => at[COMPUTED]!.who === of && at[COMPUTED]!.name === name;
  while (at[COMPUTED] !== undefined && !(Object.hasOwn(at, COMPUTED) && isMeant()))
    at = Object.getPrototypeOf(at) as typeof at;
  if (at[COMPUTED] === undefined || Object.hasOwn(module, name))
    throw new TypeError(`${who}: ${module.constructor.name} has no ${of} of ${show(name)}`);
  const { compute, parts } = at[COMPUTED];
  const fields = module as AnyModule & Fields;
  const requiresGrad = parts.some((part) => fields[part]!.requiresGrad);
  const value = new Parameter(
    noGrad(() => compute(fields, false)),
    { requiresGrad },
  );
  for (const part of parts) Reflect.deleteProperty(module, part);
  Object.defineProperty(module, name, { value, writable: true, enumerable: true, configurable: true });
}

/** What weightNorm takes beside the layer. */
export interface WeightNormOptions {
  /** The field of the parameter. Default "weight". */
  name?: string;
  /** The dim whose slices have a length each; null: the whole weight has one. Default 0. */
  dim?: number | null;
}

const weightNormOptions = takes("weightNorm", 2, { name: WORD, dim: orNull(NUMBER) });

/** The lengths of a weight's slices, of size 1 in all dims but their own. */
function lengthsOf(weight: Tensor, dim: number | null): Tensor {
  if (dim === null) return weight.norm();
  const others = weight.shape.flatMap((_, axis) => (axis === dim ? [] : [axis]));
  return others.length === 0 ? weight.abs() : weight.norm(2, others, true);
}

/**
 * Has a layer learn the lengths and the directions of its weights apart (Salimans & Kingma 2016): `weight` is computed from the
 * parameters `weightG`, the lengths, and `weightV`, whose lengths say nothing. Gives the layer; optimizers are made afterwards.
 * @shape any → the layer
 * @example
 * const layer = nn.utils.weightNorm(new nn.Linear(3, 2));
 * Object.keys(layer.stateDict()); // → [bias, weight_g, weight_v]
 * layer.forward(ones([4, 3])).shape; // → [4, 2]
 */
export function weightNorm<T extends AnyModule>(module: T, options?: WeightNormOptions, ...more: never[]): T {
  weightNormOptions(options, more);
  const { name = "weight", dim: given = 0 } = options ?? {};
  const weight = parameterOf("weightNorm", module, name);
  const dim = given === null ? null : axisOf(given, weight.ndim, "weightNorm");
  const [g, v] = [`${name}G`, `${name}V`];
  const { requiresGrad } = weight;
  const parts = noGrad(() => ({
    [g]: new Parameter(lengthsOf(weight, dim), { requiresGrad }),
    [v]: new Parameter(weight.detach(), { requiresGrad }),
  }));
  put(module, parts, {
    who: "weightNorm",
    name,
    parts: [g, v],
    compute: (fields) => fields[v]!.mul(fields[g]!.div(lengthsOf(fields[v]!, dim))),
  });
  return module;
}

/**
 * Makes the weight that weightNorm had computed a parameter again, of the values that it has.
 * @shape any → the layer
 * @example
 * const layer = nn.utils.removeWeightNorm(nn.utils.weightNorm(new nn.Linear(3, 2)));
 * Object.keys(layer.stateDict()); // → [bias, weight]
 */
export function removeWeightNorm<T extends AnyModule>(module: T, name = "weight", ...more: never[]): T {
  wantNoMore("removeWeightNorm", more);
  remove("removeWeightNorm", "weightNorm", module, name);
  return module;
}

/** What spectralNorm takes beside the layer. */
export interface SpectralNormOptions {
  /** The field of the parameter. Default "weight". */
  name?: string;
  /** Steps of the power iteration each time the weight is read in training. Default 1. */
  nPowerIterations?: number;
  /** What vectors are divided by at least. Default 1e-12. */
  eps?: number;
  /** The dim of outputs. Default 0, and 1 of transposed convolutions. */
  dim?: number;
}

const spectralNormOptions = takes("spectralNorm", 2, {
  name: WORD,
  nPowerIterations: NUMBER,
  eps: NUMBER,
  dim: NUMBER,
});

/**
 * Divides a layer's weight, as a matrix of outputs and all else, by its largest singular value (Miyato et al. 2018): `weight` is
 * computed from the parameter `weightOrig`. Reading it in training, as `forward` does, brings the buffers `weightU` and
 * `weightV`, which find that value, a step nearer. Gives the layer.
 * @shape any → the layer
 * @example
 * const layer = nn.utils.spectralNorm(new nn.Linear(3, 2));
 * Object.keys(layer.stateDict()); // → [bias, weight_orig, weight_u, weight_v]
 * layer.forward(ones([4, 3])).shape; // → [4, 2]
 */
export function spectralNorm<T extends AnyModule>(
  module: T,
  options?: SpectralNormOptions,
  ...more: never[]
): T {
  spectralNormOptions(options, more);
  const { name = "weight", nPowerIterations = 1, eps = 1e-12 } = options ?? {};
  wantWhole("spectralNorm", { nPowerIterations }, 1);
  wantPositive("spectralNorm", { eps });
  const weight = parameterOf("spectralNorm", module, name);
  const isTransposed = module instanceof ConvTranspose1d || module instanceof ConvTranspose2d;
  const dim = axisOf(options?.dim ?? (isTransposed ? 1 : 0), weight.ndim, "spectralNorm");
  const rows = weight.shape[dim]!;
  const [orig, u, v] = [`${name}Orig`, `${name}U`, `${name}V`];
  const unit = (x: Tensor) => normalize(x, { dim: 0, eps });
  const parts = noGrad(() => ({
    [orig]: weight,
    [u]: new Buffer(unit(randn([rows]))),
    [v]: new Buffer(unit(randn([weight.numel() / rows]))),
  }));
  put(module, parts, {
    who: "spectralNorm",
    name,
    parts: [orig, u, v],
    compute: (fields, trains) => {
      const matrix = fields[orig]!.movedim(dim, 0).reshape([rows, -1]);
      for (let step = 0; trains && step < nPowerIterations; step++)
        noGrad(() => {
          fields[v]!.copy_(unit(matrix.t().matmul(fields[u]!)));
          fields[u]!.copy_(unit(matrix.matmul(fields[v]!)));
        });
      // Of what they are now: a second pass before backward() moves them.
      return fields[orig]!.div(matrix.matmul(fields[v]!.clone()).mul(fields[u]!.clone()).sum());
    },
  });
  return module;
}

/**
 * Makes the weight that spectralNorm had computed a parameter again, of the values that it has.
 * @shape any → the layer
 * @example
 * const layer = nn.utils.removeSpectralNorm(nn.utils.spectralNorm(new nn.Linear(3, 2)));
 * Object.keys(layer.stateDict()); // → [bias, weight]
 */
export function removeSpectralNorm<T extends AnyModule>(module: T, name = "weight", ...more: never[]): T {
  wantNoMore("removeSpectralNorm", more);
  remove("removeSpectralNorm", "spectralNorm", module, name);
  return module;
}
