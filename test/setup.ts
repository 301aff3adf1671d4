// Runs before all tests: opens the GPU with poisoned memory (every new array starts as NaN).
import { openGpu } from "../src/dawn.ts";
import { openDevice } from "../src/tensor/device.ts";

await openDevice(await openGpu(), { poison: true });
