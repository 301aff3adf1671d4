// What `train` says of settings that come to nothing, before anything is computed.
import { afterAll, expect, test } from "bun:test";
import type { TrainOptions } from "../../../src/train/commands/options.ts";
import { trainCommand } from "../../../src/train/commands/train.ts";
import { parseSetting } from "../../../src/train/recipes/settings.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import { Places } from "../dataset/lay-out.ts";

const places = new Places();
afterAll(() => places.remove());
const data = places.lay([..."abcde"].flatMap((name) => [`dog/${name}-x.wav`, `rain/${name}-x.wav`]));

/** What it says up to the run's folder, which is not empty: nothing is heard of these files, which are no sounds. */
async function said(options: Partial<TrainOptions>, ...set: string[]): Promise<string[]> {
  const lines: string[] = [];
  class Noted extends Progress {
    override say(line: string): void {
      lines.push(line);
    }
  }
  const session = {
    progress: new Noted(),
    stop: { signal: null, onFirst: "" },
    print: (line: string) => void lines.push(line),
  };
  const all = { data, fold: 1, recipe: "blog", seed: 1, run: data, set: set.map(parseSetting), ...options };
  await trainCommand(all, session).catch((error: Error) => lines.push(error.message));
  return lines.map((line) => line.replaceAll(data, "DATA").replace(/^.*note:\S* /, ""));
}

const FULL = "the run folder DATA is not empty: name another with --run, or go on with it by --resume";

test("a fold for validation that there is none of", async () => {
  const two = "DATA has 2 folds with clips: none is left for that";
  const none = "--fold none trains on all folds";
  expect(await said({ recipe: "paper-short" })).toEqual([FULL]);
  expect(await said({ recipe: "paper-short", makeFolds: 2 })).toEqual([
    `paper-short holds a fold out of training for validation, but ${two}`,
    FULL,
  ]);
  expect(await said({ recipe: "paper-short", makeFolds: 2, fold: undefined, folds: "all" })).toEqual([
    `paper-short holds a fold out of training for validation, but ${two}`,
    FULL,
  ]);
  expect(await said({ recipe: "paper-short", fold: null })).toEqual([
    `paper-short holds a fold out of training for validation, but ${none}`,
    FULL,
  ]);
  const refused = "--set validates=true holds a fold out of training for validation, and";
  expect(await said({ makeFolds: 2 }, "validates=true")).toEqual([`${refused} ${two}`]);
  expect(await said({ fold: null }, "validates=true")).toEqual([`${refused} ${none}`]);
  expect(await said({ makeFolds: 2 }, "validates=false")).toEqual([FULL]);
});

test("a warm-up that is never over", async () => {
  expect(await said({ recipe: "otograd", epochs: 6 })).toEqual([FULL]);
  expect((await said({ recipe: "otograd", epochs: 5 }))[0]).toMatch(
    /^the warm-up takes 5 epochs, and the training has 5: the learning rate rises to /,
  );
});
