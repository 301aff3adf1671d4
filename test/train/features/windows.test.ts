// Windows of sounds of any length: one behind the other, nothing lost, the last neither short nor long.
import { expect, test } from "bun:test";
import { windows } from "../../../src/train/features/windows.ts";

async function* inParts(samples: Float32Array, length: number) {
  for (let at = 0; at < samples.length; at += length) yield samples.subarray(at, at + length);
}

test("windows follow one another, and only the last is of another length, from half to one and a half", async () => {
  for (const length of [1, 49, 100, 150, 151, 249, 250, 251, 1000, 1049])
    for (const part of [7, 100, 2000]) {
      const sound = Float32Array.from({ length }, (_, i) => i);
      const cut: { start: number; samples: Float32Array }[] = [];
      for await (const window of windows(inParts(sound, part), 100)) cut.push(window);
      expect(cut.map(({ start }) => start)).toEqual(cut.map((_, i) => 100 * i));
      expect(cut.flatMap(({ samples }) => [...samples])).toEqual([...sound]);
      for (const { samples } of cut.slice(0, -1)) expect(samples.length).toBe(100);
      const last = cut.at(-1)!.samples.length;
      expect(last).toBeLessThanOrEqual(150);
      if (cut.length > 1) expect(last).toBeGreaterThan(50);
    }
});

test("a sound of nothing has no window", async () => {
  for await (const window of windows(inParts(new Float32Array(0), 5), 100))
    throw new Error(`${window.start}`);
});
