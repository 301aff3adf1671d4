// What is taught: classes, of each the embeddings of its clips, the layer that tells them apart, and how alike a sound must
// be to one of them to be any.
export interface Clip {
  name: string;
  /** One a window of five seconds. */
  embeddings: readonly Float32Array[];
}

export interface Taught {
  name: string;
  clips: Clip[];
}

export interface Judge {
  /** In the order of the probabilities. */
  names: readonly string[];
  /** Mean embedding of each class, of length 1. */
  means: readonly Float32Array[];
  /** A sound that is less like every class's mean than this is none of them. */
  least: number;
  /** How many sounds were learned from, and windows of them. */
  clips: number;
  segments: number;
}

/**
 * How alike sounds must be: as the clip that is least like the mean of the others of its class, and as much less again as
 * half of the way from there to the middle, as the few clips that there are do not show what else there is.
 */
export function likenessOf(classes: readonly Taught[]): { means: Float32Array[]; least: number } {
  const means = classes.map(({ clips }) => direction(clips.flatMap(({ embeddings }) => embeddings)));
  const likeness = classes.flatMap(({ clips }, k) =>
    clips.map(({ embeddings }, i) => {
      const others = clips.filter((_, j) => j !== i).flatMap((clip) => clip.embeddings);
      return others.length > 0 ? alike(embeddings, direction(others)) : alike(embeddings, means[k]!) / 2;
    }),
  );
  likeness.sort((a, b) => a - b);
  const [least, middle] = [likeness[0]!, likeness[Math.floor(likeness.length / 2)]!];
  return { means, least: least - (middle - least) / 2 };
}

/** Whether a sound is like none of the classes. */
export function isNone(embeddings: readonly Float32Array[], { means, least }: Judge): boolean {
  return Math.max(...means.map((mean) => alike(embeddings, mean))) < least;
}

/** The cosine of the angle between a sound and a mean: the mean over the sound's windows. */
function alike(embeddings: readonly Float32Array[], mean: Float32Array): number {
  const one = (embedding: Float32Array) => dot(embedding, mean) / Math.sqrt(dot(embedding, embedding) || 1);
  return embeddings.reduce((sum, each) => sum + one(each) / embeddings.length, 0);
}

function direction(embeddings: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(embeddings[0]!.length);
  for (const each of embeddings)
    for (const [i, value] of each.entries()) mean[i]! += value / embeddings.length;
  const length = Math.sqrt(dot(mean, mean)) || 1;
  return mean.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (const [i, value] of a.entries()) sum += value * b[i]!;
  return sum;
}

/** A project as a file: names and embeddings, not the sounds. */
export function written(classes: readonly Taught[]): string {
  const numbers = (embedding: Float32Array) => [...embedding].map((x) => Number(x.toPrecision(9)));
  const clips = ({ name, embeddings }: Clip) => ({ name, embeddings: embeddings.map(numbers) });
  return JSON.stringify({
    otograd: "project",
    version: 1,
    classes: classes.map((one) => ({ name: one.name, clips: one.clips.map(clips) })),
  });
}

/** Throws where a file is none of a project. */
export function readProject(text: string): Taught[] {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new Error("that is no project: it is not JSON");
  }
  const { otograd, version, classes } = read as { otograd?: unknown; version?: unknown; classes?: unknown };
  if (otograd !== "project" || version !== 1 || !Array.isArray(classes))
    throw new Error("that is no project that this page saved");
  return classes.map((one: { name?: unknown; clips?: unknown }) => {
    if (typeof one.name !== "string" || !Array.isArray(one.clips))
      throw new Error("a class of the project is damaged");
    return { name: one.name, clips: one.clips.map(readClip) };
  });
}

function readClip({ name, embeddings }: { name?: unknown; embeddings?: unknown }): Clip {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === 384 && row.every(Number.isFinite);
  if (
    typeof name !== "string" ||
    !Array.isArray(embeddings) ||
    embeddings.length === 0 ||
    !embeddings.every(isRow)
  )
    throw new Error("a clip of the project is damaged");
  return { name, embeddings: embeddings.map((row: number[]) => Float32Array.from(row)) };
}
