// Which adapters computed a run, in words: what they compute differs in the last digits.
import type { Adapter, Config } from "./config.ts";

export function adapterInWords({ vendor, architecture, description, software }: Adapter): string {
  return `${description || `${vendor} ${architecture}`}${software ? " (a CPU)" : ""}`;
}

/** All that computed a run, in their order. */
export function adaptersOf({ adapter, laterAdapters = [] }: Config): Adapter[] {
  return [adapter, ...laterAdapters];
}

/** "A", or "A, then B" of a run that another went on with. */
export function adaptersInWords(config: Config): string {
  return adaptersOf(config).map(adapterInWords).join(", then ");
}

/** What is to be said of runs that do not all come from one adapter; null where they do. */
export function mixedAdapters(configs: readonly Config[]): string | null {
  if (new Set(configs.flatMap((config) => adaptersOf(config).map(adapterInWords))).size < 2) return null;
  return "Not all runs were made on the same adapter: each rounds in its own way, so that the last digits are not to be compared.";
}
