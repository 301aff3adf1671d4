// One fault of the device, in a process of its own, as the device is not to be used after it. Prints, as one line of
// JSON, the error that surfaced. Which fault is the first argument; the rest are the training's.
import { init, manualSeed, nn, tensor, zeros } from "../../src/index.ts";
import { device } from "../../src/tensor/device.ts";
import { defineKernel } from "../../src/tensor/kernel.ts";
import { Progress } from "../../src/train/progress.ts";
import { trainCommand } from "../../src/train/train-command.ts";

const MIB = 2 ** 20;

const FAULTS: Record<string, (...args: string[]) => Promise<unknown>> = {
  /** A launch that uses a buffer that is gone. */
  "destroyed buffer": async () => {
    const a = tensor([[1, 2, 3]]);
    const b = zeros([4, 3]);
    await b.data();
    b.array.storage.buffer.destroy();
    return a.add(b).relu().data();
  },
  /** More workgroups along x than WebGPU allows. */
  "too many workgroups": async () => {
    const kernel = defineKernel({
      name: "tooWide",
      code: "@group(0) @binding(0) var<storage, read_write> y: array<f32>; @compute @workgroup_size(1) fn run() { y[0] = 1; }",
      entries: { run: ["write"] },
      params: {},
    });
    const y = zeros([2, 5]);
    await y.data();
    kernel.launch("run", { arrays: [y.array], params: {}, groups: [70_000, 1, 1] });
    return y.data();
  },
  /** More memory than this process is allowed, in arrays of 64 MiB that are never written. */
  "out of memory": async () => {
    const used = Number(/VmSize:\s+(\d+) kB/.exec(await Bun.file("/proc/self/status").text())![1]) * 1024;
    Bun.spawnSync(["prlimit", "--pid", String(process.pid), `--as=${used + 1024 * MIB}`]);
    const held = [];
    const model = new nn.Linear(16, 16);
    for (let i = 0; i < 64; i++) {
      held.push(device().pool.take(64 * MIB, `matmul [4096, ${4096 + i}]`));
      await model.forward(zeros([2, 16])).data();
    }
    return held.length;
  },
  /** The device goes in the middle of the third epoch. */
  "lost device": async (run: string, cache: string) => {
    class Watching extends Progress {
      private epochs = 0;
      override say(line: string): void {
        if (/^epoch +2\//.test(line)) this.epochs = 2;
      }
      override beginEpoch(): void {}
      override update(): void {
        if (this.epochs === 2) device().gpu.destroy();
      }
    }
    const setting = (path: string, value: unknown) => ({ path: path.split("."), value });
    return trainCommand(
      {
        data: "synthetic",
        fold: 5,
        recipe: "otograd",
        seed: 1,
        run,
        cache,
        set: [
          setting("network.hidden", [32]),
          setting("network.filters", 16),
          setting("masks", { mels: 10, frames: 10 }),
          setting("batchSize", 64),
          setting("epochs", 4),
        ],
      },
      { progress: new Watching(), stop: { signal: null, onFirst: "" }, print: () => {} },
    );
  },
};

const [fault, ...args] = process.argv.slice(2);
let surfaced: { name: string; message: string } | { none: string };
try {
  await init();
  manualSeed(1);
  surfaced = { none: String(await FAULTS[fault!]!(...args)) };
} catch (error) {
  surfaced = { name: (error as Error).name, message: (error as Error).message };
}
process.stdout.write(`${JSON.stringify(surfaced)}\n`);
process.exit();
