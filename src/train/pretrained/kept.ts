// Where published files are kept on this machine, and whether they are what was published.
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../files/cache-folder.ts";
import type { PublishedFile } from "./published.ts";

/** Where weights are kept: beside the features. */
export function weightsFolder(): string {
  return join(cacheFolder(undefined)!, "weights");
}

/** A path as people read it. */
export function shortPath(path: string): string {
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** What a file's bytes are not, in words; null where they are the published file's. */
export function misfit(file: PublishedFile, bytes: Uint8Array): string | null {
  if (bytes.length !== file.bytes) return `it has ${bytes.length} bytes, not ${file.bytes}`;
  const found = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  return found === file.sha256 ? null : `its SHA-256 is ${found}, not ${file.sha256}`;
}
