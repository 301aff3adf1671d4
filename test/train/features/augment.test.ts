// How altered copies differ from their clips.
import { expect, test } from "bun:test";
import { alterationsFor, drawAlterations } from "../../../src/train/features/augment.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";

const paper = findRecipe("paper-short");
const bounds = paper.augmentation!.classes!;
const ESC10 = Object.keys(bounds);

test("alterations: within the class's bounds where a dataset's classes are all named, else only delays", () => {
  const esc10 = alterationsFor(paper.augmentation!, ESC10);
  expect(esc10.copies).toBe(10);
  const extremes = (name: string, className: string, of = esc10) => {
    const drawn = drawAlterations(name, className, { ...of, copies: 400 }, 22050);
    return Object.fromEntries(
      (["rate", "semitones", "delay"] as const).map((key) => {
        const values = drawn.map((each) => each[key]).sort((a, b) => a - b);
        return [key, [values[0]!, values.at(-1)!]];
      }),
    ) as Record<"rate" | "semitones" | "delay", [number, number]>;
  };
  for (const [className, { pitch, stretch }] of Object.entries(bounds)) {
    const { rate, semitones, delay } = extremes("a.wav", className);
    for (const [[low, high], [least, most]] of [
      [rate, stretch],
      [semitones, pitch],
      [delay, [0, 22050]],
    ] as const) {
      const room = (most - least) / 50; // 400 draws come as close as that to either bound
      expect([low >= least, low <= least + room, high <= most, high >= most - room]).toEqual(
        Array(4).fill(true),
      );
    }
  }
  const esc50 = alterationsFor(paper.augmentation!, [...ESC10, "cat"]);
  expect(esc50.copies).toBe(4);
  expect(extremes("a.wav", "dog", esc50)).toMatchObject({ rate: [1, 1], semitones: [0, 0] });
  const dog = (name: string, seed = 1) => drawAlterations(name, "dog", { ...esc10, seed }, 22050);
  expect(dog("a.wav")).toEqual(dog("a.wav"));
  expect(dog("b.wav")).not.toEqual(dog("a.wav"));
  expect(dog("a.wav", 2)).not.toEqual(dog("a.wav"));
});
