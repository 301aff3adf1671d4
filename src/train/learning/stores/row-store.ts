// Rows of numbers for the GPU, as many as there are: in pieces that a kernel can bind, up to what may stay there. What is
// more stays where it is written from, and goes to the GPU with the batch that wants it.
import { cat, noGrad, type Tensor, tensor } from "../../../index.ts";

/**
 * What a store keeps on the GPU, in bytes, which has networks, other stores and other programs to hold besides; WebGPU does not
 * say how much there is. A row that is sent costs less than a tenth of what is computed with it (docs/performance.md).
 */
const KEPT_BYTES = 2 ** 30;

export class RowStore {
  /** Of the rows that stay. */
  readonly pieces: Tensor[] = [];
  private readonly pieceRows: number;
  /** How many stay: the first ones. */
  readonly kept: number;

  /**
   * @param size number of rows
   * @param width elements of a row
   * @param write writes row `i` into the array that it is given, of `width` zeros; the same numbers whenever it is asked
   * @param maxBytes the largest array that the device can bind
   * @param keptBytes what may stay on the GPU
   */
  constructor(
    readonly size: number,
    readonly width: number,
    private readonly write: (i: number, into: Float32Array) => void,
    maxBytes: number,
    keptBytes = KEPT_BYTES,
  ) {
    this.pieceRows = Math.max(1, Math.floor(maxBytes / (width * 4)));
    this.kept = Math.min(size, Math.floor(keptBytes / (width * 4)));
    for (let from = 0; from < this.kept; from += this.pieceRows) {
      const rows = Math.min(this.pieceRows, this.kept - from);
      this.pieces.push(this.written(Array.from({ length: rows }, (_, i) => from + i)));
    }
  }

  /** The rows at these positions, in this order: `[positions, width]`. */
  gather(positions: readonly number[]): Tensor {
    return noGrad(() => {
      // Places in `positions`, by piece; the last are of rows that are sent.
      const places = [...this.pieces, null].map(() => [] as number[]);
      positions.forEach((position, place) => {
        const piece = position < this.kept ? Math.floor(position / this.pieceRows) : this.pieces.length;
        places[piece]!.push(place);
      });
      const found = places.flatMap((own, piece) => {
        if (own.length === 0) return [];
        const rows = own.map((place) => positions[place]!);
        if (piece === this.pieces.length) return [this.written(rows)];
        return [this.pieces[piece]!.indexSelect(0, rows.map((row) => row % this.pieceRows))]; // biome-ignore format: one thing
      });
      if (found.length <= 1) return found[0] ?? this.written([]);
      const rowOf = new Array<number>(positions.length);
      places.flat().forEach((place, row) => {
        rowOf[place] = row;
      });
      return cat(found).indexSelect(0, rowOf);
    });
  }

  private written(rows: readonly number[]): Tensor {
    const { width } = this;
    const data = new Float32Array(rows.length * width);
    for (const [i, row] of rows.entries()) this.write(row, data.subarray(i * width, (i + 1) * width));
    return tensor(data, { shape: [rows.length, width] });
  }
}
