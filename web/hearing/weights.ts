// Where the published network's weights come from: beside the site, if they were put there (`bun run web --weights`), or
// from files that are dropped, once: the browser keeps them.
import { parse } from "csv-parse/browser/esm/sync";

export const WEIGHTS = "mn04_as_mAP_432.pt";
export const CLASSES = "class_labels_indices.csv";
const CACHE = "otograd weights";

export interface Network {
  weights: Uint8Array;
  classes: readonly string[];
}

/** Those that the site or the browser has; null where neither does. */
export async function findNetwork(root: string): Promise<Network | null> {
  const [weights, classes] = await Promise.all([find(root, WEIGHTS), find(root, CLASSES)]);
  return weights === null || classes === null ? null : network(weights, classes);
}

/** Those among files that somebody gives, and keeps them. Null where they are not among them, nor known before. */
export async function takeNetwork(root: string, files: readonly File[]): Promise<Network | null> {
  const cache = await caches.open(CACHE);
  for (const file of files) {
    const name = file.name.endsWith(".pt") ? WEIGHTS : file.name.endsWith(".csv") ? CLASSES : null;
    if (name !== null) await cache.put(`${location.origin}/${name}`, new Response(await file.arrayBuffer()));
  }
  return findNetwork(root);
}

/** The names of what nobody has yet. */
export async function whatIsMissing(root: string): Promise<string[]> {
  const found = await Promise.all([WEIGHTS, CLASSES].map((name) => find(root, name)));
  return [WEIGHTS, CLASSES].filter((_, i) => found[i] === null);
}

async function find(root: string, name: string): Promise<Uint8Array | null> {
  const kept = await (await caches.open(CACHE)).match(`${location.origin}/${name}`);
  if (kept !== undefined) return new Uint8Array(await kept.arrayBuffer());
  const { weights } = (await (await fetch(`${root}site.json`)).json()) as { weights: boolean };
  if (!weights) return null;
  return new Uint8Array(await (await fetch(`${root}weights/${name}`)).arrayBuffer());
}

function network(weights: Uint8Array, classes: Uint8Array): Network {
  const rows = parse(new TextDecoder().decode(classes), { columns: true }) as { display_name: string }[];
  if (rows.length === 0 || rows[0]!.display_name === undefined)
    throw new Error(`${CLASSES} has no column display_name`);
  return { weights, classes: rows.map((row) => row.display_name) };
}
