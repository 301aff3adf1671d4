// Rows of numbers on the GPU, as many as there are: in pieces that a kernel can bind.
import { cat, noGrad, type Tensor, tensor } from "../../../index.ts";

export class RowStore {
  private readonly pieces: Tensor[] = [];
  private readonly pieceRows: number;

  /**
   * @param size number of rows
   * @param width elements of a row
   * @param write writes row `i` into the array that it is given, of `width` zeros
   * @param maxBytes the largest array that the device can bind
   */
  constructor(
    readonly size: number,
    readonly width: number,
    write: (i: number, into: Float32Array) => void,
    maxBytes: number,
  ) {
    this.pieceRows = Math.max(1, Math.floor(maxBytes / (width * 4)));
    for (let from = 0; from < size; from += this.pieceRows) {
      const rows = Math.min(this.pieceRows, size - from);
      const data = new Float32Array(rows * width);
      for (let i = 0; i < rows; i++) write(from + i, data.subarray(i * width, (i + 1) * width));
      this.pieces.push(tensor(data, { shape: [rows, width] }));
    }
  }

  /** The rows at these positions, in this order: `[positions, width]`. */
  gather(positions: readonly number[]): Tensor {
    return noGrad(() => {
      if (this.pieces.length === 1) return this.pieces[0]!.indexSelect(0, positions);
      const byPiece = this.pieces.map(() => [] as number[]); // places in `positions`
      positions.forEach((position, place) => {
        byPiece[Math.floor(position / this.pieceRows)]!.push(place);
      });
      const found = byPiece.flatMap((places, piece) => {
        const rows = places.map((place) => positions[place]! % this.pieceRows);
        return rows.length === 0 ? [] : [this.pieces[piece]!.indexSelect(0, rows)];
      });
      const placeOf = new Array<number>(positions.length);
      byPiece.flat().forEach((place, row) => {
        placeOf[place] = row;
      });
      return cat(found).indexSelect(0, placeOf);
    });
  }
}
