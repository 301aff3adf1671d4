// What waits between whoever records and whoever listens: a file waits for the listener, live sound does not.
import { expect, test } from "bun:test";
import { Inlet, LIVE_SECONDS } from "../../../src/train/listen/inlet.ts";

const RATE = 1000;

/** An inlet on a clock that the test turns, and pieces of a tenth of a second whose samples are counted through. */
function open(kind: "file" | "pipe" | "recorder") {
  const clock = { ms: 1 };
  const inlet = new Inlet(kind, () => clock.ms);
  let made = 0;
  const push = (seconds = 0.1) => {
    const samples = Float32Array.from({ length: Math.round(seconds * RATE) }, () => made++);
    return inlet.push(samples, RATE, 2 * samples.length);
  };
  return { clock, inlet, push };
}

test("a file's samples wait until there is room, and none is lost", async () => {
  const { inlet, push } = open("file");
  let pushed = 0;
  const pump = (async () => {
    for (; pushed < 1000; pushed++) await push();
    inlet.end();
  })();
  let came = 0;
  let most = 0;
  for (;;) {
    const taken = await inlet.take(1000);
    if (taken === null) break;
    if (taken === undefined) throw new Error("nothing came");
    expect([taken.samples[0], taken.dropped]).toEqual([came, 0]);
    came += taken.samples.length;
    for (let turn = 0; turn < 1000; turn++) await null; // slow
    most = Math.max(most, taken.samples.length);
  }
  await pump;
  expect(came).toBe(100 * RATE);
  expect([most > 29 * RATE, most < 31 * RATE]).toEqual([true, true]);
  console.log(`  ${came / RATE} s came, at most ${most / RATE} s at once`);
});

test("a recorder's samples do not wait: the oldest are dropped, and counted", async () => {
  const { inlet, push } = open("recorder");
  for (let i = 0; i < 123; i++) await push();
  const taken = (await inlet.take(0))!;
  expect(taken.samples.length).toBeLessThanOrEqual(LIVE_SECONDS * RATE);
  expect(taken.samples[0]).toBe(taken.dropped);
  expect(taken.dropped + taken.samples.length).toBe(12300);
  expect(taken.arrivals.at(-1)).toEqual({ end: 12300, at: 1 });
});

test("a pipe that brings sound as time passes is live, through stalls, bursts and a day of a wrong clock", async () => {
  const { clock, inlet } = open("pipe");
  const second = new Float32Array(RATE);
  for (let i = 0; i < 86_400; i++) {
    const stalled = i % 1000 === 999 ? 20 : 0; // seconds without a sample …
    clock.ms += 999 * (1 + stalled);
    for (let k = 0; k <= stalled; k++) await inlet.push(second, RATE, 2 * RATE); // … which come all at once
    await inlet.take(0);
  }
  expect(inlet.live).toBe(true);
});

test("a pipe that brings more than could have been recorded is a file, and what comes then waits", async () => {
  const { clock, inlet, push } = open("pipe");
  let pieces = 0;
  void (async () => {
    for (; pieces < 2000; pieces++) {
      clock.ms++;
      await push();
    }
  })();
  for (let turn = 0; turn < 1000; turn++) await null;
  expect(inlet.live).toBe(false);
  expect(pieces).toBeLessThan(700); // a full pipe, two seconds, and what may wait
  const taken = (await inlet.take(0))!;
  expect([taken.samples[0], taken.dropped]).toEqual([0, 0]);
});

test("the end, and what went wrong, come behind the last samples; where none came, that is told in time", async () => {
  const { inlet, push } = open("recorder");
  expect(await inlet.take(1)).toBeUndefined();
  await push();
  inlet.end(new Error("unplugged"));
  expect((await inlet.take(0))!.samples.length).toBe(100);
  expect(inlet.take(0)).rejects.toThrow("unplugged");
});
