// A published network as others use it: what it is made of is in the cache (fetch.ts puts it there), and is checked.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { loadTorch, nn } from "../../index.ts";
import { AUDIO_SET, type PictureSettings } from "../features/audio-set.ts";
import { UserError } from "../terminal/errors.ts";
import {
  DEFAULT_NETWORK,
  findPublished,
  misfit,
  type Published,
  type PublishedFile,
  shortPath,
  weightsFolder,
} from "./published.ts";

/** A network's files. */
export interface PretrainedFiles {
  readonly published: Published;
  readonly weights: Uint8Array;
  readonly classes: readonly string[];
}

export interface Pretrained {
  readonly name: string;
  /** In evaluation mode. */
  readonly network: nn.MN;
  /** What it hears: see features/audio-set.ts. */
  readonly settings: PictureSettings;
  /** In the order of the network's logits. */
  readonly classes: readonly string[];
}

/** Reads a network's files, before the GPU is opened. Throws a UserError that says how to get them where they are not there. */
export function readPretrained(name = DEFAULT_NETWORK, folder = weightsFolder()): PretrainedFiles {
  const published = findPublished(name);
  const weights = checked(published, published.weights, folder);
  const text = new TextDecoder().decode(checked(published, published.classes, folder));
  const rows = parse(text, { columns: true }) as { display_name: string }[];
  return { published, weights, classes: rows.map((row) => row.display_name) };
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

/** The network of its files; the GPU is open by now. */
export function buildPretrained({ published, weights, classes }: PretrainedFiles): Pretrained {
  const network = new nn.MN({ width: published.width, classes: classes.length });
  network.loadStateDict(loadTorch<nn.StateDict>(weights));
  network.eval();
  return { name: published.name, network, settings: AUDIO_SET, classes };
}

/** A published network by its name, "mn04_as". */
export function loadPretrained(name = DEFAULT_NETWORK, folder = weightsFolder()): Pretrained {
  return buildPretrained(readPretrained(name, folder));
}
