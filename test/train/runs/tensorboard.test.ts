// Event files: CRC-32C against RFC 3720, records byte for byte as TensorBoard's own writer makes them, read back
// with every checksum checked, and cut where a resumed run begins again.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EpochMetrics } from "../../../src/train/runs/metrics.ts";
import { RunFolder } from "../../../src/train/runs/run-folder.ts";
import { EventFile, hasEvents, readEvents } from "../../../src/train/runs/tensorboard.ts";
import { UserError } from "../../../src/train/terminal/errors.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-tensorboard-"));
afterAll(() => rmSync(root, { recursive: true }));

const metrics = (epoch: number, validationAccuracy?: number): EpochMetrics => ({
  epoch,
  loss: 1 / epoch,
  segmentAccuracy: 0.25,
  accuracy: 0.5,
  accuracyMajority: 0.375,
  ...(validationAccuracy !== undefined && { validationAccuracy }),
  seconds: 1,
  samplesPerSecond: 100,
});

/** The bytes of each event file of a run, the oldest first. */
function filesOf(run: RunFolder): Buffer[] {
  const folder = join(run.path, "tensorboard");
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name)));
}

/** "tag@step" → value, over all files; a pair that comes twice fails. */
function scalarsOf(run: RunFolder): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { tag, step, value } of filesOf(run).flatMap((bytes) => [...readEvents(bytes)])) {
    if (tag === "") continue;
    expect(found).not.toHaveProperty([`${tag}@${step}`]);
    found[`${tag}@${step}`] = value;
  }
  return found;
}

/** Epochs of two steps each. */
function train(file: EventFile, from: number, to: number): void {
  for (let epoch = from; epoch <= to; epoch++) {
    file.step(2 * epoch - 1, 0.5 + epoch);
    file.step(2 * epoch, 0.25 + epoch);
    file.epoch(metrics(epoch), 0.002);
  }
}

test("the bytes are those that TensorBoard's own writer makes (2.21.0, its RecordWriter and Event)", () => {
  const times = [0, 1234.5, 1235]; // of the file's name, of its first event, of its second
  const run = new RunFolder(join(root, "golden"));
  const file = new EventFile(run, 0, () => times.shift() ?? 0);
  file.step(300, 0.25);
  file.epoch(metrics(1), 0.002);
  const theirs =
    "1800000000000000a37f4b220900000000004a93401a0d627261696e2e4576656e743a3265b8d3fb" +
    "2100000000000000017becf60900000000004c934010ac022a130a110a0a6c6f73732f747261696e150000803ec63aeaa8";
  expect(filesOf(run)[0]!.toString("hex").slice(0, theirs.length)).toBe(theirs);
});

test("each epoch ends in the file with its scalars; a flipped bit ends the reading before it", () => {
  const run = new RunFolder(join(root, "read"));
  expect(hasEvents(run)).toBe(false);
  const file = new EventFile(run, 0);
  file.step(1, 2.5);
  file.step(2, 1.5);
  file.epoch(metrics(1, 0.75), 0.01);
  expect(scalarsOf(run)).toEqual({
    "loss/train@1": 2.5,
    "loss/train@2": 1.5,
    "loss/acc@1": 50,
    "accuracy/test@1": 0.5,
    "accuracy/majority@1": 0.375,
    "accuracy/segments@1": 0.25,
    "accuracy/validation@1": 0.75,
    "learning_rate@1": Math.fround(0.01),
  });
  train(file, 2, 3);
  expect(hasEvents(run)).toBe(true);
  const [bytes] = filesOf(run);
  const whole = [...readEvents(bytes!)];
  expect(whole.at(-1)!.end).toBe(bytes!.length);
  for (let i = 0; i < bytes!.length; i += 7) {
    const damaged = Buffer.from(bytes!);
    damaged[i]! ^= 1 << (i % 8);
    const before = whole.filter(({ end }) => end <= i).length;
    expect([...readEvents(damaged)].length).toBe(before);
  }
  console.log(`tensorboard: ${whole.length} events in ${bytes!.length} bytes, every flipped bit noticed`);
});

test("a resumed run goes on in a new file, with no step twice, whatever the old one had begun", () => {
  const straight = new RunFolder(join(root, "straight"));
  train(new EventFile(straight, 0), 1, 5);
  const run = new RunFolder(join(root, "resumed"));
  train(new EventFile(run, 0, () => 1000), 1, 4); // the checkpoint is of epoch 3
  const [name] = readdirSync(join(run.path, "tensorboard"));
  const path = join(run.path, "tensorboard", name!);
  writeFileSync(path, Buffer.concat([readFileSync(path), readFileSync(path).subarray(0, 70)])); // torn
  train(new EventFile(run, 3, () => 2000), 4, 5);
  expect(filesOf(run).length).toBe(2);
  expect(scalarsOf(run)).toEqual(scalarsOf(straight));
});

test("a folder that cannot be written is one clear line", () => {
  writeFileSync(join(root, "file"), "");
  const run = new RunFolder(join(root, "file", "run"));
  expect(() => new EventFile(run, 0)).toThrow(UserError);
  expect(() => new EventFile(run, 0)).toThrow(/^cannot write .*: a file is in the way of a folder$/);
});
