// All recipes, by name.
import { UserError } from "../terminal/errors.ts";
import { blog } from "./blog.ts";
import { blogBn } from "./blog-bn.ts";
import { blogCode } from "./blog-code.ts";
import { blogMixed } from "./blog-mixed.ts";
import { envnet, envnetBc, envnetBcStrong } from "./envnet.ts";
import { envnetV2, envnetV2Bc, envnetV2BcStrong } from "./envnet-v2.ts";
import { m5 } from "./m5.ts";
import { otograd } from "./otograd.ts";
import { paperLong } from "./paper-long.ts";
import { paperShort } from "./paper-short.ts";
import type { PiczakRecipe, Recipe } from "./recipe.ts";
import { transfer } from "./transfer.ts";

export const recipes: readonly Recipe[] = [
  otograd,
  transfer,
  blogBn,
  blogMixed,
  blog,
  blogCode,
  paperShort,
  paperLong,
  m5,
  envnet,
  envnetBc,
  envnetBcStrong,
  envnetV2,
  envnetV2Bc,
  envnetV2BcStrong,
];
export const DEFAULT_RECIPE = blogBn.name;

/** A recipe by its name. Throws UserError naming those that exist. */
export function findRecipe(
  name: "blog-mixed" | "blog-bn" | "blog" | "blog-code" | "paper-short" | "paper-long",
): PiczakRecipe;
export function findRecipe(name: string): Recipe;
export function findRecipe(name: string): Recipe {
  const recipe = recipes.find((each) => each.name === name);
  if (recipe !== undefined) return recipe;
  throw new UserError(
    `there is no recipe '${name}'; there are ${recipes.map((each) => each.name).join(", ")}`,
  );
}
