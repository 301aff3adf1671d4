// What a step costs in this process, for those that compare checkouts (bench/checkouts.ts).
import type { Device } from "../../src/gpu/device.ts";
import type { Step } from "../checkouts.ts";
import { threadTime } from "../thread-time.ts";

/**
 * Takes so many steps, which have been taken before: what they need is compiled.
 * @param after what is waited for after each, which is not the host's part
 */
export async function measureSteps<T>(
  stream: Device["stream"],
  count: number,
  step: () => T,
  after?: (value: T) => Promise<unknown>,
): Promise<Omit<Step, "result">> {
  const launches = stream.counts.dispatches;
  const [clock, all] = [performance.now(), process.cpuUsage()];
  let host = 0;
  for (let i = 0; i < count; i++) {
    const before = threadTime();
    const value = step();
    host += threadTime() - before;
    if (after !== undefined) await after(value);
  }
  await stream.finish();
  const used = process.cpuUsage(all);
  return {
    launches: (stream.counts.dispatches - launches) / count,
    host: host / count,
    processor: (used.user + used.system) / 1000 / count,
    clock: (performance.now() - clock) / count,
  };
}
