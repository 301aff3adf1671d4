// The state of the random generator: a seed, and the number of draws made since it was set. Each operation that
// draws takes the next number; with the counter-based generator (kernels/shared/philox.wgsl) that is all there is to
// save and restore.

/** Where the random generator stands: its seed, and how many draws were made since it was set. */
export interface RandomState {
  seed: number;
  draw: number;
}

let state: RandomState = { seed: Math.floor(Math.random() * 2 ** 32), draw: 0 };

/** Makes everything random after this call repeatable: initial weights, dropout, randn. Seed: a whole number, 0 … 2³² − 1. */
export function manualSeed(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new RangeError(`manualSeed: the seed is a whole number from 0 to 4294967295, got ${seed}`);
  }
  state = { seed, draw: 0 };
}

/** For checkpoints. */
export function randomState(): RandomState {
  return { ...state };
}

export function setRandomState(saved: RandomState): void {
  state = { ...saved };
}

/** Seed and number of the next draw. */
export function nextDraw(): RandomState {
  return { seed: state.seed, draw: state.draw++ >>> 0 };
}
