// The weights that a recipe's networks begin with where they were trained before.
import { manualSeed, nn } from "../../../index.ts";
import { loadPretrained } from "../../pretrained/pretrained.ts";
import type { Recipe } from "../../recipes/recipe.ts";

/** Null where each network begins with random weights of its own. Throws UserError saying how to get what is not here. */
export function baseOf({ network }: Recipe): nn.StateDict | null {
  if (network.kind !== "transfer") return null;
  if (network.weights !== null) return loadPretrained(network.weights).network.stateDict();
  manualSeed(0); // always the same, as published ones are
  return new nn.MN({ width: network.width }).stateDict();
}
