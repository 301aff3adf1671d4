// How loud it is, and a sound made as loud as the clips that a network learned from.
import { expect, test } from "bun:test";
import { Leveller, levelOf } from "../../../src/train/listen/level.ts";

const RATE = 8000;
const tone = (seconds: number, level: number) =>
  Float32Array.from({ length: seconds * RATE }, (_, i) => level * Math.sin((2 * Math.PI * 440 * i) / RATE));

test("a full sine is 3 dB below full scale, its peak none; silence has no level", () => {
  const { rms, peak } = levelOf(tone(1, 1));
  expect([rms, peak]).toEqual([expect.closeTo(-3.01, 2), expect.closeTo(0, 2)]);
  expect(levelOf(new Float32Array(100))).toEqual({ rms: -Infinity, peak: -Infinity });
});

test("quiet and loud are both heard at full scale, in time; what is hardly anything stays so", () => {
  const leveller = new Leveller();
  const peaks: number[] = [];
  for (const level of [0.1, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.001, 0.001]) {
    const { peak } = levelOf(leveller.push(tone(3, level), RATE).subarray(-RATE));
    peaks.push(Math.round(peak));
  }
  console.log(`  peaks after 3 s each: ${peaks.join(", ")} dB`);
  expect(peaks.slice(0, 3)).toEqual([0, 0, -8]);
  expect(peaks[6]).toBe(0);
  expect(peaks[8]).toBeLessThan(-25);
});

test("it makes no difference in which pieces a sound comes", () => {
  const sound = Float32Array.from([...tone(1, 0.3), ...tone(1, 0.02), ...tone(1, 0.8)]);
  const inPieces = (length: number) => {
    const leveller = new Leveller();
    const all: number[] = [];
    for (let at = 0; at < sound.length; at += length)
      all.push(...leveller.push(sound.subarray(at, at + length), RATE));
    return all;
  };
  expect(inPieces(777)).toEqual(inPieces(sound.length));
});
