// The features that were computed last: the next training on the same sounds has them at once.
import { contentFrom, type Dataset, hashClips } from "../../src/train/dataset/dataset.ts";
import type { Content } from "../../src/train/dataset/opening.ts";
import { computeFeatures, warnOfDamaged } from "../../src/train/features/compute.ts";
import type { FeatureExtractor } from "../../src/train/features/extractor.ts";
import type { Features } from "../../src/train/features/features.ts";
import type { Talk } from "../../src/train/terminal/talk.ts";

export class LastFeatures {
  private kept: { key: string; features: Features } | null = null;

  /**
   * The features of a dataset's clips, computed anew where they are not the last ones: told by what the sounds are made of, as
   * names say nothing of that. What is damaged is told of at each call. Beside them what the dataset holds, for config.json.
   */
  async of(
    dataset: Dataset,
    extractor: FeatureExtractor,
    talk: Talk,
  ): Promise<{ features: Features; content: Content }> {
    const hashes = await hashClips(dataset, {}, talk);
    const key = JSON.stringify([
      dataset.clips.map(({ name }, clip) => [name, hashes[clip]]),
      extractor.frontEnd,
    ]);
    if (this.kept?.key !== key) {
      this.kept = null; // two are too much to hold
      this.kept = { key, features: await computeFeatures(dataset, extractor, talk) };
    }
    const { features } = this.kept;
    warnOfDamaged(dataset, features, talk);
    return { features, content: await contentFrom(dataset, hashes) };
  }
}
