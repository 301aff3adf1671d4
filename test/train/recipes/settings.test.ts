// `--set`: what it changes, and that it changes nothing else. Mistakes are in cli.test.ts.
import { expect, test } from "bun:test";
import { findRecipe, recipes } from "../../../src/train/recipes/index.ts";
import { recipeSchema } from "../../../src/train/recipes/recipe.ts";
import { override, parseSetting, recorded } from "../../../src/train/recipes/settings.ts";

const blogBn = findRecipe("blog-bn");
const paper = findRecipe("paper-short");

test("values are JSON or bare words, later settings win, and the recipe itself stays as it was", () => {
  const before = structuredClone(blogBn);
  const settings = ["optimizer.lr=0.01", "network.hidden=[5000,5000]", "masks=null", "epochs=3", "epochs=4"]
    .concat("network.form=dropout", 'frontEnd.norm="slaney"')
    .map(parseSetting);
  expect(override(blogBn, settings)).toEqual({
    ...blogBn,
    optimizer: { ...blogBn.optimizer, lr: 0.01 },
    network: { ...blogBn.network, hidden: [5000, 5000], form: "dropout" },
    frontEnd: { ...blogBn.frontEnd, norm: "slaney" },
    masks: null,
    epochs: 4,
  });
  expect(blogBn).toEqual(before);
  expect(recorded(settings)).toEqual({
    "optimizer.lr": 0.01,
    "network.hidden": [5000, 5000],
    masks: null,
    epochs: 4,
    "network.form": "dropout",
    "frontEnd.norm": "slaney",
  });
});

test("a short training averages no more than its last half, unless so many are asked for", () => {
  const averages = (...texts: string[]) => override(findRecipe("otograd"), texts.map(parseSetting)).averages;
  expect([averages(), averages("epochs=60"), averages("epochs=59")]).toEqual([30, 30, 29]);
  expect([averages("epochs=5"), averages("epochs=1")]).toEqual([2, 1]);
  expect([averages("epochs=5", "averages=5"), averages("epochs=5", "averages=null")]).toEqual([5, null]);
  expect(override(paper, [parseSetting("epochs=5")]).averages).toBeNull();
});

test("what is null in a recipe can be given whole, or piece by piece", () => {
  expect(paper.masks).toBeNull();
  const masks = { mels: 3, frames: 4 };
  expect(override(paper, [parseSetting('masks={"mels":3,"frames":4}')]).masks).toEqual(masks);
  expect(override(paper, ["masks.mels=3", "masks.frames=4"].map(parseSetting)).masks).toEqual(masks);
});

test("a class's bounds can be set by its name, and settings that do not go together are refused", () => {
  const set = (...texts: string[]) => override(paper, texts.map(parseSetting));
  expect(set("augmentation.classes.dog.pitch=[0,1]").augmentation!.classes!.dog).toEqual({
    pitch: [0, 1],
    stretch: [0.95, 1.1],
  });
  for (const [texts, message] of [
    [["augmentation.classes.dog.speed=2"], "classes.dog has pitch, stretch"],
    [["augmentation.classes.dog.pitch=[1,0]"], "--set: a range goes from low to high, not from 1 to 0"],
    [
      ["mixing=between-class"],
      "--set: between-class mixing is of the clips themselves: give augmentation=null",
    ],
    [
      ['crops={"padding":0.5,"stretch":1,"gain":0}'],
      "--set: crops are of waveforms: give crops=null, or frontEnd.kind=waveform",
    ],
    [["augmentation.classes.dog.stretch=[0,0]"], "augmentation.classes.dog.stretch"],
    [["augmentation.classes.dog.pitch=[200,300]"], "augmentation.classes.dog.pitch"],
    [["microBatchSize=2"], "microBatchSize"],
    [["optimizer.momentum=0"], "optimizer.nesterov wants an optimizer.momentum above 0"],
    [["frontEnd.segmentSamples=5000"], "samples are 10 frames long, the network wants 20 at least"],
  ] as [string[], string][])
    expect(() => set(...texts)).toThrow(message);
});

test("every recipe is what the schema allows", () => {
  for (const recipe of recipes) expect(recipeSchema.parse(recipe)).toEqual(recipe);
});

test("a kind is chosen by its name: what both have stays, the rest is the new one's default", () => {
  const set = (...texts: string[]) => override(blogBn, texts.map(parseSetting)).optimizer;
  const { lr, weightDecay, decaysBiases } = blogBn.optimizer;
  const adamw = { kind: "adamw", lr, weightDecay, decaysBiases, betas: [0.9, 0.999], eps: 1e-8 };
  expect(set("optimizer=adamw")).toEqual({ ...adamw, schedule: { kind: "constant", warmup: 0 } } as never);
  expect(set("optimizer.kind=adamw", "optimizer.schedule=cosine", "optimizer.schedule.to=1e-5")).toEqual({
    ...adamw,
    schedule: { kind: "cosine", warmup: 0, to: 1e-5 },
  } as never);
  // Whichever comes first: paths are those of the kind that is chosen.
  expect(set("optimizer.betas=[0.8,0.9]", "optimizer=adamw")).toMatchObject({ betas: [0.8, 0.9] });
  for (const [texts, message] of [
    [["optimizer=adamax"], "--set optimizer=adamax: there is no such kind; there are sgd, adam, adamw"],
    [
      ["optimizer.betas=[0.8,0.9]"],
      "--set optimizer.betas: there is no such setting; optimizer has kind, lr, ",
    ],
    [
      ["optimizer=adam", "optimizer.momentum=0.9"],
      "optimizer.momentum: there is no such setting; optimizer has",
    ],
    [
      ["optimizer.schedule=step"],
      '--set optimizer.schedule="step": optimizer.schedule.milestones: expected array',
    ],
    [["views.frames=20", "epochs=1"], "--set views.frames=20: views.gain: expected number"],
    [["deltaWidth=5"], "--set deltaWidth: there is no such setting; did you mean network.deltaWidth?"],
  ] as [string[], string][])
    expect(() => set(...texts)).toThrow(message);
});

test("a kind of network may be named where its settings are set", () => {
  const tunes = override(findRecipe("transfer"), [parseSetting("transfer.tunes=2")]);
  expect(tunes.network).toMatchObject({ kind: "transfer", tunes: 2 });
  expect(() => override(findRecipe("blog-bn"), [parseSetting("transfer.tunes=2")])).toThrow(
    "--set network.tunes: there is no such setting",
  );
});

test("a recipe from before there were kinds is what it was", () => {
  for (const recipe of recipes) {
    const { frontEnd, network, optimizer, ...rest } = recipe;
    if (frontEnd.kind !== "log-mel" || network.kind !== "piczak" || optimizer.kind !== "sgd") continue;
    const { deltaWidth, ...piczak } = network;
    const old = {
      ...rest,
      frontEnd: { ...frontEnd, kind: undefined },
      deltaWidth,
      network: { ...piczak, kind: undefined },
      optimizer: { ...optimizer, kind: undefined, schedule: optimizer.schedule.kind },
    };
    expect(recipeSchema.parse(JSON.parse(JSON.stringify(old)))).toEqual(recipe);
  }
});

test("crops leave no place for altered copies", () => {
  const copies = structuredClone(findRecipe("paper-short").augmentation);
  expect(() => override(findRecipe("envnet"), [{ path: ["augmentation"], value: copies }])).toThrow(
    "--set: crops are of the clips themselves: give augmentation=null besides",
  );
});
