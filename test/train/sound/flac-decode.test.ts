// FLAC frames of every kind of prediction and depth, and what is played of one that is damaged.
import { expect, test } from "bun:test";
import { flacFrames, flacHeader } from "../../../src/train/sound/flac-frames.ts";
import { fixture, hear, hearAll } from "./hear.ts";

/** Every sample of a file, `[channels][samples]`, full scale ±1. */
function channelsOf(bytes: Uint8Array): number[][] {
  const source = { size: bytes.length, read: (from: number, to: number) => bytes.subarray(from, to) };
  const channels: number[][] = [];
  for (const { channelData } of flacFrames(source, flacHeader(source)!, (flaw) => expect(flaw).toBeNull()))
    for (const [c, samples] of channelData.entries()) {
      channels[c] ??= [];
      channels[c].push(...samples);
    }
  return channels;
}

test("the samples' MD5 is the one that the encoder left in the file: 16 and 24 bits, one and two channels", () => {
  for (const [name, bytes] of [
    ["tone.flac", 2],
    ["deep24.flac", 3],
  ] as const) {
    const file = fixture(name);
    const channels = channelsOf(file);
    const stored = new DataView(new ArrayBuffer(4));
    const all: number[] = [];
    for (let i = 0; i < channels[0]!.length; i++)
      for (const samples of channels) {
        stored.setInt32(0, samples[i]! * 2 ** (8 * bytes - 1), true);
        for (let b = 0; b < bytes; b++) all.push(stored.getUint8(b));
      }
    const md5 = new Bun.CryptoHasher("md5").update(Uint8Array.from(all)).digest("hex");
    expect(md5).toBe(Buffer.from(file.subarray(26, 42)).toString("hex"));
  }
});

test("32 bits, of which the difference of two channels has 33", () => {
  let seed = 1;
  const next = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  const [left, right] = channelsOf(fixture("deep32.flac")) as [number[], number[]];
  expect([left.length, right.length]).toEqual([1200, 1200]);
  seed = 1;
  for (let i = 0; i < 1200; i++) {
    const common = 0.6 * Math.sin(i / 20) + 0.25 * Math.sin(i / 3.1);
    expect(Math.abs(left[i]! - (common + 0.01 * next()))).toBeLessThan(1e-7);
    expect(Math.abs(right[i]! - (0.9 * common + 0.02 * next()))).toBeLessThan(1e-7);
  }
});

test("a damaged frame is played where it decodes, as ffmpeg plays it; where it does not, it is left out", async () => {
  const FLAC = fixture("tone.flac");
  const plain = await hear(FLAC);
  const damaged = async (at: number) => {
    const bytes = new Uint8Array(FLAC);
    bytes[at]! ^= 0x55;
    const { samples, flaw } = await hearAll(bytes);
    const numbers = Int16Array.from(samples, (sample) => sample * 2 ** 15);
    const hash = new Bun.CryptoHasher("sha256").update(new Uint8Array(numbers.buffer)).digest("hex");
    return { samples, flaw, hash: hash.slice(0, 16) };
  };
  // The hashes are of what `ffmpeg -cpuflags 0 -i FILE -f s16le -` of ffmpeg 5.1 gives.
  for (const [at, frame, hash] of [
    [9000, 1, "2f58573702bf6f83"],
    [9500, 2, "5124fddf8dceabb4"],
    [10000, 3, "3313e4626bed75ca"],
    [10700, 4, "c2873e9fe49db7c4"],
  ] as const) {
    const heard = await damaged(at);
    expect(heard.hash).toBe(hash);
    expect(heard.flaw).toBe(
      `is truncated or damaged: no whole frame follows sample ${1152 * frame}; 0.80 s of it are heard`,
    );
    expect(heard.samples.slice(0, 1152 * frame)).toEqual(plain.slice(0, 1152 * frame));
    expect(heard.samples.slice(1152 * (frame + 1))).toEqual(plain.slice(1152 * (frame + 1)));
  }
  const without = await damaged(11500); // its numbers go on beyond the next frame's beginning
  expect(without.hash).toBe("52ca81e63ebda95c");
  expect(without.samples).toEqual([...plain.slice(0, 5 * 1152), ...plain.slice(6 * 1152)]);
});
