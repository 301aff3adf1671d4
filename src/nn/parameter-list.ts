// The lists of parameters that optimizers and clipping take, and what is said of what is none.
import { isTensor, show } from "../tensor/check.ts";

const INSTEAD = ": write model.parameters()";

/** What is to be learned, as a list, of which nothing has been asked yet. */
export function listOf(name: string, parameters: unknown): unknown[] {
  const isIterable = typeof parameters === "object" && parameters !== null && Symbol.iterator in parameters;
  if (isIterable && !isTensor(parameters))
    // whose rows are no leaves
    return [...(parameters as Iterable<unknown>)];
  const hint = isTensor(parameters)
    ? ": write [parameter]"
    : typeof parameters === "object" && parameters !== null && "parameters" in parameters
      ? INSTEAD
      : typeof parameters === "function"
        ? ": call it, model.parameters()"
        : "";
  throw new TypeError(`${name}: the parameters are a list of tensors, got ${show(parameters)}${hint}`);
}

/** What to throw of an element of such a list: a layer of a Sequential's, or a name and a parameter. */
export function noParameter(name: string, i: number, given: unknown): TypeError {
  const isNear = typeof given === "object" && given !== null && ("parameters" in given || isPair(given));
  return new TypeError(`${name}: parameter ${i} is not a tensor, got ${show(given)}${isNear ? INSTEAD : ""}`);
}

/** What namedParameters() lists. */
function isPair(given: object): boolean {
  return Array.isArray(given) && given.length === 2 && isTensor(given[1]);
}
