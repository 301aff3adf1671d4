// Cyclic redundancy checks of 32 bits, by a table of the reflected polynomial.

/** That of zip and PNG files (ISO 3309). */
export const crc32 = byTable(0xedb88320);
/** Castagnoli's (RFC 3720, appendix B.4). */
export const crc32c = byTable(0x82f63b78);

function byTable(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ polynomial : n >>> 1;
    return n;
  });
  return (bytes) => {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };
}
