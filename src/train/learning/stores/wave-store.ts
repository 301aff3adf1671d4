// The training clips' waveforms on the GPU, from which segments are cut a batch at a time.
import { noGrad, type Tensor } from "../../../index.ts";
import type { FrontEnd } from "../../recipes/recipe.ts";
import { RowStore } from "./row-store.ts";

/** A segment's place: a clip, and how many segments come before it there. */
export interface Place {
  clip: number;
  index: number;
}

/**
 * Segments overlap, so that waveforms are kept in rows of `segmentStep` samples: segment i of a clip is the clip's
 * rows i, i + 1, … until there are `segmentSamples`.
 */
export class WaveStore {
  readonly size: number;
  private readonly rows: RowStore;
  private readonly rowsASegment: number;
  private readonly firstRow: number[];

  /**
   * @param waves the clips, prepared and long enough for the segments that are cut from them
   * @param places where each segment lies; position i of the store is places[i]
   * @param maxBytes the largest array that the device can bind
   */
  constructor(
    waves: readonly Float32Array[],
    private readonly places: readonly Place[],
    private readonly frontEnd: FrontEnd,
    maxBytes: number,
  ) {
    const { segmentSamples, segmentStep } = frontEnd;
    this.size = places.length;
    this.rowsASegment = Math.ceil(segmentSamples / segmentStep);
    const owners: Place[] = waves.flatMap((wave, clip) => {
      const segments = Math.floor((wave.length - segmentSamples) / segmentStep) + 1;
      return Array.from({ length: segments + this.rowsASegment - 1 }, (_, index) => ({ clip, index }));
    });
    this.firstRow = waves.map((_, clip) => owners.findIndex((owner) => owner.clip === clip));
    const write = (row: number, into: Float32Array) => {
      const { clip, index } = owners[row]!;
      into.set(waves[clip]!.subarray(index * segmentStep, (index + 1) * segmentStep));
    };
    this.rows = new RowStore(owners.length, segmentStep, write, maxBytes);
  }

  /** The waveforms at these positions: `[positions, segmentSamples]`. */
  segments(positions: readonly number[]): Tensor {
    const { segmentSamples, segmentStep } = this.frontEnd;
    const rows = positions.flatMap((position) => {
      const { clip, index } = this.places[position]!;
      return Array.from({ length: this.rowsASegment }, (_, i) => this.firstRow[clip]! + index + i);
    });
    return noGrad(() =>
      this.rows
        .gather(rows)
        .reshape([positions.length, this.rowsASegment * segmentStep])
        .narrow(1, 0, segmentSamples),
    );
  }
}
