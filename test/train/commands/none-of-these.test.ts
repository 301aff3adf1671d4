// "None of these" end to end on a small dataset of real files: a threshold found on sounds that were not learned from,
// measured on a class that was left out, and said by predict, evaluate and the report; stopped on the way and resumed, the same.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { evaluateCommand } from "../../../src/train/commands/evaluate.ts";
import { exportCommand } from "../../../src/train/commands/export.ts";
import type { TrainOptions } from "../../../src/train/commands/options.ts";
import { predictCommand } from "../../../src/train/commands/predict.ts";
import { reportCommand } from "../../../src/train/commands/report.ts";
import { trainCommand } from "../../../src/train/commands/train.ts";
import { writeArrays } from "../../../src/train/files/safetensors.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";

setDefaultTimeout(120_000);
const root = mkdtempSync(join(tmpdir(), "otograd-none-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...path: string[]) => join(root, ...path);
const json = (...path: string[]) => JSON.parse(readFileSync(at(...path), "utf8"));

type Kind = "hum" | "hiss" | "ticks";
const KINDS: Kind[] = ["hum", "hiss", "ticks"];

/** A hum, a hiss, or ticks, of 1.5 seconds, 8 kHz. */
function sound(kind: Kind, seed: number): Uint8Array {
  const random = new HostRandom(seed);
  const pitch = 200 + 200 * random.uniform();
  const wave: Record<Kind, (i: number) => number> = {
    hum: (i) => Math.sin((2 * Math.PI * pitch * i) / 8000),
    hiss: () => 2 * random.uniform() - 1,
    ticks: (i) => (i % Math.round(4 * pitch) < 300 ? 2 * random.uniform() - 1 : 0),
  };
  const file = new WaveFile();
  file.fromScratch(
    1,
    8000,
    "16",
    Int16Array.from({ length: 12000 }, (_, i) => 9000 * wave[kind](i)),
  );
  return file.toBuffer();
}

const FOLD = 2;
const tested: { path: string; kind: Kind }[] = [];

beforeAll(() => {
  for (const folder of ["audio", "meta"]) mkdirSync(at("data", folder), { recursive: true });
  const rows = ["filename,fold,target,category"];
  for (let i = 0; i < 30; i++) {
    const [kind, fold] = [KINDS[i % 3]!, (i % 5) + 1];
    writeFileSync(at("data", "audio", `${i}.wav`), sound(kind, i));
    rows.push(`${i}.wav,${fold},${i % 3},${kind}`);
    if (fold === FOLD) tested.push({ path: at("data", "audio", `${i}.wav`), kind });
  }
  writeFileSync(at("data", "meta", "esc50.csv"), rows.join("\n"));
});

const printed: string[] = [];
const said: string[] = [];
class Quiet extends Progress {
  override say(line: string): void {
    said.push(line);
  }
  override begin(): void {}
  override beginEpoch(): void {}
  override update(): void {}
}
const session = {
  progress: new Quiet(),
  stop: { signal: null, onFirst: "" },
  print: (line: string) => void printed.push(line),
};

const train = (options: Partial<TrainOptions>) =>
  trainCommand({ recipe: "blog-bn", seed: 1, cache: at("cache"), ...options }, session);

test("train --other threshold --without: found, measured, resumed, and told alike by every command", async () => {
  await train({
    data: at("data"),
    fold: FOLD,
    epochs: 2,
    batchSize: 16,
    set: [{ path: ["network", "hidden"], value: [40] }],
    without: ["hiss"],
    other: "threshold",
    keep: 0.8,
    run: at("run"),
  });
  expect(json("run", "config.json")).toMatchObject({
    classes: ["hum", "ticks"],
    without: ["hiss"],
    other: { kind: "threshold", keep: 0.8 },
  });
  const other = json("run", "other.json");
  expect(other).toMatchObject({ keep: 0.8, heldOut: { folds: [1, 3, 4, 5], clips: 16, kept: 14 } }); // ⌈0.8 · 17⌉
  const { openSet } = json("run", "result.json");
  expect(openSet).toMatchObject({ known: 4, unknown: 2 });
  expect(openSet.classes).toEqual([{ name: "hiss", clips: 2, refused: openSet.refused }]);
  expect(printed.at(-1)).toStartWith(`fold 2: none of these: ${openSet.kept} of 4 known clips kept`);

  printed.length = 0;
  await predictCommand(
    at("run"),
    tested.map(({ path }) => path),
    { json: true },
    session,
  );
  const told = printed.map((line, i) => ({ ...JSON.parse(line), unknown: tested[i]!.kind === "hiss" }));
  for (const { other: none, similarity, class: name } of told) {
    expect(none).toBe(similarity < other.threshold);
    if (none) expect(name).toBeNull();
    else expect(["hum", "ticks"]).toContain(name);
  }
  expect(told.filter((each) => each.unknown && each.other).length).toBe(openSet.refused);
  expect(told.filter((each) => !each.unknown && !each.other).length).toBe(openSet.kept);

  printed.length = 0;
  await evaluateCommand(at("run"), { json: true, cache: at("cache") }, session);
  expect(JSON.parse(printed[0]!).openSet).toEqual(openSet);

  // As if it had been stopped in the fourth of the trainings that find the threshold.
  rmSync(at("run", "other.json"));
  rmSync(at("run", "held-out", "fold4", "result.json"));
  rmSync(at("run", "held-out", "fold5"), { recursive: true });
  await train({ resume: at("run") });
  expect(json("run", "other.json")).toEqual(other);
  expect(json("run", "result.json").openSet).toEqual(openSet);

  await reportCommand([at("run")], { out: at("report.html"), cache: at("cache") }, session);
  const page = readFileSync(at("report.html"), "utf8");
  expect(page).toContain("None of these</h2>");
  expect(page).toContain("Share of unknown clips refused by share of known clips kept: run, AUROC ");
  expect(page).toContain(`${openSet.kept} of 4</td>`);
  console.log(
    `  ${told.map(({ unknown, similarity }) => `${unknown ? "unknown" : "known"} ${similarity.toFixed(3)}`).join(", ")}; the threshold is ${other.threshold.toFixed(3)}`,
  );
});

test("people read why a sound is none of these; a damaged file is named; without one nothing is refused", async () => {
  cpSync(at("run"), at("strict"), { recursive: true });
  writeFileSync(
    at("strict", "other.json"),
    JSON.stringify({ ...json("run", "other.json"), threshold: 1, segmentThreshold: 1 }),
  );
  printed.length = 0;
  await predictCommand(at("strict"), [tested[0]!.path], {}, session);
  expect(printed[0]).toMatch(
    / s {2}none of these: its similarity to the nearest class is 0\.\d{3}, less than 1\.000; a guess/,
  );
  expect(printed.at(-1)).toContain("? none of these");
  expect(printed.at(-3)).toMatch(/^ {2}\?+$/);
  printed.length = 0;
  rmSync(at("strict", "other.json"));
  said.length = 0;
  await predictCommand(at("strict"), [tested[0]!.path], { json: true }, session);
  expect(JSON.parse(printed[0]!)).not.toHaveProperty("other");
  await evaluateCommand(at("strict"), { json: true, cache: at("cache") }, session);
  const exported = (out: string) => exportCommand(at("strict"), { out, from: "wave" }, session);
  await exported(at("strict.onnx"));
  await exported(at("strict.onnx")); // over what it wrote itself
  await reportCommand([at("strict")], { out: at("report.html"), cache: at("cache") }, session);
  expect(readFileSync(at("report.html"), "utf8")).toContain(
    ">trained, but its threshold was not found yet</td>",
  );
  expect(said.filter((line) => line.includes("its threshold was not found yet"))).toEqual(
    Array.from(
      { length: 5 },
      () =>
        `note: ${at("strict")} cannot say "none of these": its threshold was not found yet; bun run train --resume ${at("strict")} finds it`,
    ),
  );

  for (const name of ["config", "result"]) {
    const before = readFileSync(at("strict", `${name}.json`), "utf8");
    await expect(exported(at("strict", `${name}.onnx`))).rejects.toThrow(
      `${name}.json beside it, which is there and was not written beside a model: name another with --out`,
    );
    expect(readFileSync(at("strict", `${name}.json`), "utf8")).toBe(before);
  }

  writeFileSync(at("strict", "other.json"), JSON.stringify({ threshold: 2 }));
  const damaged = () => predictCommand(at("strict"), [tested[0]!.path], {}, session);
  await expect(damaged()).rejects.toThrow(/strict\/other.json is damaged: threshold /);
  cpSync(at("run", "other.json"), at("strict", "other.json"));
  writeArrays(at("strict", "other.safetensors"), { means: { data: new Float32Array(3), shape: [1, 3] } }, {});
  await expect(damaged()).rejects.toThrow("other.safetensors is damaged: it has no means of 2 classes");
});

test("train --other DIR: a folder's sounds are a class of their own, which is said to be none of these", async () => {
  mkdirSync(at("street", "deep"), { recursive: true });
  for (let i = 0; i < 10; i++)
    writeFileSync(at("street", i < 5 ? "" : "deep", `${"abcdefghij"[i]}-street.wav`), sound("hiss", 100 + i));
  await train({
    data: at("data"),
    fold: FOLD,
    epochs: 2,
    batchSize: 16,
    set: [{ path: ["network", "hidden"], value: [40] }],
    without: ["hiss"],
    other: at("street"),
    run: at("class"),
  });
  expect(json("class", "config.json")).toMatchObject({
    classes: ["hum", "ticks", "other"],
    other: { kind: "class", folder: at("street") },
  });
  const { openSet, clips } = json("class", "result.json");
  expect(clips).toBe(6); // two hums, two ticks, two of the folder's ten
  expect(openSet).toMatchObject({ known: 4, unknown: 4 });
  expect(openSet.classes.map(({ name, clips }: { name: string; clips: number }) => [name, clips])).toEqual([
    ["other", 2],
    ["hiss", 2],
  ]);

  printed.length = 0;
  await predictCommand(
    at("class"),
    tested.map(({ path }) => path),
    { json: true },
    session,
  );
  const told = printed.map((line) => JSON.parse(line));
  for (const { other, class: name, probabilities } of told) {
    const best = Object.keys(probabilities)[0]!;
    expect([other, name]).toEqual(best === "other" ? [true, null] : [false, best]);
  }
  const kept = told.filter(({ other }, i) => !other && tested[i]!.kind !== "hiss").length;
  expect(kept).toBe(openSet.kept);
  printed.length = 0;
  await evaluateCommand(at("class"), { json: true, cache: at("cache") }, session);
  expect(JSON.parse(printed[0]!).openSet).toEqual(openSet);
  console.log(`  ${openSet.kept} of 4 known kept, ${openSet.refused} of 4 unknown refused`);
});

test("what cannot be is one clear line, before anything is computed", async () => {
  const options = { data: at("data"), fold: FOLD, run: at("never") };
  await expect(train({ ...options, keep: 0.9 })).rejects.toThrow("--keep is for --other threshold");
  await expect(train({ ...options, other: at("street"), keep: 0.9 })).rejects.toThrow(
    "--keep is for --other",
  );
  await expect(train({ ...options, other: at("nowhere") })).rejects.toThrow(
    /^--other wants the word threshold or a folder of sounds, and .*nowhere is no folder$/,
  );
  mkdirSync(at("empty"));
  await expect(train({ ...options, other: at("empty") })).rejects.toThrow(
    /empty: there is no WAV, OGG, FLAC or MP3/,
  );
  await expect(train({ ...options, without: ["cat"] })).rejects.toThrow(
    "has no class 'cat'; it has hum, hiss, ticks",
  );
});
