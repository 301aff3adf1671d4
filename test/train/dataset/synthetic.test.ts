// The synthetic dataset: balanced, repeatable, and no two clips alike.
import { expect, setDefaultTimeout, test } from "bun:test";
import { openSynthetic } from "../../../src/train/dataset/synthetic.ts";

setDefaultTimeout(60_000);

test("five folds of eight classes, four clips each", () => {
  const { classes, clips } = openSynthetic();
  expect(classes.length).toBe(8);
  for (let fold = 1; fold <= 5; fold++) {
    for (let label = 0; label < 8; label++) {
      expect(clips.filter((clip) => clip.fold === fold && clip.label === label).length).toBe(4);
    }
  }
  expect(new Set(clips.map((clip) => clip.name)).size).toBe(160);
});

test("every clip is the same each time, unlike any other, within full scale, and 2 to 3.5 s long", async () => {
  const [a, b] = [openSynthetic(), openSynthetic()];
  const seen = new Set<string>();
  for (let clip = 0; clip < a.clips.length; clip += 7) {
    const { samples, sampleRate } = await a.load(clip);
    const print = Bun.hash(samples).toString();
    expect(Bun.hash((await b.load(clip)).samples).toString()).toBe(print);
    seen.add(print);
    let peak = 0;
    for (const x of samples) peak = Math.max(peak, Math.abs(x));
    expect(peak).toBeGreaterThan(0.01);
    expect(peak).toBeLessThan(1.2);
    expect(samples.length / sampleRate).toBeGreaterThanOrEqual(2);
    expect(samples.length / sampleRate).toBeLessThanOrEqual(3.5);
  }
  expect(seen.size).toBe(23);
});
