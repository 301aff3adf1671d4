// The drawing of predictions: letters that tell classes apart, bars to an eighth of a column, times under their columns.
import { expect, test } from "bun:test";
import pico from "picocolors";
import type { Hearing } from "../../../src/train/predict/predictor.ts";
import { axis, bar, describe, lettersFor, timeline } from "../../../src/train/predict/text.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";

const { frontEnd } = findRecipe("blog-bn");
const step = frontEnd.segmentStep / frontEnd.sampleRate; // 0.476 s

/** Segments that are surely the given class; null for silent ones. */
function heard(...classes: (number | null)[]): Hearing {
  return {
    segments: classes.map((k) => Float32Array.from({ length: 3 }, (_, i) => (i === k ? 0.8 : 0.1))),
    silent: classes.map((k) => k === null),
    pending: 0,
  };
}

test("letters: the first that is free, capitals when they run out, each only once", () => {
  expect(lettersFor(["dog", "rain", "rooster", "drip", "_", "d"])).toEqual(["d", "r", "o", "i", "a", "D"]);
  const many = lettersFor(Array.from({ length: 52 }, () => "class"));
  expect(new Set(many).size).toBe(52);
  expect(lettersFor(Array.from({ length: 53 }, () => "x")).at(-1)).toBe("?");
});

test("bars and times", () => {
  expect([0, 0.5, 0.51, 1].map((share) => bar(share, 10))).toEqual(["", "█████", "█████▏", "██████████"]);
  expect(axis(5, 50)).toBe("0 s       1 s       2 s       3 s       4 s");
  expect(axis(0.05, 40)).toBe("0 s");
  expect(axis(100, 50)).toBe("0 s       20 s      40 s      1:00      1:20");
  expect(axis(7200, 80)).toBe(
    "0 s       15:00     30:00     45:00     1:00:00   1:15:00   1:30:00   1:45:00",
  );
  for (const seconds of [0.2, 1, 59, 61, 3599, 3601, 86_400, 1e6])
    for (const width of [10, 61, 100]) expect(axis(seconds, width).length).toBeLessThanOrEqual(width);
});

test("a timeline: each column is what the nearest segments say, and the end is nobody's", () => {
  const sound = { seconds: 10 * step, sampleRate: 44100 };
  const line = timeline(heard(0, 0, null, 1, 1), sound, frontEnd, 100).map(
    (k) => "012"[k] ?? (k === -1 ? "." : " "),
  );
  // Five segments reach to six steps: the first's nearest part is a step and a quarter … the last's ends at six.
  expect(line.join("")).toMatch(/^0{25}\.{10}1{25} {40}$/);
});

test("a timeline leaves out what is less likely than it is told to", () => {
  const hearing = { ...heard(0, 1, 1), silent: [false, false, false] };
  hearing.segments[1]!.set([0.3, 0.2, 0.1]);
  const sound = { seconds: 4 * step, sampleRate: 22050 };
  const text = (least: number) => timeline(hearing, sound, frontEnd, 8, { least }).map((k) => "01"[k] ?? " ");
  expect(text(0).join("")).toBe("00000111");
  expect(text(0.31).join("")).toBe("000  111");
  expect(text(0.9).join("")).toBe("        ");
});

test("what is told with colours is told without them", () => {
  const subject = { classes: ["dog", "rain", "sea"], frontEnd, top: 2 };
  const hearing = heard(0, 0, 1);
  const sound = { seconds: 4 * step, sampleRate: 22050 };
  const plain = describe("a.wav", sound, hearing, subject, {
    columns: 24,
    colors: pico.createColors(false),
  });
  expect(plain).toEqual([
    "a.wav  1.9 s",
    "  dog   0.57  █████████████████",
    "  rain  0.33  ██████████",
    "  ddddddddddddrrrrrrrr",
    "  0 s        1 s",
    "  d dog  r rain",
  ]);
  const wide = describe(
    "a.wav",
    sound,
    hearing,
    { ...subject, classes: ["犬", "rain", "sea"] },
    {
      columns: 24,
      colors: pico.createColors(false),
    },
  );
  expect(wide.slice(1, 3)).toEqual(["  犬    0.57  █████████████████", "  rain  0.33  ██████████"]); // 犬 is two columns wide
  const colored = describe("a.wav", sound, hearing, subject, {
    columns: 24,
    colors: pico.createColors(true),
  });
  expect(colored.join("\n")).toContain("\x1b[46m");
  expect(colored.map((line) => Bun.stripANSI(line))).toEqual(plain);
  const silent = describe("a.wav", { ...sound, seconds: 1 }, heard(null), subject, {
    columns: 80,
    colors: pico.createColors(false),
  });
  expect(silent[0]).toBe("a.wav  1.0 s  silent: no segment's mean is above -70 dB; a guess all the same:");
});
