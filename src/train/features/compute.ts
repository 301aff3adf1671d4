// The features of a dataset's clips and of their altered copies, clip after clip: with a progress bar, and until a signal
// arrives.
import type { Dataset } from "../dataset/dataset.ts";
import type { FrontEnd } from "../recipes/recipe.ts";
import type { Talk } from "../terminal/session.ts";
import { throwIfStopped } from "../terminal/signals.ts";
import { type Alterations, copiesOf, drawAlterations } from "./augment.ts";
import { type ClipFeatures, FeatureBatches, type Features, joinClips } from "./features.ts";

/** The features of all clips of a dataset. Throws Interrupted when asked to stop. */
export async function computeFeatures(
  dataset: Dataset,
  frontEnd: FrontEnd,
  { progress, stop }: Talk,
): Promise<Features> {
  const done = new Array<ClipFeatures>(dataset.clips.length);
  let finished = 0;
  const batches = new FeatureBatches<number>(frontEnd, (clip, features) => {
    done[clip] = features;
    progress.update(++finished);
  });
  progress.begin("computing features", dataset.clips.length);
  for (let clip = 0; clip < dataset.clips.length; clip++) {
    throwIfStopped(stop, "stopped before training began; nothing was written");
    await batches.add(clip, await dataset.load(clip));
  }
  await batches.finish();
  progress.clear();
  return joinClips(done, frontEnd);
}

/** The features of all copies of these clips; `clipOf` counts the clips. */
export async function copiesFeatures(
  dataset: Dataset,
  clips: readonly number[],
  alterations: Alterations,
  frontEnd: FrontEnd,
  { what, progress, stop }: Talk & { what: string },
): Promise<Features> {
  const done: ClipFeatures[] = [];
  progress.begin(what, clips.length);
  for (const clip of clips) {
    throwIfStopped(stop, "stopped before training began");
    const { name, label } = dataset.clips[clip]!;
    const wave = await dataset.load(clip);
    const drawn = drawAlterations(name, dataset.classes[label]!, alterations, frontEnd.sampleRate);
    done.push(await copiesOf(wave, drawn, frontEnd));
    progress.update(done.length);
  }
  progress.clear();
  return joinClips(done, frontEnd);
}
