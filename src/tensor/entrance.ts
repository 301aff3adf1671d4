// Public functions whose own files serve the engine too, with their arguments checked as users' are.
import { manualSeed as setSeed } from "../gpu/random.ts";
import { wantFunction, wantNoMore, wantNumber } from "./check.ts";
import { noGrad as withoutRecording } from "./grad-mode.ts";
import { type MemoryFacts, memory as memoryFacts } from "./memory.ts";

/** Makes everything random after this call repeatable: initial weights, dropout, randn. Seed: a whole number, 0 … 2³² − 1. */
export function manualSeed(seed: number, ...more: never[]): void {
  wantNumber("manualSeed", "the seed", seed);
  wantNoMore("manualSeed", more);
  setSeed(seed);
}

/**
 * Runs `body` without recording gradients, and frees the tensors that it made and did not return.
 * An async body is run without recording until its promise settles; its tensors live as long as
 * JavaScript can reach them.
 */
export function noGrad<T>(body: () => T, ...more: never[]): T {
  wantFunction("noGrad", "the body", body);
  wantNoMore("noGrad", more);
  return withoutRecording(body);
}

/** GPU memory of this process, in bytes. */
export function memory(...more: never[]): MemoryFacts {
  wantNoMore("memory", more);
  return memoryFacts();
}
