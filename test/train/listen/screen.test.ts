// The display, at widths of terminals: what is on it, and that no line is wider than there is room.
import { expect, test } from "bun:test";
import pico from "picocolors";
import type { Standing } from "../../../src/train/listen/listening.ts";
import { Screen } from "../../../src/train/listen/screen.ts";

const CLASSES = ["dog", "rain", "a class with a name that takes more than half of a line"];

/** A display that has heard ten seconds of dog, silence, rain, something else, and rain. */
function heard(standing: Partial<Standing> = {}): { screen: Screen; standing: Standing } {
  const screen = new Screen(CLASSES, 3, pico.createColors(false));
  const all: Standing = {
    seconds: 0,
    behind: 0.31,
    dropped: 0,
    live: true,
    level: { rms: -23.4, peak: -5 },
    now: null,
    open: [],
    ...standing,
  };
  const probabilities = Float32Array.from([0.125, 0.75, 0.125]);
  for (let window = 0; window < 40; window++) {
    const part = Math.floor(window / 8);
    all.seconds = window / 4;
    all.now = { probabilities, silent: part === 1, known: part !== 3 };
    const event = (label: number) => [{ label, begin: 0, end: 1, probability: 0.9 }];
    all.open = part === 0 ? event(0) : part === 1 || part === 3 ? [] : event(1);
    screen.heard(all);
  }
  return { screen, standing: all };
}

test("60 columns: level, bars, timeline, times, legend, how far behind", () => {
  const { screen, standing } = heard();
  const lines = screen.lines(standing, null, 60);
  console.log(lines.map((line) => `  ${line}`).join("\n"));
  expect(lines).toEqual([
    "",
    "level ▕██████████████████▎           ▏ −23 dB, peak  −5",
    `rain                            0.75  ${"█".repeat(16)}▌`,
    "dog                             0.13  ██▊",
    "a class with a name that take…  0.13  ██▊",
    `${" ".repeat(40)}dddd····rrrr????rrrr`,
    "               −20 s               −10 s                 now",
    "d dog  r rain  · silent  ? none of these",
    "10 s heard, 0.3 s behind the sound",
  ]);
});

test("20, 40 and 200 columns: no line is wider, and none is missing", () => {
  const { screen, standing } = heard({ behind: null, dropped: 4.2 });
  for (const columns of [20, 40, 200]) {
    const lines = screen.lines(standing, 24.3, columns);
    expect(lines.length).toBe(9);
    if (columns >= 40)
      expect(Math.max(...lines.slice(0, 7).map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(
        columns,
      );
    expect(lines[8]).toBe("10 s heard, 24 times as fast as it sounds, 4 s dropped");
  }
});

test("before anything was heard it has as many lines", () => {
  const screen = new Screen(CLASSES, 3, pico.createColors(false));
  const { standing } = heard();
  expect(screen.lines(standing, null, 60).length).toBe(9);
});

test("a recording that is heard more slowly than it sounds is not heard 0 times as fast", () => {
  const { screen, standing } = heard({ live: false, behind: null });
  for (const [pace, said] of [
    [0.34, "0.3"],
    [1.26, "1.3"],
    [9.96, "10"],
    [123.4, "123"],
  ] as const)
    expect(screen.lines(standing, pace, 80).join("\n")).toContain(
      `heard, ${said} times as fast as it sounds`,
    );
});
