// `bun run weights fetch`: a published network's weights, into the cache.
import { type FetchWeightsOptions, fetchWeights } from "../pretrained/fetch.ts";
import { shortPath } from "../pretrained/kept.ts";
import { findPublished } from "../pretrained/published.ts";
import type { Session } from "../terminal/session.ts";

export async function fetchWeightsCommand(
  name: string,
  options: FetchWeightsOptions,
  session: Session,
): Promise<void> {
  const network = findPublished(name);
  const paths = await fetchWeights(network, options, session);
  session.print(`${network.name}: ${network.description}`);
  for (const path of paths) session.print(`  ${shortPath(path)}`);
}
