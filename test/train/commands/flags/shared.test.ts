// What all commands refuse alike: an option that is given twice, a name that was forgotten, a file's name that is taken for an
// option.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { turns } from "../turns.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-flags-"));
afterAll(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, "-dog.wav"), "");

const TRAIN = ["train", "--data", "synthetic", "--fold", "1"];
const MISTAKES: [words: string[], message: string][] = [
  [[...TRAIN, "--fold", "2"], "--fold is given twice, as '1' and '2': give one of them"],
  [[...TRAIN, "--lr", "0.1", "--lr=0.2"], "--lr is given twice, as '0.1' and '0.2': give one of them"],
  [[...TRAIN, "--set", "epochs=1", "--set", "epochs=2"], "--set epochs is given twice: give one of them"],
  [
    ["predict", "nowhere", "a.wav", "--top", "1", "--top", "2"],
    "--top is given twice, as '1' and '2': give one of them",
  ],
  [
    ["dataset", "verify", "nowhere", "--fold-seed", "1", "--fold-seed", "2"],
    "--fold-seed is given twice, as '1' and '2': give one of them",
  ],
  [
    [...TRAIN, "--cache", "--no-cache"],
    "--cache wants a name, got the option --no-cache (./--no-cache names what is called so)",
  ],
  [
    [...TRAIN, "--run", "--epochs", "1"],
    "--run wants a name, got the option --epochs (./--epochs names what is called so)",
  ],
  [
    ["report", "nowhere", "--out", "--data"],
    "--out wants a name, got the option --data (./--data names what is called so)",
  ],
  [["predict", "nowhere", "-dog.wav"], "unknown option '-dog.wav' (the file of that name is ./-dog.wav)"],
  [["tag", "-cat.wav"], "unknown option '-cat.wav'"],
  // What says the same twice, and what may be repeated, is passed.
  [["evaluate", "nowhere", "--cache", "c", "--cache", "c"], "there is no run folder nowhere"],
  [
    [...TRAIN, "--without", "zebra", "--without", "gnu", "--set", "epochs=1", "--set", "batchSize=8"],
    "--without: synthetic has no class 'zebra'; it has tone, chirp_up, chirp_down, siren, noise, waves, clicks, barks",
  ],
];

test("each is one line and exit code 1, and leaves nothing behind", async () => {
  const before = readdirSync(root);
  const answers = await turns(
    MISTAKES.map(([words]) => words),
    { cwd: root, env: { NO_COLOR: "1" } },
  );
  expect(answers.map(({ stderr }) => stderr)).toEqual(MISTAKES.map(([, message]) => `error: ${message}\n`));
  expect(new Set(answers.map(({ exitCode }) => exitCode))).toEqual(new Set([1]));
  expect(readdirSync(root)).toEqual(before);
});
