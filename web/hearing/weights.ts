// Where the published network's weights come from: beside the site, if they were put there (`bun run web --weights`), or
// from files that are dropped, once: the browser keeps them.
import { type PretrainedFiles, pretrainedFiles } from "../../src/train/pretrained/network.ts";
import { DEFAULT_NETWORK, findPublished } from "../../src/train/pretrained/published.ts";

const PUBLISHED = findPublished(DEFAULT_NETWORK);
export const WEIGHTS = PUBLISHED.weights.name;
export const CLASSES = PUBLISHED.classes.name;
/** The weights as float16, which a site may have in their place. */
export const HALVES = `${PUBLISHED.name}-half.safetensors`;

/** site.json: what stands beside the pages in the folder weights, by its published name; null where nothing does. */
export interface SiteFacts {
  weights: Record<string, string> | null;
}

const CACHE = "otograd weights";

/** Those that the site or the browser has; null where neither does. */
export async function findNetwork(root: string): Promise<PretrainedFiles | null> {
  const [weights, classes] = await Promise.all([find(root, WEIGHTS), find(root, CLASSES)]);
  return weights === null || classes === null ? null : pretrainedFiles(PUBLISHED, weights, classes);
}

/** What somebody gave, until it is known to be right: it comes before what is kept. */
const given = new Map<string, Uint8Array<ArrayBuffer>>();

/** Those among files that somebody gives. Null where they are not among them, nor known before. */
export async function takeNetwork(root: string, files: readonly File[]): Promise<PretrainedFiles | null> {
  for (const file of files) {
    const name = file.name.endsWith(".pt") ? WEIGHTS : file.name.endsWith(".csv") ? CLASSES : null;
    if (name !== null) given.set(name, new Uint8Array(await file.arrayBuffer()));
  }
  return findNetwork(root);
}

/** Keeps what was given, which is right; or forgets it. */
export async function judgeGiven(right: boolean): Promise<void> {
  const cache = await caches.open(CACHE);
  if (right)
    for (const [name, bytes] of given) await cache.put(`${location.origin}/${name}`, new Response(bytes));
  given.clear();
}

/** The names of what nobody has yet. */
export async function whatIsMissing(root: string): Promise<string[]> {
  const found = await Promise.all([WEIGHTS, CLASSES].map((name) => find(root, name)));
  return [WEIGHTS, CLASSES].filter((_, i) => found[i] === null);
}

async function find(root: string, name: string): Promise<Uint8Array | null> {
  if (given.has(name)) return given.get(name)!;
  const kept = await (await caches.open(CACHE)).match(`${location.origin}/${name}`);
  if (kept !== undefined) return new Uint8Array(await kept.arrayBuffer());
  const { weights } = (await (await fetch(`${root}site.json`)).json()) as SiteFacts;
  if (weights === null) return null;
  const answer = await fetch(`${root}weights/${weights[name]}`);
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
}
