// manualSeed as users call it: gpu/random.ts's, with its arguments checked.
import { manualSeed as setSeed } from "../gpu/random.ts";
import { wantNoMore, wantNumber } from "./check.ts";

/**
 * Makes everything random after this call repeatable: initial weights, dropout, randn. Seed: a whole number, 0 … 2³² − 1.
 * @example
 * manualSeed(7);
 * const a = randn([3]);
 * manualSeed(7);
 * randn([3]).equal(a); // → true
 */
export function manualSeed(seed: number, ...more: never[]): void {
  wantNumber("manualSeed", "the seed", seed);
  wantNoMore("manualSeed", more);
  setSeed(seed);
}
