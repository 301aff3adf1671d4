// Events from probabilities: where they begin and end, what is one event and what is none.
import { expect, test } from "bun:test";
import { Detector, type Event } from "../../../src/train/listen/events.ts";

const STEP = 0.25;
const WINDOW = 1;

/** What is detected where window i, around (i + 2) / 4 seconds, has these probabilities of each class. */
function detect(
  rows: number[][],
  { ignored = new Set<number>(), threshold = 0.5, smooth = 3, start = 0 } = {},
): Event[] {
  const detector = new Detector({ ignored, threshold, window: WINDOW, smooth }, start);
  const events = rows.flatMap((row, i) =>
    detector.push(start + WINDOW / 2 + i * STEP, Float32Array.from(row)),
  );
  return [...events, ...detector.finish(start + WINDOW + (rows.length - 1) * STEP)];
}

/** Windows of one class, whose probability is the share of them that sounds. */
function shares(sounds: [begin: number, end: number][], seconds: number): number[][] {
  return Array.from({ length: Math.floor((seconds - WINDOW) / STEP) + 1 }, (_, i) => {
    const [from, to] = [i * STEP, i * STEP + WINDOW];
    const covered = sounds.map(([a, b]) => Math.max(0, Math.min(to, b) - Math.max(from, a)));
    return [covered.reduce((a, b) => a + b, 0) / WINDOW, 0];
  });
}

test("what takes three eighths of a window to be heard begins and ends where it does, wherever windows lie", () => {
  let worst = 0;
  for (let shift = 0; shift < 1; shift += 0.07) {
    const sounds: [number, number][] = [
      [3 + shift, 5.3 + shift],
      [8 + shift, 9.6],
    ];
    const found = detect(shares(sounds, 12), { threshold: 3 / 8 });
    expect(found.map(({ label }) => label)).toEqual([0, 0]);
    for (const [i, [begin, end]] of sounds.entries())
      worst = Math.max(worst, Math.abs(found[i]!.begin - begin), Math.abs(found[i]!.end - end));
  }
  console.log(`  windows of 1 s, ${STEP} s apart: at most ${worst.toFixed(3)} s off`);
  expect(worst).toBeLessThan(STEP / 2);
});

test("one outlier is no event, and one gap none between two; without smoothing they are", () => {
  const wavering = [0, 0, 0.9, 0, 0, 0, 0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9, 0, 0, 0].map((p) => [p, 0]);
  expect(detect(wavering).map(({ begin, end }) => [begin.toFixed(2), end.toFixed(2)])).toEqual([
    ["2.01", "3.49"],
  ]);
  expect(detect(wavering, { smooth: 1 }).length).toBe(3);
});

test("an event goes on while its probability is above half the threshold, and ended where it was below it last", () => {
  const rows = [0, 0, 1, 1, 0.3, 0.3, 1, 1, 0.3, 0.3, 0, 0].map((p) => [p, 0]);
  const [event, ...others] = detect(rows, { smooth: 1 });
  expect(others).toEqual([]);
  expect([event!.begin, event!.end]).toEqual([
    expect.closeTo(0.5 + 1.5 * STEP + WINDOW / 8, 5),
    expect.closeTo(0.5 + (7 + 0.5 / 0.7) * STEP - WINDOW / 8, 5),
  ]);
  expect(event!.probability).toBe(1);
});

test("what sounds from the beginning or to the end has these for its own; two classes are two events", () => {
  const rows = [
    [1, 0],
    [1, 0],
    [1, 0.9],
    [0, 0.9],
    [0, 0.9],
    [0, 0.8],
  ];
  expect(detect(rows, { smooth: 1, start: 100 })).toEqual([
    { label: 0, begin: 100, end: expect.closeTo(101, 5), probability: 1 },
    { label: 1, begin: expect.closeTo(101.014, 3), end: 102.25, probability: Math.fround(0.9) },
  ]);
  expect(detect([[0.9, 0.1]])).toEqual([{ label: 0, begin: 0, end: 1, probability: Math.fround(0.9) }]);
});

test("a class that is ignored is no event, whatever its probability", () => {
  expect(
    detect(
      [
        [1, 0],
        [1, 0],
        [1, 0],
      ],
      { ignored: new Set([0]) },
    ),
  ).toEqual([]);
});
