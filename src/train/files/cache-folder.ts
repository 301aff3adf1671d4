// Where what can be had again is kept: features, published weights, and what was measured of an adapter.
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The folder that `--cache` names, null for `--no-cache` (false). By default $XDG_CACHE_HOME/otograd or ~/.cache/otograd:
 * the dataset's own folder may be read-only or shared.
 */
export function cacheFolder(cache: string | false | undefined): string | null {
  if (cache === false) return null;
  return cache ?? join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "otograd");
}
