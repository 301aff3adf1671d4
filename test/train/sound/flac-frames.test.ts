// FLAC files with anything behind them, without a length in their headers, and at full scale.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { fixture, hear, hearAll } from "./hear.ts";

setDefaultTimeout(60_000);

const FLAC = fixture("tone.flac");
const random = new HostRandom(8);
const noise = (length: number) => Uint8Array.from({ length }, () => random.int(256));

/** The same without the number of samples in STREAMINFO. */
const UNKNOWN = new Uint8Array(FLAC);
UNKNOWN.fill(0, 22, 26);
UNKNOWN[21]! &= 0xf0;

test("all samples are there, whatever is behind them and whatever the header says", async () => {
  const plain = await hear(FLAC);
  expect(plain).toHaveLength(12800);
  for (const file of [FLAC, UNKNOWN]) {
    for (const length of [0, 1, 2, 128, 5000, 300_000])
      expect(await hear(file, noise(length))).toEqual(plain);
    expect(await hear(file, new Uint8Array(1000))).toEqual(plain);
  }
});

test("a frame that is cut off is not heard, and said, whether the header tells the length or not", async () => {
  const plain = await hear(FLAC);
  const cut = await hearAll(FLAC.subarray(0, -1));
  expect(cut).toEqual({
    samples: plain.slice(0, 11 * 1152),
    flaw: expect.stringMatching(
      /^is truncated or damaged: no whole frame follows sample 12672; 0.79 s of it are heard$/,
    ),
  });
  expect(await hearAll(UNKNOWN.subarray(0, -1))).toEqual(cut);
  const ended = await hearAll(FLAC.subarray(0, FLAC.length - 139));
  expect(ended).toEqual({ samples: cut.samples, flaw: "ends after 0.79 of 0.80 s: the rest is missing" });
  expect((await hearAll(UNKNOWN.subarray(0, FLAC.length - 139))).flaw).toBeNull();
});

test("the lowest and the highest number of 8, 16 and 24 bits", async () => {
  for (const [bits, depth] of [
    [8, 1],
    [16, 4],
    [24, 6],
  ] as const) {
    const full = 2 ** (bits - 1);
    const samples = [-full, full - 1, 0, 1, -1, full / 2];
    expect(await hear(verbatim(samples, bits, depth))).toEqual(samples.map((x) => Math.fround(x / full)));
  }
});

/** A FLAC file of one frame, its samples stored as they are (RFC 9639). */
function verbatim(samples: number[], bits: number, depth: number): Uint8Array {
  const write = (fields: [value: number, bits: number][]) => {
    const text = fields.map(([value, n]) =>
      (value < 0 ? value + 2 ** n : value).toString(2).padStart(n, "0"),
    );
    const all = text.join("");
    return Array.from({ length: all.length / 8 }, (_, i) => Number.parseInt(all.slice(8 * i, 8 * i + 8), 2));
  };
  const info = write([
    [16, 16],
    [16, 16],
    [0, 24],
    [0, 24],
    [8000, 20],
    [0, 3],
    [bits - 1, 5],
    [samples.length, 36], // biome-ignore format: fields
  ]);
  const header = write([
    [0xfff8, 16],
    [6, 4],
    [4, 4],
    [0, 4],
    [depth, 3],
    [0, 1],
    [0, 8],
    [samples.length - 1, 8],
  ]);
  header.push(remainder(header, 0x07, 8));
  const frame = [...header, ...write([[2, 8], ...samples.map((x): [number, number] => [x, bits])])];
  const sum = remainder(frame, 0x8005, 16);
  const magic = [0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34];
  return new Uint8Array([...magic, ...info, ...new Array(16).fill(0), ...frame, sum >> 8, sum & 255]);
}

/** A checksum, bit by bit. */
function remainder(bytes: number[], polynomial: number, bits: number): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++)
      sum = (sum & (2 ** (bits - 1)) ? (sum << 1) ^ polynomial : sum << 1) % 2 ** bits;
  }
  return sum;
}
