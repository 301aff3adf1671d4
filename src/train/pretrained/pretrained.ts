// A published network as others use it: what it is made of is in the cache (fetch.ts puts it there), and is checked.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../terminal/errors.ts";
import { misfit, shortPath, weightsFolder } from "./kept.ts";
import { buildPretrained, type Pretrained, type PretrainedFiles, pretrainedFiles } from "./network.ts";
import { DEFAULT_NETWORK, findPublished, type Published, type PublishedFile } from "./published.ts";

/** Reads a network's files, before the GPU is opened. Throws a UserError that says how to get them where they are not there. */
export function readPretrained(name = DEFAULT_NETWORK, folder = weightsFolder()): PretrainedFiles {
  const published = findPublished(name);
  const [weights, classes] = [published.weights, published.classes].map((file) =>
    checked(published, file, folder),
  );
  return pretrainedFiles(published, weights!, classes!);
}

function checked({ name }: Published, file: PublishedFile, folder: string): Uint8Array {
  const path = join(folder, file.name);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new UserError(
      `${name}'s weights are not here: bun run weights fetch ${name} downloads them (4 MB)`,
    );
  }
  const wrong = misfit(file, bytes);
  if (wrong === null) return bytes;
  throw new UserError(`${shortPath(path)} is damaged (${wrong}): bun run weights fetch ${name} mends it`);
}

/** A published network by its name, "mn04_as". */
export function loadPretrained(name = DEFAULT_NETWORK, folder = weightsFolder()): Pretrained {
  return buildPretrained(readPretrained(name, folder));
}
