// What a fuzzing target is. Each takes good input, damages it, and hands it to a part of the program that reads what
// others wrote. The part must throw an error for the user, or give a result that is right.
import type { HostRandom } from "../../src/gpu/host-random.ts";

export interface Target {
  name: string;
  /** How often it is drawn, relative to the others. */
  weight: number;
  /**
   * Runs one case in an empty folder. An error for the user is let through; Wrong is thrown where a result is not
   * right. Returns whether the input was made use of, as good or as far as it was good.
   */
  run(random: HostRandom, folder: string): Promise<void> | void;
}

/** The program took damaged input and made something wrong of it. */
export class Wrong extends Error {
  override name = "Wrong";
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Wrong(what);
}
