// Compressed samples in WAV files, against what ffmpeg 5.1 makes of the same bytes (`ffmpeg -i x.wav -f s16le -`).
import { expect, test } from "bun:test";
import { decodeWav, wavBlocks } from "../../../src/audio/wav.ts";
import { chunk, format, riff } from "./pieces.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
/** In units of 16 bits; several channels are added up. */
const heard = (wave: Uint8Array, channels = 1) =>
  [...decodeWav(wave).samples].map((sample) => Math.round(sample * 32768 * channels));

// One block of 32 bytes each, as ffmpeg wrote them (-block_size 32).
const IMA = bytes("9a19000077777777d2bb8a41443312a9dddbaad90022331381cabcac88424424");
const IMA_STEREO = bytes("00000000333300007777777777773382d1d0c1e0f0001f3f4d5d2c0000cf0c9a");
const MICROSOFT = bytes("0010001a319a19777773dbddee0143533210dbcccedeb0123334110ecdcdee02");

test("IMA ADPCM", () => {
  const wanted = [6554, 6567, 6597, 6660, 6796, 7090, 7721, 9078, 11988, 14067, 9909, 6035, 2513];
  const wave = riff(format(17, 1, 8000, 4, 32), chunk("data", IMA));
  expect(heard(wave)).toHaveLength(57);
  expect(heard(wave).slice(0, 13)).toEqual(wanted);
  const two = riff(format(17, 1, 8000, 4, 32), chunk("data", Buffer.concat([IMA, IMA.subarray(0, 12)])));
  expect(heard(two)).toEqual([...heard(wave), ...heard(wave).slice(0, 17)]); // the last block is a part of one
  const source = { size: two.length, read: (from: number, to: number) => two.subarray(from, to) };
  const blocks = [...wavBlocks(source, "it", 40)].map(({ samples }) => samples.length);
  expect(blocks).toEqual([57, 17]);
});

test("IMA ADPCM of two channels: words of four bytes take turns", () => {
  const wave = riff(format(17, 2, 8000, 4, 32), chunk("data", IMA_STEREO));
  const left = [0, 13, 43, 106, 242, 536];
  const right = [13107, 13120, 13150, 13213, 13349, 13486];
  expect(heard(wave, 2).slice(0, 6)).toEqual(left.map((x, i) => x + right[i]!));
  expect(heard(wave, 2)).toHaveLength(25);
});

test("Microsoft's ADPCM", () => {
  const wave = riff(format(2, 1, 8000, 4, 32), chunk("data", MICROSOFT));
  const wanted = [6554, 12570, 12682, 12948, 13585, 15111, 18765, 22518, 19149, 14109, 9279, 4941, 2343, 9];
  expect(heard(wave)).toHaveLength(52);
  expect(heard(wave).slice(0, wanted.length)).toEqual(wanted);
});

test("mu-law and A-law: all 256 values", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const mu = heard(riff(format(7, 1, 8000, 8), chunk("data", all)));
  const a = heard(riff(format(6, 1, 8000, 8), chunk("data", all)));
  // ITU-T G.711: both ends of each segment's first, and the values nearest to 0.
  expect([mu[0], mu[0x80], mu[0x7f], mu[0xff], mu[0x10]]).toEqual([-32124, 32124, 0, 0, -15996]);
  expect([a[0x2a], a[0xaa], a[0x55], a[0xd5], a[0]]).toEqual([-32256, 32256, -8, 8, -5504]);
  for (const [table, sum] of [
    [mu, 1_532_928],
    [a, 1_564_672],
  ] as const) {
    expect(table.reduce((total, x) => total + x, 0)).toBe(0); // as many below 0 as above
    expect(table.reduce((total, x) => total + Math.abs(x), 0)).toBe(sum);
  }
});
