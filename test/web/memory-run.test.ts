// What pages train and download is a run's folder to the program, whole and with its checksums; what they read of archives is
// what was packed.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { strToU8, unzipSync, zipSync } from "fflate";
import type { EpochMetrics } from "../../src/train/runs/metrics.ts";
import { RunFolder } from "../../src/train/runs/run-folder.ts";
import { MemoryRun } from "../../web/train/memory-run.ts";
import { zipEntries } from "../../web/train/zip.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-memory-run-"));
afterAll(() => rmSync(root, { recursive: true }));

const lineOf = (epoch: number): EpochMetrics => ({
  epoch,
  loss: 1 / epoch,
  segmentAccuracy: 0.5,
  accuracy: 0.5,
  accuracyMajority: 0.5,
  seconds: 1,
  samplesPerSecond: 100,
});
const arraysOf = (epoch: number) => ({ weight: { shape: [2], data: Float32Array.of(epoch, -epoch) } });

test("a run in memory, downloaded and unpacked, is a run's folder; of its checkpoints the last two are left", async () => {
  const run = new MemoryRun("a page", { seed: 7 });
  for (const epoch of [1, 2, 3]) {
    run.appendMetrics(lineOf(epoch));
    run.writeModel(arraysOf(epoch), { epoch: String(epoch) });
    run.writeCheckpoint(epoch, arraysOf(epoch), { of: "three" });
  }
  run.writeMetrics([1, 2].map(lineOf)); // as when the second is gone on from
  for (const [name, bytes] of Object.entries(unzipSync(await run.zip()))) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), bytes);
  }
  const folder = RunFolder.existing(root);
  expect(folder.readConfig()).toEqual({ seed: 7 });
  expect(folder.readMetrics()).toEqual([1, 2].map(lineOf));
  expect(folder.readResult()).toBeNull();
  expect(folder.readModel().arrays).toEqual(arraysOf(3));
  expect(folder.checkpoints()).toEqual([3, 2]);
  const { arrays, metadata } = folder.readCheckpoint(2); // whose checksum is looked at
  expect({ arrays, of: metadata.of }).toEqual({ arrays: arraysOf(2), of: "three" });
  expect(run.checkpoints()).toEqual([3, 2]);
});

test("files are read out of an archive, packed or not; what is none, cut off or damaged is refused", async () => {
  const text = strToU8("woof ".repeat(1000));
  const archive = zipSync({
    "a/meta.csv": [strToU8("x,y"), { level: 0 }],
    "a/dog.wav": [text, { level: 9 }],
  });
  const entries = await zipEntries(new Blob([archive as Uint8Array<ArrayBuffer>]), "dogs.zip");
  expect(entries.map(({ name }) => name)).toEqual(["a/meta.csv", "a/dog.wav"]);
  const read: Uint8Array[] = await Promise.all(entries.map(({ bytes }) => bytes()));
  expect(read).toEqual([strToU8("x,y"), text]);
  const refused = async (bytes: Uint8Array) => {
    try {
      for (const { bytes: read } of await zipEntries(
        new Blob([bytes as Uint8Array<ArrayBuffer>]),
        "dogs.zip",
      ))
        await read();
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(await refused(strToU8("no archive at all"))).toBe("dogs.zip is no ZIP archive, or not all of one");
  expect(await refused(archive.subarray(0, archive.length - 30))).toBe(
    "dogs.zip is no ZIP archive, or not all of one",
  );
  const damaged = archive.slice();
  damaged[0] = 0;
  expect(await refused(damaged)).toBe("dogs.zip is damaged at a/meta.csv");
});
