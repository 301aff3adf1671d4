// Runs before all tests: opens the GPU with poisoned memory (every new array starts as NaN), and says once what
// the kernels' lines mean.

import { afterAll } from "bun:test";
import { collectBy } from "../src/gpu/collector.ts";
import { openDevice } from "../src/gpu/device.ts";
import { pollBy } from "../src/gpu/stream/waits.ts";
import { firstFew } from "../src/kernels/gemm/gemm.ts";
import { openPlatform } from "../src/platform/dawn.ts";
import { removeForsaken, removeShared } from "./shared.ts";

removeForsaken();
afterAll(removeShared);

const { gpu, opened, collect, poll } = await openPlatform();
collectBy(collect ?? null);
pollBy(poll ?? null);
const { adapter } = await openDevice(gpu, { poison: true });
opened?.(adapter);
firstFew(0); // nor do the programs of whatever is small wait for the first few works to be done

// Once, also where files are spread over processes.
if ((process.env.BUN_TEST_WORKER_ID ?? "1") === "1")
  console.log(`
Kernels run on ${adapter.description}${adapter.software ? ", a software adapter" : ""}. Their lines below compare each operation with plain
float64 loops (test/reference), forward and gradient, on drawn shapes: "forward" and "gradient" are the largest
deviations as a fraction of the largest element, in the case that came closest to what rounding is "allowed"; "twice" is
the error of a gradient of the gradient, beside differences of the reference's.
`);
