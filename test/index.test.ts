// The public face: what it exports, and what a program sees that starts wrong.
import { expect, test } from "bun:test";
import { join } from "node:path";
import * as otograd from "otograd";

const root = join(import.meta.dir, "..");

/** Runs a program in a process of its own; stdout, stderr and exit code. */
async function run(program: string, env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, "-e", program], {
    cwd: root,
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { out: out.trim(), err: err.trim(), code: await child.exited };
}

test("the package's name gives the documented names", () => {
  const { F, nn, optim, audio, Tensor, init, memory, noGrad, manualSeed, tensor, zeros, ones, randn } =
    otograd;
  for (const f of [init, memory, noGrad, manualSeed, tensor, zeros, ones, randn, Tensor])
    expect(f).toBeFunction();
  for (const f of [
    F.conv2d,
    F.maxPool2d,
    F.dropout,
    F.logSoftmax,
    F.batchNorm,
    F.nllLoss,
    F.crossEntropy,
    F.klDivLoss,
  ])
    expect(f).toBeFunction();
  for (const f of [nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d, nn.MaxPool2d, nn.Dropout, nn.ReLU])
    expect(f).toBeFunction();
  for (const f of [optim.SGD, optim.Adam, optim.AdamW, audio.MelSpectrogram, audio.resample])
    expect(f).toBeFunction();
  for (const f of [
    audio.delay,
    audio.timeStretch,
    audio.pitchShift,
    audio.mixBetweenClass,
    audio.aWeightedGain,
  ])
    expect(f).toBeFunction();
});

test("init() says what it found, and later calls do nothing", async () => {
  const { out, code } = await run(`
    import { init, tensor } from "otograd";
    const facts = await init();
    const again = await init();
    console.log(facts === again, facts.description !== "", await tensor([1, 2]).sum().item());`);
  expect([out, code]).toEqual(["true true 3", 0]);
});

test("without init() the first tensor says to call it", async () => {
  const { out } = await run(`
    import { tensor } from "otograd";
    try { tensor([1]); } catch (error) { console.log(error.message); }`);
  expect(out).toBe("otograd has no device yet: call `await init()` first");
});

test("where there is no adapter, init() says why and what to do", async () => {
  const none = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
  const { out } = await run(
    `
    import { init } from "otograd";
    await init().catch((error) => console.log(error.name, error.message));`,
    none,
  );
  expect(out).toStartWith("NoAdapterError no usable GPU adapter was found (");
  expect(out).toEndWith(
    "\nrun ./setup.sh, which installs a software Vulkan driver where there is no GPU; `bun run doctor` tells more",
  );
});
