// What a network makes of sound as it comes: stretches of windows go in, each window's probabilities come out.
import type { Cutting, Stretch } from "../features/stretches.ts";
import { refuses } from "../learning/openset/refusal.ts";
import { type Hearing, Predictor, saidOf, type Trained } from "../predict/predictor.ts";

/** What a network makes of one window. */
export interface Heard {
  probabilities: Float32Array;
  /** Whether there is a sound, … */
  silent: boolean;
  /** … and whether it is one of the classes, where the network can say so. */
  known: boolean;
}

export interface Ear {
  readonly classes: readonly string[];
  /** Those that are no events: silence, and what stands for all that is none of the others. */
  readonly ignored: ReadonlySet<number>;
  /** The probability from which on something is an event, unless another is asked for. */
  readonly threshold: number;
  /** How sound is cut into windows. */
  readonly cutting: Cutting;
  /** Whether other rates are resampled; else samples are taken for samples at the front end's, whatever they are. */
  readonly resamples: boolean;
  /** Whether the network is used to sounds of one loudness. */
  readonly levelled: boolean;
  /** What there is in each window of a stretch. */
  hear(stretch: Stretch): Promise<Heard[]>;
}

/** Windows begin at most so many seconds apart: that is how well begin and end are known. */
const STEP_SECONDS = 0.25;

/** The ear of a trained run. */
export function runEar(
  model: ConstructorParameters<typeof Predictor>[0],
  trained: Trained,
  maxBytes: number,
): Ear {
  const { recipe: learned, refusal = null } = trained;
  const { frontEnd } = learned;
  // Whole fractions of the step that the network was trained with.
  const parts = Math.ceil(frontEnd.segmentStep / (STEP_SECONDS * frontEnd.sampleRate));
  const cutting = { ...frontEnd, segmentStep: Math.round(frontEnd.segmentStep / parts) };
  const recipe = { ...learned, frontEnd: cutting };
  const predictor = new Predictor(model, { ...trained, recipe }, maxBytes);
  return {
    classes: trained.classes,
    threshold: 0.5,
    ignored: new Set([
      ...[...trained.classes.keys()].filter((label) => /^silence$/i.test(trained.classes[label]!)),
      ...(refusal?.kind === "class" ? [refusal.label] : []),
    ]),
    cutting,
    resamples: frontEnd.resamples,
    levelled: frontEnd.peakNormalized,
    async hear(stretch) {
      const hearing: Hearing = { segments: [], silent: [], pending: 0 };
      await predictor.add(hearing, { ...stretch, segment: 0, peak: 1 });
      await predictor.finish();
      if (hearing.failed !== undefined) throw hearing.failed;
      return hearing.segments.map((probabilities, i) => ({
        probabilities,
        silent: hearing.silent[i]!,
        known: refusal === null || !refuses(refusal, saidOf(hearing, i), "segment"),
      }));
    },
  };
}
