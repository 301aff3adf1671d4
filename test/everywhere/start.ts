// Begins in a browser or under Deno, before any test is registered: opens the GPU with poisoned memory, as setup.ts does
// under Bun, and afterwards runs the tests. What happens goes to the console, a line of JSON an event.
import { openDevice } from "../../src/gpu/device.ts";
import { firstFew } from "../../src/kernels/gemm/gemm.ts";
import { openPlatform } from "../../src/platform/web.ts";
import { type Outcome, runTests } from "./bun-test.ts";

/** What the place says of itself, of each test, and in the end. */
export type Event =
  | { kind: "adapter"; adapter: string; lacks: string[] }
  | { kind: "test"; outcome: Outcome }
  | { kind: "end"; error: string | null };

/** Begins a line that is an event; others are what tests print. */
export const MARK = "otograd-event ";

const tell = (event: Event) => console.log(MARK + JSON.stringify(event));

/** What programs take advantage of where it is there. */
const FEATURES = ["subgroups", "timestamp-query"];

/** Imports the tests, which register themselves, and runs them. */
export async function start(register: () => Promise<void>): Promise<void> {
  try {
    const { gpu } = await openPlatform();
    const { adapter } = await openDevice(gpu, { poison: true });
    firstFew(0); // as setup.ts does
    const { vendor, architecture, description, features } = adapter;
    const name = [vendor, architecture, description].filter((part) => part !== "").join(" ");
    tell({
      kind: "adapter",
      adapter: name || "an adapter that does not say its name",
      lacks: FEATURES.filter((feature) => !features.includes(feature)),
    });
    await register();
    await runTests((outcome) => tell({ kind: "test", outcome }));
    tell({ kind: "end", error: null });
  } catch (error) {
    tell({ kind: "end", error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
