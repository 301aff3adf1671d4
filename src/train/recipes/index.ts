// All recipes, by name.
import { UserError } from "../errors.ts";
import type { Recipe } from "../recipe.ts";
import { blog } from "./blog.ts";
import { blogBn } from "./blog-bn.ts";
import { paperShort } from "./paper-short.ts";

export const recipes: readonly Recipe[] = [blogBn, blog, paperShort];
export const DEFAULT_RECIPE = blogBn.name;

/** A recipe by its name. Throws UserError naming those that exist. */
export function findRecipe(name: string): Recipe {
  const recipe = recipes.find((each) => each.name === name);
  if (recipe !== undefined) return recipe;
  throw new UserError(
    `there is no recipe '${name}'; there are ${recipes.map((each) => each.name).join(", ")}`,
  );
}
