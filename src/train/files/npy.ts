// NumPy's array file: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.

/** What stands before the float32 elements of an array of this shape, row-major. */
export function npyHeader(shape: readonly number[]): Uint8Array {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = 64 * Math.ceil((10 + text.length + 1) / 64) - 10;
  const header = new Uint8Array(10 + length);
  header.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, length & 255, length >> 8]);
  header.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  return header;
}
