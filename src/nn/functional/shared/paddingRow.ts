// The row of an embedding's table that is padding.

/** Its number, counted from the start. Throws where it is none of the rows. */
export function paddingRow(who: string, paddingIdx: number, rows: number): number {
  if (Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows)
    return paddingIdx < 0 ? rows + paddingIdx : paddingIdx;
  throw new RangeError(`${who}: paddingIdx is one of the ${rows} rows, got ${paddingIdx}`);
}
