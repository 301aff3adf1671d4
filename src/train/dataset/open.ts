// What `--data` names.
import type { Dataset } from "./dataset.ts";
import { openFolder } from "./folder.ts";
import { openSynthetic } from "./synthetic.ts";

/** Opens `--data`: the word "synthetic", or a folder with audio/ and meta/esc50.csv. Throws UserError. */
export function openDataset(source: string): Dataset {
  return source === "synthetic" ? openSynthetic() : openFolder(source);
}
