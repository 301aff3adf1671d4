// The feature cache gives back the same bits, or none.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset } from "../../../src/train/dataset/dataset.ts";
import { type CacheOptions, cachedFeatures, cacheKey } from "../../../src/train/features/cache.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import type { Waveform } from "../../../src/train/sound/waveform.ts";
import { compute, frontEnd, made, noise, Quiet } from "./made-sounds.ts";

setDefaultTimeout(60_000);

const root = mkdtempSync(join(tmpdir(), "otograd-features-"));
afterAll(() => rmSync(root, { recursive: true }));

const module = (path: string) => JSON.stringify(join(import.meta.dir, "../../..", path));

/** The clips of a dataset, as they are. */
const whole = (dataset: Dataset) => ({ clips: dataset.clips.map((_, i) => i), settings: null });

test("the cache: read back bit for bit; damaged, it is computed anew with a note; unwritable, it is done without", async () => {
  const folder = join(root, "cache");
  const dataset = made(Array.from({ length: 10 }, (_, i) => noise(1, i)));
  const progress = new Quiet();
  let computed = 0;
  const get = (where: string | null = folder) => {
    const options: CacheOptions = { folder: where, adapter: "test", progress };
    return cachedFeatures(dataset, whole(dataset), extractorOf(frontEnd), options, () => {
      computed++;
      return compute(dataset);
    });
  };
  const first = await get();
  const second = await get();
  expect(computed).toBe(1);
  expect(second).toEqual(first);
  expect(readdirSync(folder).length).toBe(1);

  const file = join(folder, readdirSync(folder)[0]!);
  const bytes = readFileSync(file);
  for (const damage of [
    () => bytes.subarray(0, bytes.length - 4),
    () => Buffer.alloc(0),
    () => Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)]),
  ]) {
    writeFileSync(file, damage());
    const before = computed;
    expect(await get()).toEqual(first);
    expect(computed).toBe(before + 1);
    expect(progress.lines.some((line) => line.includes("the cached features are computed anew"))).toBe(true);
    expect(readFileSync(file)).toEqual(bytes);
  }

  writeFileSync(join(root, "file"), "");
  expect(await get(join(root, "file"))).toEqual(first);
  expect(progress.lines.at(-1)).toContain("the features are not kept for the next run");
  expect(await get(null)).toEqual(first);
});

/** Meets the others in each round, and wants the round's features, which nobody has yet. Says how often it computed, and all it was told. */
const RACER = `
  import { cachedFeatures } from ${module("src/train/features/cache.ts")};
  import { extractorOf, sizeOf } from ${module("src/train/features/extractor.ts")};
  import { frontEnd, made, noise, Quiet } from ${module("test/train/features/made-sounds.ts")};
  const [folder, begin, rounds] = process.argv.slice(-3);
  const dataset = made([noise(0.1, 1), noise(0.1, 2)]);
  const extractor = extractorOf(frontEnd);
  const progress = new Quiet();
  let computed = 0;
  for (let round = 0; round < Number(rounds); round++) {
    while (Date.now() < Number(begin) + 100 * round) {}
    const values = new Float32Array(100 * sizeOf(extractor.shape)).fill(round);
    const features = { shape: extractor.shape, values, clipOf: Uint32Array.from(values.subarray(0, 100), (_, i) => i % 2), silent: new Uint32Array(100) };
    const options = { folder, adapter: "round " + round, progress };
    const got = await cachedFeatures(dataset, { clips: [0, 1], settings: null }, extractor, options, async () => {
      computed++;
      return features;
    });
    if (!Bun.deepEquals(got, { ...features, damaged: got.damaged })) throw new Error("other features in round " + round);
  }
  console.log(JSON.stringify({ computed, warned: progress.lines.filter((line) => !line.startsWith("features: ")) }));
`;

test("several processes that want the same features at once, as nodes do: each gets them whole, and one file is left", async () => {
  const [rounds, racers] = [10, 3];
  const folder = join(root, "raced");
  const begin = Date.now() + 1000;
  const ended = await Promise.all(
    Array.from({ length: racers }, async () => {
      const words = [process.execPath, "-e", RACER, folder, String(begin), String(rounds)];
      const child = Bun.spawn(words, { stdout: "pipe", stderr: "inherit" });
      return JSON.parse(await new Response(child.stdout).text()) as { computed: number; warned: string[] };
    }),
  );
  const computed = ended.reduce((sum, each) => sum + each.computed, 0);
  console.log(`features: ${racers} processes wanted ${rounds} sets at once and computed ${computed}`);
  expect(ended.flatMap(({ warned }) => warned)).toEqual([]);
  expect(computed).toBeGreaterThanOrEqual(rounds);
  expect(readdirSync(folder).filter((name) => /^features-[0-9a-f]+\.safetensors$/.test(name)).length).toBe(
    rounds,
  );
  expect(readdirSync(folder).length).toBe(rounds);
});

test("the cache's key changes with the sounds, their order, each setting, and the adapter", async () => {
  const waves = Array.from({ length: 4 }, (_, i) => noise(0.1, i));
  const key = (of: Waveform[], adapter = "a", settings: object | null = null, which = frontEnd) =>
    cacheKey(made(of), { ...whole(made(of)), settings }, extractorOf(which), adapter);
  const keys = [key(waves), key(waves.toReversed()), key(waves.slice(1)), key(waves, "b")];
  keys.push(key(waves, "a", { copies: 1 }), key(waves, "a", { copies: 2 }));
  const settings = Object.entries(frontEnd);
  for (const [name, value] of settings) {
    const other = typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : `${value}x`;
    keys.push(key(waves, "a", null, { ...frontEnd, [name]: other }));
  }
  expect(new Set(await Promise.all(keys)).size).toBe(6 + settings.length);
  expect(await key(waves)).toBe(await key(waves));
});
