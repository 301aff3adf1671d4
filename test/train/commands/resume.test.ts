// How many epochs a run that is made longer averages. Going on itself is in cli-run.test.ts.
import { expect, test } from "bun:test";
import { longerRecipe } from "../../../src/train/commands/resume.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import { override } from "../../../src/train/recipes/settings.ts";

test("a run that is made longer averages as many as a new one would; what was asked for, and old runs, stay", () => {
  const named = findRecipe("otograd");
  const short = override(named, [{ path: ["epochs"], value: 5 }]);
  const averages = (recipe: typeof named, epochs?: number, overridden = {}) =>
    longerRecipe({ recipe, overridden }, { recipe: "", seed: 1, epochs }).averages;
  expect([averages(short), averages(short, 8), averages(short, 200)]).toEqual([2, 4, 30]);
  expect(averages(short, 200, { averages: 2 })).toBe(2);
  expect(averages(override(named, [{ path: ["averages"], value: null }]), 300)).toBeNull();
  // Begun when all of few epochs were averaged.
  expect([averages({ ...named, epochs: 5 }), averages({ ...named, epochs: 5 }, 10)]).toEqual([30, 30]);
});
