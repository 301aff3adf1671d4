// The features of a dataset's clips and of their altered copies, clip after clip: with a progress bar, and until a signal
// arrives.
import { WavError } from "../../audio/wav.ts";
import { clipSound, type Dataset } from "../dataset/dataset.ts";
import { SoundError, UserError } from "../terminal/errors.ts";
import { type Talk, throwIfStopped } from "../terminal/talk.ts";
import { counted, someOf } from "../terminal/words.ts";
import { type Alterations, copiesOf, drawAlterations } from "./augment.ts";
import type { FeatureExtractor } from "./extractor.ts";
import {
  type ClipFeatures,
  FeatureBatches,
  type Features,
  FrontEndError,
  joinClips,
  joinPieces,
} from "./features.ts";
import { pieces } from "./stretches.ts";

/** The features of all clips of a dataset. Throws SoundError naming those that cannot be used, and Interrupted. */
export async function computeFeatures(
  dataset: Dataset,
  extractor: FeatureExtractor,
  { progress, stop }: Talk,
): Promise<Features> {
  const clips = dataset.clips.map((): ClipFeatures[] => []);
  const bad = new BadClips(dataset);
  const damaged = new Map<number, string>();
  let finished = 0;
  const batches = new FeatureBatches<{ clip: number; piece: number }>(
    extractor,
    ({ clip, piece }, features) => {
      clips[clip]![piece] = features;
      if (piece === 0) progress.update(++finished);
    },
    ({ clip }, error) => bad.add(clip, error),
  );
  progress.begin("computing features", dataset.clips.length);
  for (let clip = 0; clip < dataset.clips.length; clip++) {
    throwIfStopped(stop, "stopped while features were computed");
    await bad.unless(clip, async () => {
      let piece = 0;
      const sound = clipSound(dataset, clip, (flaw) => {
        damaged.set(clip, `${dataset.clips[clip]!.name} ${flaw}`);
      });
      for await (const each of pieces(sound, extractor.frontEnd)) {
        await batches.add({ clip, piece: piece++ }, each);
        throwIfStopped(stop, "stopped while features were computed");
      }
    });
  }
  await batches.finish();
  progress.clear();
  bad.throwIfAny();
  const features = joinClips(
    clips.map((parts) => joinPieces(parts)),
    extractor,
  );
  return { ...features, damaged: [...damaged.values()] };
}

/** Says which clips are damaged, at every run: what is learned from them is not what they should be. */
export function warnOfDamaged(dataset: Dataset, { damaged = [] }: Features, { progress }: Talk): void {
  if (damaged.length === 0) return;
  const count = counted(damaged.length, "clip");
  progress.warn(
    `${dataset.source}: ${count} of ${dataset.clips.length} ${damaged.length === 1 ? "is" : "are"} damaged: ${someOf(damaged)}`,
  );
}

/** The features of all copies of these clips; `clipOf` counts the clips. */
export async function copiesFeatures(
  dataset: Dataset,
  clips: readonly number[],
  alterations: Alterations,
  extractor: FeatureExtractor,
  { what, progress, stop }: Talk & { what: string },
): Promise<Features> {
  const { frontEnd } = extractor;
  const done: ClipFeatures[] = [];
  const bad = new BadClips(dataset);
  progress.begin(what, clips.length);
  for (const clip of clips) {
    throwIfStopped(stop, "stopped while sounds were altered");
    const { name, label } = dataset.clips[clip]!;
    await bad.unless(clip, async () => {
      const wave = await dataset.load(clip);
      const drawn = drawAlterations(name, dataset.classes[label]!, alterations, frontEnd.sampleRate);
      done.push(await copiesOf(wave, drawn, extractor));
    });
    progress.update(done.length);
  }
  progress.clear();
  bad.throwIfAny();
  return joinClips(done, extractor);
}

/** Clips that cannot be used: all are looked for before any is told. */
class BadClips {
  private readonly found = new Map<number, UserError | WavError>();
  constructor(private readonly dataset: Dataset) {}

  add(clip: number, error: UserError | WavError): void {
    this.found.set(clip, error);
  }

  /** Does something with a clip; an error that is the clip's is kept. */
  async unless(clip: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof UserError || error instanceof WavError)) throw error;
      this.add(clip, error);
    }
  }

  throwIfAny(): void {
    const { clips, source, remedy = "take their lines out of the CSV" } = this.dataset;
    const errors = [...this.found.values()];
    if (errors.length === 0) return;
    // A front end that is impossible for every clip is no fault of theirs.
    const [first] = errors;
    if (errors.length === clips.length && first instanceof FrontEndError) throw first;
    const named = [...this.found].map(([clip, error]) => `${clips[clip]!.name} ${reasonOf(error)}`);
    throw new SoundError(
      source,
      `${counted(errors.length, "clip")} of ${clips.length} cannot be used: ${someOf(named)}; mend them, or ${remedy}`,
    );
  }
}

/** What is wrong with a clip, without its name. */
function reasonOf(error: UserError | WavError): string {
  return error instanceof WavError || error instanceof SoundError ? error.reason : error.message;
}
