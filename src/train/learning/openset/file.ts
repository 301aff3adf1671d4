// other.json and other.safetensors: what a run has to know to say "none of these".
//   other.json          the thresholds, and what they were found on
//   other.safetensors   "means" [classes, size]: each class's mean embedding, of length 1
import { z } from "zod";
import { OTHER } from "../../dataset/dataset.ts";
import type { Config } from "../../runs/config.ts";
import type { Run, RunFiles } from "../../runs/run.ts";
import { UserError } from "../../terminal/errors.ts";
import { shell } from "../../terminal/words.ts";
import type { Directions } from "./embeddings.ts";
import type { Refusal } from "./refusal.ts";

const cosine = z.number().min(-1).max(1);

const schema = z.object({
  /** A sound is none of the classes whose cosine similarity to every class's mean is lower … */
  threshold: cosine,
  /** … and a single segment. */
  segmentThreshold: cosine,
  /** The share of known sounds that is to be kept. */
  keep: z.number(),
  /** Where the thresholds are from: clips that were not learned from, and how many of them they keep. */
  heldOut: z.object({ folds: z.array(z.int()), clips: z.int(), kept: z.int() }),
});

export type OtherFile = z.infer<typeof schema>;

export function writeOther(
  run: Pick<Run, "writeOther">,
  file: OtherFile,
  { values, size }: Directions,
): void {
  run.writeOther(file, { means: { data: values, shape: [values.length / size, size] } });
}

/**
 * How the run says "none of these"; null where it does not. Throws UserError where its files are damaged.
 * @param warn is told where it would, and has not come so far
 */
export function refusalOf(
  run: RunFiles,
  { other, classes }: Config,
  warn: (line: string) => void,
): Refusal | null {
  if (other?.kind === "class") {
    const label = classes.indexOf(OTHER);
    if (label >= 0) return { kind: "class", label };
    throw new UserError(`${run.path}/config.json is damaged: it has no class '${OTHER}'`);
  }
  if (other === undefined) return null;
  if (!run.hasOther()) {
    warn(
      `${run.path} cannot say "none of these": its threshold was not found yet; bun run train --resume ${shell(run.path)} finds it`,
    );
    return null;
  }
  const { json, arrays } = run.readOther();
  const { data, error } = schema.safeParse(json);
  if (data === undefined) {
    const { path, message } = error.issues[0]!;
    throw new UserError(`${run.path}/other.json is damaged: ${path.join(".")} ${message}`);
  }
  const { means } = arrays.arrays;
  const [rows, size] = means?.shape ?? [];
  if (!(means?.data instanceof Float32Array) || rows !== classes.length || size === undefined)
    throw new UserError(
      `${run.path}/other.safetensors is damaged: it has no means of ${classes.length} classes`,
    );
  const { threshold, segmentThreshold } = data;
  return { kind: "threshold", directions: { values: means.data, size }, threshold, segmentThreshold };
}
