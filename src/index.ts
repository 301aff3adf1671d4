// otograd's public face. Nothing else is public.
import { openGpu } from "./dawn.ts";
import { type AdapterFacts, openDevice } from "./tensor/device.ts";

export * from "./tensor/index.ts";

/**
 * Opens the GPU: the browser's, or Dawn's under Bun. Await it before anything else; later calls do nothing.
 * @returns what is known of the adapter that was picked
 * @throws Error that says what to install where there is no usable adapter
 */
export async function init(): Promise<AdapterFacts> {
  const browser = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  return (await openDevice(browser ?? (await openGpu()))).adapter;
}
