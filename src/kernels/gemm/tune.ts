// Measures which family of products is the quickest on this adapter, for the products that a program really makes.
import { device } from "../../gpu/device.ts";
import { type Choices, type Family, useFamily, type Work, watchWork } from "./gemm.ts";

/** One class of products, and what its first one took with each family. */
export interface Measured {
  class: string;
  /** The shortest of the rounds, in milliseconds. */
  milliseconds: Partial<Record<Family, number>>;
  quickest: Family;
}

/**
 * Runs `step`, which launches what is to be tuned, and then times every class of products in it with each family, in
 * turn. Products write where they wrote before, so that whatever `step` computed must not be used any more.
 *
 * @param onMeasured is told of each class as it is done
 * @returns the quickest families, for useChoices
 */
export async function tune(
  step: () => void,
  { rounds = 5, onMeasured }: { rounds?: number; onMeasured?: (one: Measured, of: number) => void } = {},
): Promise<Choices> {
  const found = workOf(step);
  const choices: Choices = {};
  try {
    for (const work of found.values()) {
      const one = await measure(work, rounds);
      choices[work.class] = one.quickest;
      onMeasured?.(one, found.size);
    }
    return choices;
  } finally {
    useFamily(null);
    for (const { arrays } of found.values()) for (const array of arrays) array.storage.release();
  }
}

/** The first work of each class that `step` launches, its arrays retained. */
function workOf(step: () => void): Map<string, Work> {
  const found = new Map<string, Work>();
  watchWork((work) => {
    if (found.has(work.class)) return;
    for (const array of work.arrays) array.storage.retain();
    found.set(work.class, work);
  });
  try {
    step();
  } finally {
    watchWork(null);
  }
  return found;
}

async function measure({ class: name, families, run }: Work, rounds: number): Promise<Measured> {
  const milliseconds: Measured["milliseconds"] = {};
  for (let round = 0; round <= rounds; round++) {
    for (const family of families) {
      useFamily(family);
      const began = performance.now();
      run();
      await device().stream.finish();
      const took = performance.now() - began;
      // The first round compiles.
      if (round > 0) milliseconds[family] = Math.min(took, milliseconds[family] ?? Number.POSITIVE_INFINITY);
    }
  }
  const quickest = families.reduce((best, each) => (milliseconds[each]! < milliseconds[best]! ? each : best));
  return { class: name, milliseconds, quickest };
}
