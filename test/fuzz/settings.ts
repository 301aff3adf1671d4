// What people write by hand: settings on the command line, and experiments' files.
import { writeFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import type { HostRandom } from "../../src/gpu/host-random.ts";
import { readExperiment } from "../../src/train/experiment/file.ts";
import { cellsOf } from "../../src/train/experiment/plan.ts";
import { recipes } from "../../src/train/recipes/index.ts";
import { framesOf } from "../../src/train/recipes/recipe.ts";
import { override, parseSetting } from "../../src/train/recipes/settings.ts";
import { type Json, mutateJson, mutateText, pick } from "./mutate.ts";
import { must, type Target } from "./target.ts";

const SETTINGS = [
  "network.hidden=[5000,5000]",
  "masks=null",
  'masks={"mels":10,"frames":10}',
  "optimizer.lr=0.01",
  "optimizer=adamw",
  "optimizer.schedule.kind=cosine",
  "frontEnd.segmentSamples=51200",
  "mixing=between-class",
  "mixing=power",
  'augmentation={"seed":1,"copies":4,"maxDelay":1,"delayedCopies":4,"classes":{"dog":{"pitch":[-4,4],"stretch":[0.9,1.2]}}}',
  "augmentation.classes.dog.pitch=[0,1]",
];

const EXPERIMENT = `
title = "an experiment"
data = "synthetic"
recipe = "blog-bn"
epochs = 3
folds = [1, 2]
[[run]]
name = "a"
[[run]]
name = "b-wide"
recipe = "blog-mixed"
seeds = [1, 2]
set = { "network.hidden" = [100], "optimizer.lr" = 0.01 }
[[reference]]
name = "paper"
source = "Piczak 2015"
folds = [0.1, 0.2, 0.3, 0.4, 0.5]
beside = "a"
`;

/** A setting with something else for one of the names in its path. */
function otherPath(random: HostRandom, setting: string): string {
  const [path, value] = setting.split("=", 2) as [string, string];
  const names = path.split(".");
  names[random.int(names.length)] = pick(random, ["__proto__", "constructor", "x"]);
  return `${names.join(".")}=${value}`;
}

/** What every object has; damage must not change it. */
const PRISTINE = Object.getOwnPropertyNames(Object.prototype).sort().join();

export const settings: Target[] = [
  {
    name: "--set",
    weight: 6,
    run(random) {
      const recipe = pick(random, recipes);
      const untouched = JSON.stringify(recipe);
      const good = pick(random, SETTINGS);
      const texts = [
        random.int(2) === 0 ? otherPath(random, good) : mutateText(random, good),
        pick(random, SETTINGS),
      ];
      try {
        const changed = override(recipe, texts.map(parseSetting));
        const { frontEnd } = changed;
        const frames = frontEnd.kind === "log-mel" ? framesOf(frontEnd) : 20;
        must(frames >= 20 && changed.epochs >= 1, "it gives a recipe that cannot be");
      } finally {
        must(JSON.stringify(recipe) === untouched, "it changed the recipe itself");
        must(
          Object.getOwnPropertyNames(Object.prototype).sort().join() === PRISTINE,
          "it changed what all objects have",
        );
      }
    },
  },
  {
    name: "experiment's file",
    weight: 3,
    run(random, folder) {
      const toml = random.int(2) === 0;
      const path = join(folder, toml ? "e.toml" : "e.json");
      const parsed = Bun.TOML.parse(EXPERIMENT) as Json;
      writeFileSync(path, toml ? mutateText(random, EXPERIMENT) : JSON.stringify(mutateJson(random, parsed)));
      const out = resolve(folder, "out") + sep;
      const cells = cellsOf(
        readExperiment(path, () => [1, 2, 3, 4, 5]),
        out,
      );
      must(
        cells.every((cell) => resolve(cell.path).startsWith(out) && resolve(cell.path) !== out),
        "a run's folder is outside",
      );
    },
  },
];
