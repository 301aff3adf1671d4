// The random generator as users know it: gpu/random.ts's, with arguments checked.
import { type RandomState, randomState, setRandomState, manualSeed as setSeed } from "../gpu/random.ts";
import { watcher } from "./autograd/step.ts";
import { show, wantNoMore, wantNumber } from "./check.ts";

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
  watcher?.refuse("it seeds the random generator");
  setSeed(seed);
}

/**
 * Where the random generator stands, for a checkpoint: a seed and how much was drawn since. It survives JSON.
 * @example
 * manualSeed(7);
 * randn([3]);
 * getRngState(); // → { seed: 7, draw: 1 }
 */
export function getRngState(...more: never[]): RandomState {
  wantNoMore("getRngState", more);
  return randomState();
}

/**
 * Has the random generator go on from where it stood: dropout, randn and initial weights are those that came next then.
 * @example
 * const state = getRngState();
 * const a = randn([3]);
 * setRngState(state);
 * randn([3]).equal(a); // → true
 */
export function setRngState(state: RandomState, ...more: never[]): void {
  wantNoMore("setRngState", more);
  const { seed, draw } = (state ?? {}) as Partial<RandomState>;
  const isCount = (n: number | undefined): n is number => Number.isInteger(n) && n! >= 0;
  if (!isCount(seed) || !isCount(draw) || seed >= 2 ** 32)
    throw new TypeError(`setRngState: the state is what getRngState() gave, got ${show(state)}`);
  watcher?.refuse("it sets the random generator");
  setRandomState({ seed, draw });
}
