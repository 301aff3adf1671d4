// Processor time of the JavaScript thread. process.threadCpuUsage() goes on only when the system's scheduler looks, every few
// milliseconds, and a step may be over by then: on Linux the clock that is exact is asked.
import { dlopen, ptr } from "bun:ffi";

const CLOCK_THREAD_CPUTIME_ID = 3;

/** Milliseconds that this thread has had of a processor so far. */
export const threadTime: () => number = process.platform === "linux" ? exactClock() : coarseClock;

function coarseClock(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function exactClock(): () => number {
  const libc = dlopen("libc.so.6", { clock_gettime: { args: ["int", "ptr"], returns: "int" } });
  const time = new BigInt64Array(2); // seconds, nanoseconds
  const at = ptr(time);
  return () => {
    libc.symbols.clock_gettime(CLOCK_THREAD_CPUTIME_ID, at);
    return Number(time[0]!) * 1000 + Number(time[1]!) / 1e6;
  };
}

/**
 * Adds up the processor time of this thread inside a function. Not the clock's: on a software adapter the GPU's work
 * runs on the same cores, and the thread may wait for one.
 */
export function hostMeter(): { metered: (body: () => void) => () => void; milliseconds: () => number } {
  let milliseconds = 0;
  return {
    metered: (body) => () => {
      const before = threadTime();
      body();
      milliseconds += threadTime() - before;
    },
    milliseconds: () => milliseconds,
  };
}
