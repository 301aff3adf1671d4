// One fault of the device, in a process of its own, as the device is not to be used after it. Prints, as one line of
// JSON, the error that surfaced. Which fault is the first argument; the rest are the training's.

import { device } from "../../src/gpu/device.ts";
import { defineKernel } from "../../src/gpu/kernel.ts";
import { init, manualSeed, memory, nn, noGrad, optim, tensor, zeros } from "../../src/index.ts";
import { arrayOf } from "../../src/tensor/handle.ts";
import { trainCommand } from "../../src/train/commands/train.ts";
import { Progress } from "../../src/train/terminal/progress.ts";

const MIB = 2 ** 20;

/**
 * Has the device answer as WebGPU says where memory runs out: beyond so many bytes createBuffer raises an
 * out-of-memory error and gives an invalid buffer. (A software driver gives more than there is, and never says so.)
 */
function withBudget(gpu: GPUDevice, budget: number): void {
  const create = gpu.createBuffer.bind(gpu);
  const push = gpu.pushErrorScope.bind(gpu);
  const pop = gpu.popErrorScope.bind(gpu);
  const scopes: { filter: GPUErrorFilter; failed: boolean }[] = [];
  let left = budget;
  gpu.pushErrorScope = (filter) => {
    scopes.push({ filter, failed: false });
    push(filter);
  };
  gpu.popErrorScope = async () => {
    const { failed } = scopes.pop()!;
    const error = await pop();
    return failed ? ({ message: "not enough memory left" } as GPUError) : error;
  };
  gpu.createBuffer = (descriptor) => {
    left -= descriptor.size;
    if (left >= 0) {
      const buffer = create(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        left += descriptor.size;
        destroy();
      };
      return buffer;
    }
    scopes.findLast(({ filter }) => filter === "out-of-memory")!.failed = true;
    push("validation");
    const invalid = create({ size: 16, usage: 0 });
    pop();
    return invalid;
  };
}

const FAULTS: Record<string, (...args: string[]) => Promise<unknown>> = {
  /** A launch that uses a buffer that is gone. */
  "destroyed buffer": async () => {
    const a = tensor([[1, 2, 3]]);
    const b = zeros([4, 3]);
    await b.data();
    arrayOf(b).storage.buffer.destroy();
    return a.add(b).relu().data();
  },
  /** A program whose array is longer than the buffer that it is given. */
  "too small a buffer": async () => {
    const kernel = defineKernel({
      name: "tooLong",
      code: "@group(0) @binding(0) var<storage, read_write> y: array<f32, 4096>; @compute @workgroup_size(1) fn run() { y[0] = 1; }",
      entries: { run: ["write"] },
    });
    const y = zeros([2, 5]);
    await y.data();
    kernel.launch("run", { arrays: [arrayOf(y)], params: {}, groups: [1, 1, 1] });
    return y.data();
  },
  /** More memory than there is: see `withBudget`. */
  "out of memory": async () => {
    withBudget(device().gpu, 100 * MIB);
    const a = zeros([4096, 1024]);
    const wide = [256, 512, 1024, 2048].map((columns) => zeros([1024, columns]));
    return Promise.all(wide.map((b) => a.matmul(b).relu().sum().item()));
  },
  /** Memory runs out where most of it is free, in buffers of other sizes; then the same on the device that init() opens. */
  "out of memory twice": async () => {
    const anySizes = async () => {
      withBudget(device().gpu, 100 * MIB);
      for (let bytes = MIB; bytes < 16 * MIB; bytes *= 1.09)
        await noGrad(() => zeros([Math.floor(bytes / 4)]).sum()).item();
      return memory().peakBytesInUse / MIB;
    };
    const said = await anySizes().catch((error: Error) => error.message);
    await init();
    return JSON.stringify({ said, peak: await anySizes() });
  },
  /** The device goes; init() opens another, on which the program goes on. */
  "device opened anew": async () => {
    const before = tensor([1, 2, 3]);
    const model = new nn.Linear(3, 2);
    await model.forward(before).data();
    device().gpu.destroy();
    const said = await before
      .add(1)
      .data()
      .catch((error: Error) => `${error.name}: ${error.message}`);
    await init();
    let stale = "";
    try {
      before.add(1);
    } catch (error) {
      stale = String(error);
    }
    const old = await before.data().catch((error: Error) => error.name);
    manualSeed(1);
    const [x, anew] = [tensor([1, 2, 3]), new nn.Linear(3, 2)];
    const optimizer = new optim.SGD(anew.parameters(), { lr: 0.1 });
    anew.forward(x).square().sum().backward();
    optimizer.step();
    return JSON.stringify({
      said,
      stale,
      old,
      sum: await x.add(1).sum().item(),
      finite: Number.isFinite((await anew.weight.data())[0]),
    });
  },
  /** A program that is refused; init() opens another device, once for all who call it, and the program goes on. */
  "refused, and opened anew": async () => {
    const kernel = defineKernel({
      name: "wrong",
      code: "@group(0) @binding(0) var<storage, read_write> y: array<f32>; @compute @workgroup_size(1) fn run() { y[0] = z; }",
      entries: { run: ["write"] },
    });
    const before = tensor([1, 2, 3]);
    kernel.launch("run", { arrays: [arrayOf(before)], params: {}, groups: [1, 1, 1] });
    const said = await before.data().catch(String);
    const refused = device();
    const [first, second] = await Promise.all([init().then(device), init().then(device)]);
    if (first === refused || first !== second) throw new Error("init() opens more than one device, or none");
    let stale = "";
    try {
      before.add(1);
    } catch (error) {
      stale = String(error);
    }
    const sum = await tensor([1, 2, 3]).add(1).sum().item();
    return JSON.stringify({ said, stale, sum });
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
        recipe: "blog-mixed",
        seed: 1,
        run,
        cache,
        set: [
          setting("network.hidden", [32]),
          setting("network.filters", 16),
          setting("frontEnd.segmentStep", 20991),
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
