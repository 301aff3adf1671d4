// Checksums, against published values and another program's.
import { expect, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { crc32, crc32c } from "../../../src/nn/weights/crc.ts";

test("CRC-32C of RFC 3720's examples and of the usual check string", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(ascending)).toBe(0x46dd794e);
  expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

test("CRC-32 of the usual check string, and of any bytes as zlib has it", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  const random = new HostRandom(1);
  for (let length = 0; length < 100; length++) {
    const bytes = Uint8Array.from({ length }, () => random.int(256));
    expect(crc32(bytes)).toBe(Bun.hash.crc32(bytes));
  }
});
