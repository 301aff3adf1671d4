import { expect, test } from "bun:test";
import { Naps } from "../../src/platform/naps.ts";

/** Waits for `took` milliseconds from `now` on; when it was seen to be over, and how many looks that took. */
function wait(naps: Naps, now: number, took: number): { over: number; looks: number } {
  const done = now + took;
  let looks = 0;
  for (let at = now; ; looks++) {
    if (at >= done) {
      naps.over();
      return { over: at - done, looks };
    }
    at += naps.next(at) || 0.02; // a turn of the event loop takes a moment
  }
}

test("waits that take as long as those before them are slept through, for the most part", () => {
  const naps = new Naps();
  const first = wait(naps, 0, 40);
  for (let i = 1; i < 4; i++) wait(naps, 100 * i, 40 + i);
  const { over, looks } = wait(naps, 500, 42);
  console.log(
    `  a wait of 40 ms: ${first.looks} looks, and the fifth ${looks}, seen ${over.toFixed(2)} ms late`,
  );
  expect(first.looks).toBeGreaterThan(40);
  expect(looks).toBeLessThan(30); // ten of them in the first moment, without sleeping
  expect(over).toBeLessThanOrEqual(1);
});

test("a short wait after long ones is seen after 16 ms at most, and the next ones at once", () => {
  const naps = new Naps();
  for (let i = 0; i < 4; i++) wait(naps, 1000 * i, 300);
  const late = [5000, 5100, 5200].map((now) => wait(naps, now, 2).over);
  console.log(`  seen ${late.map((ms) => ms.toFixed(2)).join(", ")} ms late`);
  expect(late[0]).toBeLessThanOrEqual(16);
  expect(Math.max(...late.slice(1))).toBeLessThanOrEqual(1);
});

test("nothing is slept through before four waits are known", () => {
  const naps = new Naps();
  for (let i = 0; i < 3; i++) expect(wait(naps, 1000 * i, 50).over).toBeLessThanOrEqual(1);
  expect(wait(naps, 4000, 3).over).toBeLessThanOrEqual(1);
});
