// What is published and can be fetched: each file by its address, its size and its hash, so that nothing else is taken for it.
import { UserError } from "../terminal/errors.ts";

export interface PublishedFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Published {
  readonly name: string;
  /** One line: whose it is, and what it learned. */
  readonly description: string;
  /** Of nn.MN. */
  readonly width: number;
  readonly weights: PublishedFile;
  /** A CSV with the classes' names in the network's order. */
  readonly classes: PublishedFile;
}

const AUDIO_SET_CLASSES: PublishedFile = {
  name: "class_labels_indices.csv",
  url: "https://raw.githubusercontent.com/fschmid56/EfficientAT/main/metadata/class_labels_indices.csv",
  bytes: 14675,
  sha256: "cdd1049833c4b86127c2773ac0d14a2754b6a6d0d1798002ed5c66e699708429",
};

export const PUBLISHED: readonly Published[] = [
  {
    name: "mn04_as",
    description: "EfficientAT (Schmid, Koutini and Widmer 2023), AudioSet's 527 classes, MIT licence",
    width: 0.4,
    weights: {
      name: "mn04_as_mAP_432.pt",
      url: "https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/mn04_as_mAP_432.pt",
      bytes: 4066513,
      sha256: "899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c",
    },
    classes: AUDIO_SET_CLASSES,
  },
];

/** The network that is meant where none is named. */
export const DEFAULT_NETWORK = PUBLISHED[0]!.name;

export function findPublished(name: string): Published {
  const found = PUBLISHED.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = PUBLISHED.map((each) => each.name).join(", ");
  throw new UserError(`there is no published network '${name}': there is ${names}`);
}
