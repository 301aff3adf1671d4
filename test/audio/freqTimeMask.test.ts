// Masks: where they fall is a matter of the seed alone, and they are as wide as was asked.
import { describe, expect, test } from "bun:test";
import { freqTimeMask } from "../../src/audio/freqTimeMask.ts";
import { manualSeed } from "../../src/gpu/random.ts";
import { toTensor } from "../harness.ts";
import { type MaskOptions, freqTimeMask as reference } from "../reference/audio/freqTimeMask.ts";
import { Random } from "../reference/random.ts";
import { oneOf, prove } from "./prove.ts";

const random = new Random(7);

prove<MaskOptions>({
  name: "freqTimeMask",
  covers: ["freqTimeMask"],
  cases: Array.from({ length: 40 }, () => ({
    input: random.array(
      oneOf(random, [
        [1, 1],
        [60, 41],
        [65, 60, 41],
        [330, 5, 3], // more examples than a row of workgroups takes
        [3, 2, 60, 101],
        [2, 2, 3, 7, 5],
      ]),
    ),
    attrs: {
      freqMaskParam: random.int(0, 70),
      timeMaskParam: random.int(0, 50),
      maskValue: oneOf(random, [0, -1.5]),
      random: { seed: random.int(0, 2 ** 32 - 1), draw: random.int(0, 1000) },
    },
  })),
  run: freqTimeMask,
  reference,
  against: "one",
  allowed: () => 0,
});

describe("freqTimeMask", () => {
  const ones = toTensor({ shape: [500, 20, 30], data: new Float64Array(500 * 600).fill(1) });
  const masked = async () => [...(await freqTimeMask(ones, { freqMaskParam: 8, timeMaskParam: 5 }).data())];

  // torchaudio's rounding never reaches the last row: start + width < size, each rounded down.
  test("bands are of all widths below the parameter, at all places but the last", async () => {
    manualSeed(1);
    const data = await masked();
    const seen = { widths: new Set<number>(), rows: new Set<number>() };
    for (let example = 0; example < 500; example++) {
      // A column that is not masked itself shows the masked rows.
      const columns = Array.from({ length: 30 }, (_, t) => t).map((t) =>
        Array.from({ length: 20 }, (_, m) => data[(example * 20 + m) * 30 + t]!),
      );
      const open = columns.find((column) => column.includes(1))!;
      seen.widths.add(open.filter((value) => value === 0).length);
      for (const [m, value] of open.entries()) if (value === 0) seen.rows.add(m);
    }
    expect([...seen.widths].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(seen.rows.size).toBe(19);
  });

  test("repeats with the seed, and differs from draw to draw", async () => {
    manualSeed(2);
    const [first, second] = [await masked(), await masked()];
    manualSeed(2);
    expect(await masked()).toEqual(first);
    expect(second).not.toEqual(first);
  });

  test("says what is wrong with its arguments", () => {
    expect(() => freqTimeMask(ones, { freqMaskParam: -1 })).toThrow(
      "freqTimeMask: freqMaskParam is a whole number ≥ 0, got -1",
    );
  });
});
