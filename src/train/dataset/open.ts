// What `--data` names.
import type { Dataset } from "./dataset.ts";
import { openFolder } from "./folder.ts";
import { leaveOut } from "./left-out.ts";
import { openSynthetic } from "./synthetic.ts";

/** What of it is wanted. */
export interface View {
  /** Classes that are left out. */
  without?: readonly string[];
}

/** Opens `--data`: the word "synthetic", or a folder with audio/ and meta/esc50.csv. Throws UserError. */
export function openDataset(source: string, { without = [] }: View = {}): Dataset {
  const dataset = source === "synthetic" ? openSynthetic() : openFolder(source);
  return without.length === 0 ? dataset : leaveOut(dataset, without);
}
