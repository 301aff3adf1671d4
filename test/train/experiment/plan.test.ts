// What an experiment makes of its data and of the runs that are there: those on other folds or other sounds do not count, and
// what cannot be is said before anything runs.
import { afterAll, expect, test } from "bun:test";
import { renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type ExperimentOptions, experimentCommand } from "../../../src/train/commands/experiment.ts";
import { contentOf } from "../../../src/train/dataset/content.ts";
import { splitFolds } from "../../../src/train/dataset/dataset.ts";
import { openDataset } from "../../../src/train/dataset/open.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import { makeConfig } from "../../../src/train/runs/config.ts";
import { RunFolder } from "../../../src/train/runs/run-folder.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import { Places } from "../dataset/lay-out.ts";

const places = new Places();
afterAll(() => places.remove());

class Silent extends Progress {
  override say(): void {}
  override begin(): void {}
}
const talk = { progress: new Silent(), stop: { signal: null, onFirst: "" } };

const RUN = '[[run]]\nname = "a"\nrecipe = "blog"\n';

/** What the command prints, or the one line in which it fails; the data are called DATA, and the folder of the runs OUT. */
async function said(data: string, out: string, options: Partial<ExperimentOptions> = {}, run = RUN) {
  const printed: string[] = [];
  const file = join(out, "e.toml");
  writeFileSync(file, run);
  const all = { data, out, cache: false, dryRun: options.table !== true, ...options } as const;
  const session = { ...talk, print: (line: string) => void printed.push(line) };
  await experimentCommand(file, all, session).catch((error: Error) => printed.push(error.message));
  return printed.map((line) => line.replaceAll(data, "DATA").replaceAll(out, "OUT"));
}

/** Nothing in it is heard: files that hold their own names. `single` is a class that is never tested. */
const CLIPS = [..."abcde"].flatMap((name) => [`dog/${name}-x.wav`, `rain/${name}-x.wav`]);
const lay = (...more: string[]) => places.lay([...CLIPS, ...more]);

/** A folder with a run of fold 1 that is done. */
async function done(data: string): Promise<string> {
  const out = places.lay([]);
  const dataset = openDataset(data);
  const run = new RunFolder(join(out, "a", "fold1-seed1"));
  const recipe = findRecipe("blog");
  run.writeConfig(
    makeConfig({
      data,
      content: await contentOf(dataset, null, talk),
      opening: dataset.opening,
      fold: 1,
      folds: splitFolds(dataset, 1, recipe.validates),
      seed: 1,
      classes: dataset.classes,
      standardization: { mean: 0, deviation: 1 },
      trainingSegments: 100,
      parameters: 1000,
      adapter: { vendor: "v", architecture: "a", description: "an adapter", software: false },
      recipe,
      overridden: {},
    }),
  );
  const { epochs } = recipe;
  const line = { loss: 1, segmentAccuracy: 0.5, accuracy: 0.5, accuracyMajority: 0.5 };
  run.writeMetrics(
    Array.from({ length: epochs }, (_, i) => {
      return { epoch: i + 1, ...line, seconds: 1, samplesPerSecond: 1 };
    }),
  );
  const { classes } = dataset;
  const confusion = classes.map((_, k) => classes.map((__, l) => (k === l && k < 2 ? 1 : 0)));
  run.writeResult({ fold: 1, accuracy: 1, accuracyMajority: 1, clips: 2, epochs, confusion, seconds: 1 });
  return out;
}

test("a run counts where folds and sounds are what they were, however that is said", async () => {
  const data = lay();
  const out = await done(data);
  expect((await said(data, out))[0]).toBe("run 1 of 5: a, fold 1, seed 1: done");
  for (const recordings of ["names", "clips"] as const) // each of which is one here
    expect((await said(data, out, { foldSeed: 1, recordings }))[0]).toContain(": done");
});

test("a run counts wherever its sounds are now, and one that has begun goes on with them there", async () => {
  const data = lay();
  const out = await done(data);
  for (const name of [`${data}/`, relative(process.cwd(), data)])
    expect((await said(name, out))[0]).toBe("run 1 of 5: a, fold 1, seed 1: done");
  const run = new RunFolder(join(out, "a", "fold1-seed1"));
  run.removeResult();
  run.writeCheckpoint(2, {}, {});
  const goesOn = "  bun run train --resume OUT/a/fold1-seed1";
  expect((await said(`${data}/`, out))[1]).toBe(`${goesOn} --no-cache`);
  const moved = `${data}-moved`;
  renameSync(data, moved);
  expect((await said(moved, out))[1]).toBe(`${goesOn} --data DATA --no-cache`);
  renameSync(moved, data);
});

test("a damaged run is told with what to do", async () => {
  const data = lay();
  for (const [file, message] of [
    ["result.json", "cannot read OUT/a/fold1-seed1/result.json: it is not JSON"],
    ["config.json", "cannot read OUT/a/fold1-seed1/config.json: it is not JSON"],
  ] as const) {
    const out = await done(data);
    writeFileSync(join(out, "a", "fold1-seed1", file), "{");
    expect(await said(data, out)).toEqual([
      `${message}; move OUT/a/fold1-seed1 away, and the run is made anew`,
    ]);
  }
});

test("runs on other folds or on other sounds do not count", async () => {
  const data = lay();
  const out = await done(data);
  const made = (what: string) => [
    `OUT/a/fold1-seed1 was made with ${what}: remove that folder, or name another with --out`,
  ];
  expect(await said(data, out, { foldSeed: 2 })).toEqual(
    made("opening.folds.seed = 1, and OUT/e.toml asks for 2"),
  );
  expect(await said(data, out, { makeFolds: 3 })).toEqual(
    made("opening.folds.count = 5, and OUT/e.toml asks for 3"),
  );
  writeFileSync(join(data, "dog", "a-x.wav"), "another sound");
  const [line] = await said(data, out);
  expect(line).toMatch(
    /^DATA is not what OUT\/a\/fold1-seed1 was trained on: fold \d has other clips, classes or sounds: remove that folder, or name another with --out$/,
  );
});

test("--table counts the folds that are tested, not the one of a class that always trains", async () => {
  const data = lay("single/one.wav");
  const out = await done(data);
  const [table] = await said(data, out, { table: true });
  expect(table).toContain("| run | fold 1 | fold 2 | fold 3 | fold 4 | fold 5 | mean |");
  expect(table).not.toContain("fold 6");
});

test("options and classes that are not of the data are refused before anything runs", async () => {
  const data = lay();
  const out = places.lay([]);
  expect(await said("synthetic", out, { makeFolds: 3 })).toEqual([
    "DATA has folds of its own: --make-folds, --fold-seed and --recordings are for data without",
  ]);
  expect(await said(data, out, { makeFolds: 2 }, `${RUN}other = "threshold"\n`)).toEqual([
    "OUT/e.toml: run 'a': other threshold wants sounds that are not learned from: two training folds or more, or a recipe that validates; there is fold 2 alone",
  ]);
  expect(await said(data, out, {}, `${RUN}without = ["cat, dog"]\n`)).toEqual([
    "OUT/e.toml: run 'a': without: DATA has no class 'cat, dog'; it has dog, rain",
  ]);
});

test("a fold for validation that there is none of is refused before anything runs", async () => {
  const run = `${RUN}set.validates = true\n`;
  expect(await said(lay(), places.lay([]), { makeFolds: 2 }, run)).toEqual([
    "OUT/e.toml: run 'a': set validates=true holds a fold out of training for validation, and DATA has 2 folds with clips: none is left for that",
  ]);
});

test("data without folds are refused as train refuses them, and folds that have no clips are passed over", async () => {
  const single = places.lay(["dog/a.wav", "rain/b.wav"]);
  expect(await said(single, places.lay([]))).toEqual([
    "DATA: no class has two recordings, so that none can be tested",
  ]);
  const together = places.lay(["dog/a-1.wav", "dog/a-2.wav", "rain/b-1.wav", "rain/b-2.wav"]);
  expect(await said(together, places.lay([]), { recordings: "folders" })).toEqual([
    "DATA: no class has two recordings by their folders, so that none can be tested: --recordings clips takes each clip for one",
  ]);
  const rows = [1, 2, 4].flatMap((fold) =>
    ["dog", "rain"].map((name) => `${name}${fold}.wav,${name},${fold}`),
  );
  const gap = places.lay({
    ...Object.fromEntries(rows.map((row) => [row.split(",")[0]!, row])),
    "l.csv": ["file,class,fold", ...rows].join("\n"),
  });
  const runs = (await said(gap, places.lay([]))).filter((line) => line.startsWith("run "));
  expect(runs.map((line) => /fold \d/.exec(line)![0])).toEqual(["fold 1", "fold 2", "fold 4"]);
});

test("a class with a comma in its name is handed on as it is", async () => {
  const data = lay("Speech, child/a-x.wav", "Speech, child/b-x.wav", "wind/a-x.wav", "wind/b-x.wav");
  const out = places.lay([]);
  const listed = await said(data, out, {}, `${RUN}without = ["Speech, child", "wind"]\n`);
  expect(listed[1]).toContain(" --without 'Speech, child' --without wind ");
});
