// The weights that a recipe's networks begin with where they were trained before.
import { manualSeed, nn } from "../../../index.ts";
import { loadPretrained } from "../../pretrained/pretrained.ts";
import { findPublished } from "../../pretrained/published.ts";
import type { Recipe } from "../../recipes/recipe.ts";
import { UserError } from "../../terminal/errors.ts";

/** Null where each network begins with random weights of its own. Throws UserError saying how to get what is not here. */
export function baseOf({ network }: Recipe): nn.StateDict | null {
  if (network.kind !== "transfer") return null;
  const { weights, width } = network;
  if (weights === null) {
    manualSeed(0); // always the same, as published ones are
    return new nn.MN({ width }).stateDict();
  }
  const published = findPublished(weights);
  if (published.width !== width)
    throw new UserError(`${weights} is of network.width=${published.width}, not ${width}`);
  return loadPretrained(weights).network.stateDict();
}
