// A published network made of its files' bytes, wherever they are from.
import { parse } from "csv-parse/sync";
import { loadSafetensors, loadTorch, nn } from "../../index.ts";
import { AUDIO_SET, type PictureSettings } from "../features/audio-set.ts";
import { UserError } from "../terminal/errors.ts";
import type { Published } from "./published.ts";

/** A network's files. */
export interface PretrainedFiles {
  readonly published: Published;
  /** As published, or as half.ts makes them. */
  readonly weights: Uint8Array;
  readonly classes: readonly string[];
}

export interface Pretrained {
  readonly name: string;
  /** Whose it is, and what it learned. */
  readonly description: string;
  /** In evaluation mode. */
  readonly network: nn.MN;
  /** What it hears: see features/audio-set.ts. */
  readonly settings: PictureSettings;
  /** In the order of the network's logits. */
  readonly classes: readonly string[];
}

/** The files of a network, their class names read. Throws UserError where those are not what they should be. */
export function pretrainedFiles(
  published: Published,
  weights: Uint8Array,
  classes: Uint8Array,
): PretrainedFiles {
  const rows = parse(new TextDecoder().decode(classes), { columns: true }) as { display_name?: string }[];
  if (rows.length === 0 || rows[0]!.display_name === undefined)
    throw new UserError(`${published.classes.name} has no column display_name`);
  return { published, weights, classes: rows.map((row) => row.display_name!) };
}

/** The network of its files; the GPU is open by now. */
export function buildPretrained({ published, weights, classes }: PretrainedFiles): Pretrained {
  const network = nn.utils.skipInit(() => new nn.MN({ width: published.width, classes: classes.length }));
  network.loadStateDict(isZip(weights) ? loadTorch<nn.StateDict>(weights) : loadSafetensors(weights));
  network.eval();
  const { name, description } = published;
  return { name, description, network, settings: AUDIO_SET, classes };
}

/** What torch.save writes; what is no ZIP archive is a safetensors file (half.ts). */
const isZip = (bytes: Uint8Array) => bytes[0] === 0x50 && bytes[1] === 0x4b;
