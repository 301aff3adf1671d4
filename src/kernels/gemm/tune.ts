// Measures which family of products is the quickest on this adapter, for the products that a program really makes.
import { device } from "../../gpu/device.ts";
import { type Choices, classOf, type Family, families, gemm, useFamily, watchProducts } from "./gemm.ts";
import type { Product } from "./product.ts";

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
  const products = productsOf(step);
  const choices: Choices = {};
  try {
    for (const [name, product] of products) {
      const one = await measure(name, product, rounds);
      choices[name] = one.quickest;
      onMeasured?.(one, products.size);
    }
    return choices;
  } finally {
    useFamily(null);
    for (const product of products.values()) for (const array of arraysOf(product)) array.release();
  }
}

/** The first product of each class that `step` launches, its arrays retained. */
function productsOf(step: () => void): Map<string, Product> {
  const found = new Map<string, Product>();
  watchProducts((product) => {
    const name = classOf(product);
    if (found.has(name)) return;
    found.set(name, retained(product));
  });
  try {
    step();
  } finally {
    watchProducts(null);
  }
  return found;
}

function retained(product: Product): Product {
  const { a, b, c, bias } = product;
  return {
    ...product,
    a: { ...a, array: a.array.retain() },
    b: { ...b, array: b.array.retain() },
    c: { ...c, array: c.array.retain() },
    ...(bias !== undefined && { bias: { ...bias, array: bias.array.retain() } }),
  };
}

function arraysOf({ a, b, c, bias }: Product) {
  return [a.array, b.array, c.array, ...(bias === undefined ? [] : [bias.array])];
}

async function measure(name: string, product: Product, rounds: number): Promise<Measured> {
  const milliseconds: Measured["milliseconds"] = {};
  for (let round = 0; round <= rounds; round++) {
    for (const family of families()) {
      useFamily(family);
      const began = performance.now();
      gemm(product);
      await device().stream.finish();
      const took = performance.now() - began;
      // The first round compiles.
      if (round > 0) milliseconds[family] = Math.min(took, milliseconds[family] ?? Number.POSITIVE_INFINITY);
    }
  }
  const quickest = families().reduce((best, each) =>
    milliseconds[each]! < milliseconds[best]! ? each : best,
  );
  return { class: name, milliseconds, quickest };
}
