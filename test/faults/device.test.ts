// Faults of the device surface as errors that name what was being done; a lost one leaves the run to be gone on with;
// and the collector, however often it comes, takes nothing away that is still used.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shared } from "../shared.ts";
import {
  differences,
  EPOCHS,
  finish,
  finishInTurn,
  otograd,
  tracesOf,
  training,
  undisturbedRun,
} from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-device-"));
afterAll(() => rmSync(root, { recursive: true }));
const cache = shared("cache");

/** The error that a fault ends in: see on-device.ts. */
async function surfaced(...fault: string[]) {
  const { stdout, stderr } = await finish([
    process.execPath,
    join(import.meta.dir, "on-device.ts"),
    ...fault,
  ]);
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^\{.*\}\n$/), stderr: "" });
  return JSON.parse(stdout);
}

test("what the GPU refuses is named by operation, shapes and types", async () => {
  const destroyed = await surfaced("destroyed buffer");
  const long = await surfaced("too small a buffer");
  console.log(`device: ${destroyed.message}\ndevice: ${long.message}`);
  expect(destroyed).toMatchObject({
    name: "DeviceError",
    message: expect.stringMatching(
      /^the GPU refused binary\.\w+ on float32 \[1, 3\], float32 \[4, 3\], float32 \[4, 3\]: \S/,
    ),
  });
  expect(long).toMatchObject({
    name: "DeviceError",
    message: expect.stringMatching(/^the GPU refused tooLong\.run on float32 \[2, 5\]: \S/),
  });
}, 180_000);

test("where memory runs out, the operation, its shape and the sizes are named", async () => {
  const { name, message } = await surfaced("out of memory");
  console.log(`device: ${message}`);
  expect(name).toBe("DeviceError");
  expect(message).toMatch(
    /^out of GPU memory: (matmul|relu) \[4096, \d+\] wants \d+ MiB with [\d.]+ MiB in use$/,
  );
}, 180_000);

test("once memory has run out, what is free is given back in time on the device that init() opens", async () => {
  const { said, peak } = JSON.parse((await surfaced("out of memory twice")).none);
  console.log(`device: ${said}`);
  expect(said).toMatch(/^out of GPU memory: a tensor \[\d+\] wants /);
  expect(peak).toBeLessThan(50);
}, 180_000);

test("init() after a loss opens a new device; what was on the old one says so", async () => {
  const { said, stale, old, sum, finite } = JSON.parse((await surfaced("device opened anew")).none);
  console.log(`device: ${said}\ndevice: ${stale}`);
  expect(said).toMatch(
    /^DeviceError: the GPU device was lost: .* \(last launched: \w+\.\w+\); init\(\) opens a new one$/,
  );
  expect(stale).toBe(
    "DeviceError: binary.forward on float32 [3], float32 [], float32 [3]: a tensor is on a device that is gone; make it anew, and what was computed from it",
  );
  expect({ old, sum, finite }).toEqual({ old: "DeviceError", sum: 9, finite: true });
}, 180_000);

test("init() after a refusal opens one new device, on which the program goes on", async () => {
  const { said, stale, sum } = JSON.parse((await surfaced("refused, and opened anew")).none);
  expect(said).toStartWith("DeviceError: kernel wrong does not compile: ");
  expect(stale).toStartWith(
    "DeviceError: binary.forward on float32 [3], float32 [], float32 [3]: a tensor is on",
  );
  expect(sum).toBe(9);
}, 180_000);

test("a lost device stops the run with its checkpoint safe, and resumed it ends as an undisturbed one", async () => {
  const undisturbed = tracesOf(await undisturbedRun()); // it has computed the features, without a word from the other
  const run = join(root, "lost");
  const { name, message } = await surfaced("lost device", run, cache);
  console.log(`device: ${message.replaceAll(root, "ROOT")}`);
  expect(name).toBe("UserError");
  expect(message).toMatch(
    /^the GPU device was lost: .*; .*\/lost holds what was learned in 2 epochs; go on with --resume .*\/lost$/,
  );
  const resumed = await finishInTurn(otograd("train", "--resume", run, "--cache", cache));
  expect(resumed).toMatchObject({ exitCode: 0 });
  expect(differences(tracesOf(run), undisturbed)).toEqual([]);
}, 180_000);

test("a training under --smol with the collector run every few milliseconds ends as without", async () => {
  const run = join(root, "collected");
  const [bun, ...rest] = training(run, cache, EPOCHS);
  const stress = join(import.meta.dir, "collect-always.ts");
  const { stderr, ...ended } = await finish([bun!, "--smol", "--preload", stress, ...rest]);
  expect(ended).toMatchObject({ exitCode: 0, signal: null });
  const collections = Number(/(\d+) collections/.exec(stderr)?.[1]);
  console.log(`device: a training through ${collections} full collections`);
  expect(collections).toBeGreaterThan(30);
  expect(differences(tracesOf(run), tracesOf(await undisturbedRun()))).toEqual([]);
}, 180_000);
