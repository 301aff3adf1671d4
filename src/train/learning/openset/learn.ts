// How a run learns when to say "none of these", and how well it does. Each class has a direction, that of the mean of what
// the network makes of its training segments. Sounds that were not learned from say how far from these a known sound may be.
import type { nn, Tensor } from "../../../index.ts";
import { ALWAYS_TRAINS, type Dataset } from "../../dataset/dataset.ts";
import { className, unknownFold } from "../../dataset/left-out.ts";
import type { Config } from "../../runs/config.ts";
import type { OpenSet } from "../../runs/metrics.ts";
import type { Run } from "../../runs/run.ts";
import { UserError } from "../../terminal/errors.ts";
import type { Talk } from "../../terminal/talk.ts";
import { counted } from "../../terminal/words.ts";
import { SegmentStore } from "../batches.ts";
import { predict } from "../evaluate.ts";
import { trainingSegments } from "../split.ts";
import type { Testing } from "../trainer.ts";
import { type Ground, testing } from "../training.ts";
import { vote } from "../voting.ts";
import { areaUnder, type Scores } from "./curve.ts";
import { type Directions, MeanEmbeddings, withSimilarities } from "./embeddings.ts";
import { writeOther } from "./file.ts";
import { closest, type Refusal, refuses, type Said, scoreOf } from "./refusal.ts";
import { fewestFor, thresholdKeeping } from "./threshold.ts";

/** A network with the settings that it was trained by. */
export interface Learned {
  readonly model: nn.Module<[Tensor], Tensor>;
  readonly config: Pick<Config, "classes" | "folds" | "recipe" | "seed" | "standardization">;
}

/** What a network says of clips and of their segments. */
interface Heard {
  readonly clips: readonly Said[];
  readonly segments: readonly Said[];
}

/** So many trainings more, at most, find a threshold where no validation fold is held out. */
const MOST_HELD_OUT = 4;

/** The folds whose clips a threshold is found on: the validation fold, or some training folds, one after the other. */
export function heldOutFolds({ train, validation }: Config["folds"]): number[] {
  if (validation !== null) return [validation];
  const tried = train.filter((fold) => fold !== ALWAYS_TRAINS);
  if (tried.length >= 2) return tried.slice(0, MOST_HELD_OUT);
  throw new UserError(
    `--other threshold wants sounds that are not learned from: two training folds or more, or a recipe that validates; there is fold ${train.join(", ")} alone`,
  );
}

/** Clips of those folds, of classes that the other training folds have as well: as many say where the threshold lies. */
export function heldOutClips({ clips }: Dataset, folds: Config["folds"]): number {
  const counts = heldOutFolds(folds).map((fold) => {
    const others = folds.train.filter((other) => other !== fold);
    const known = new Set(clips.filter((clip) => others.includes(clip.fold)).map(({ label }) => label));
    return clips.filter((clip) => clip.fold === fold && known.has(clip.label)).length;
  });
  return counts.reduce((sum, count) => sum + count);
}

/** Says so where there are too few of them. */
export function warnOfTooFew(keep: number, clips: number, { progress }: Pick<Talk, "progress">): void {
  if (clips < fewestFor(keep))
    progress.warn(
      `${counted(clips, "clip")} that can be held out are too few for a threshold that keeps ${keep} of them: it wants ${fewestFor(keep)}, so no clip is refused`,
    );
}

/** The directions of a network's classes, from the segments that it was trained on, altered copies aside. */
async function directionsOf(
  { dataset, features, maxBytes }: Ground,
  { model, config }: Learned,
): Promise<Directions> {
  const { classes, folds, recipe, standardization, seed } = config;
  const segments = trainingSegments(dataset, features, folds, recipe.examples, seed);
  const labels = segments.map((segment) => dataset.clips[features.clipOf[segment]!]!.label);
  const store = new SegmentStore(features, segments, labels, standardization, maxBytes);
  const means = new MeanEmbeddings(classes.length);
  await means.add(model, labels, () => predict(model, store, classes.length, recipe));
  return means.directions();
}

/** What a network says of a fold's clips. */
async function hear(
  { model, config }: Learned,
  directions: Directions | null,
  { set, store }: Testing,
): Promise<Heard> {
  const { recipe } = config;
  const classes = config.classes.length;
  const tell = () => predict(model, store, classes, recipe);
  const { result: probabilities, similarities } =
    directions === null
      ? { result: await tell(), similarities: null }
      : await withSimilarities(model, directions, tell);
  const clips = set.clips.length;
  const means = (rows: Float32Array) => vote(rows, classes, set.clipOf, clips).probabilities;
  const row = (rows: Float32Array | Float64Array, i: number) => rows.subarray(i * classes, (i + 1) * classes);
  const said = (count: number, p: Float32Array | Float64Array, s: Float32Array | Float64Array | null) =>
    Array.from({ length: count }, (_, i): Said => {
      return { probabilities: row(p, i), ...(s !== null && { similarities: row(s, i) }) };
    });
  return {
    clips: said(clips, means(probabilities), similarities === null ? null : means(similarities)),
    segments: said(set.clipOf.length, probabilities, similarities),
  };
}

/** How a test fold's clips score, and what becomes of them. */
export async function openSetOf(
  prepared: Ground,
  learned: Learned,
  refusal: Refusal,
): Promise<{ scores: Scores; openSet: OpenSet }> {
  const { folds, standardization } = learned.config;
  const directions = refusal.kind === "threshold" ? refusal.directions : null;
  const known: Said[] = [];
  const unknown: Said[] = [];
  const classes = new Map<string, OpenSet["classes"][number]>();
  const aside = new Set(prepared.dataset.clips.filter(({ label }) => label < 0).map(({ fold }) => fold));
  for (const fold of [folds.test, ...(folds.test === null ? aside : [unknownFold(folds.test)])]) {
    const tested = testing(prepared, fold, standardization);
    if (tested.set.clips.length === 0) continue;
    const { clips } = await hear(learned, directions, tested);
    for (const [i, said] of clips.entries()) {
      const label = tested.set.labels[i]!;
      const other = label < 0 || (refusal.kind === "class" && label === refusal.label);
      (other ? unknown : known).push(said);
      if (!other) continue;
      const name = className(prepared.dataset, label);
      const { clips, refused } = classes.get(name) ?? { clips: 0, refused: 0 };
      classes.set(name, { name, clips: clips + 1, refused: refused + (refuses(refusal, said) ? 1 : 0) });
    }
  }
  const scores = {
    known: known.map((said) => scoreOf(refusal, said)),
    unknown: unknown.map((said) => scoreOf(refusal, said)),
  };
  const refused = (clips: readonly Said[]) => clips.filter((said) => refuses(refusal, said)).length;
  const auroc = areaUnder(scores);
  return {
    scores,
    openSet: {
      known: known.length,
      kept: known.length - refused(known),
      unknown: unknown.length,
      refused: refused(unknown),
      classes: [...classes.values()],
      auroc: Number.isNaN(auroc) ? null : auroc,
    },
  };
}

/**
 * Finds the thresholds that keep a share of known sounds, and writes them into the run's folder.
 * @param trainWithout gives a network that has not learned from one more fold
 */
export async function findThreshold(
  prepared: Ground,
  learned: Learned,
  keep: number,
  run: Pick<Run, "writeOther">,
  { progress }: Pick<Talk, "progress">,
  trainWithout: (fold: number) => Promise<Learned>,
): Promise<void> {
  const { config } = learned;
  const { dataset } = prepared;
  const folds = heldOutFolds(config.folds);
  if (config.folds.validation === null)
    progress.note(
      `a threshold for "none of these" wants ${counted(folds.length, "more training")}, each without one more fold`,
    );
  const clips: number[] = [];
  const segments: number[] = [];
  const classesOf = (some: readonly number[]) =>
    new Set(dataset.clips.filter(({ fold }) => some.includes(fold)).map(({ label }) => label));
  for (const fold of folds) {
    const network = fold === config.folds.validation ? learned : await trainWithout(fold);
    const tested = testing(prepared, fold, network.config.standardization);
    if (tested.set.clips.length === 0) continue;
    const heard = await hear(network, await directionsOf(prepared, network), tested);
    // A class that only this fold has clips of is none that the network knows.
    const knows = classesOf(network.config.folds.train);
    heard.clips.forEach((said, i) => {
      if (knows.has(tested.set.labels[i]!)) clips.push(closest(said.similarities!));
    });
    heard.segments.forEach((said, s) => {
      if (knows.has(tested.set.labels[tested.set.clipOf[s]!]!)) segments.push(closest(said.similarities!));
    });
  }
  const directions = await directionsOf(prepared, learned);
  const threshold = thresholdKeeping(clips, keep);
  const segmentThreshold = thresholdKeeping(segments, keep);
  warnOfTooFew(keep, clips.length, { progress });
  const kept = clips.filter((score) => score >= threshold).length;
  const heldOut = { folds, clips: clips.length, kept };
  writeOther(run, { threshold, segmentThreshold, keep, heldOut }, directions);
}
