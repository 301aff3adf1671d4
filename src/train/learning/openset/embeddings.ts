// What a network makes of a sound before it decides: the embedding, which is what goes into its last dense layer. A sound of
// a class that was learned lies in the direction of that class's mean; how far off it lies is its cosine similarity.
import { F, nn, type Tensor, tensor } from "../../../index.ts";

/** The mean embedding of each class over its training segments, of length 1: [classes, size], row-major. */
export interface Directions {
  readonly values: Float32Array;
  readonly size: number;
}

/** Tells `see` of every embedding [n, size] while `during` sends segments through the network. */
async function whileWatching<T>(
  model: nn.Module<[Tensor], Tensor>,
  see: (embedding: Tensor) => void,
  during: () => Promise<T>,
): Promise<T> {
  const last = model.modules().findLast((module) => module instanceof nn.Linear);
  if (last === undefined) throw new Error("the network has no dense layer, so that it has no embedding");
  const hook = last.registerForwardPreHook((_, [embedding]) => see(embedding as Tensor));
  try {
    return await during();
  } finally {
    hook.remove();
  }
}

/** Adds up embeddings by class. */
export class MeanEmbeddings {
  private sums: Float64Array[] = [];

  constructor(private readonly classes: number) {}

  /** Adds what the network makes of segments of these classes while `during` sends them through it, in their order. */
  async add(
    model: nn.Module<[Tensor], Tensor>,
    labels: readonly number[],
    during: () => Promise<unknown>,
  ): Promise<void> {
    const read: Promise<Float32Array>[] = [];
    let size = 0;
    await whileWatching(
      model,
      (embedding) => {
        size = embedding.shape[1]!;
        read.push(embedding.data() as Promise<Float32Array>);
      },
      during,
    );
    let row = 0;
    for (const values of await Promise.all(read)) {
      for (let from = 0; from < values.length; from += size) {
        const label = labels[row++]!;
        this.sums[label] ??= new Float64Array(size);
        const sum = this.sums[label];
        for (let i = 0; i < size; i++) sum[i]! += values[from + i]!;
      }
    }
  }

  /** A class of which there was nothing has no direction: all zero, to which nothing is similar. */
  directions(): Directions {
    const size = this.sums.find((sum) => sum !== undefined)!.length;
    const values = new Float32Array(this.classes * size);
    for (const [label, sum] of this.sums.entries()) {
      if (sum === undefined) continue;
      const length = Math.hypot(...sum) || 1;
      for (const [i, value] of sum.entries()) values[label * size + i] = value / length;
    }
    return { values, size };
  }
}

/**
 * The cosine similarity [segments, classes] of what the network makes of segments to each class's mean, while `during`
 * sends them through it; and what `during` gives.
 */
export async function withSimilarities<T>(
  model: nn.Module<[Tensor], Tensor>,
  { values, size }: Directions,
  during: () => Promise<T>,
): Promise<{ result: T; similarities: Float32Array }> {
  const means = tensor(values, { shape: [values.length / size, size] });
  const read: Promise<Float32Array>[] = [];
  const see = (embedding: Tensor) => {
    if (embedding.shape[1] !== size)
      throw new Error(`embeddings are of ${embedding.shape[1]} numbers, the classes' means of ${size}`);
    read.push(F.linear(F.normalize(embedding, { dim: 1 }), means).data() as Promise<Float32Array>);
  };
  const result = await whileWatching(model, see, during);
  const parts = await Promise.all(read);
  const similarities = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    similarities.set(part, at);
    at += part.length;
  }
  return { result, similarities };
}
