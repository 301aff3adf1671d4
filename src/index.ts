// otograd's public face. Nothing else is public.
/// <reference path="./wgsl.d.ts" />
import { collectBy } from "./gpu/collector.ts";
import { type AdapterFacts, noAdapter, openDevice } from "./gpu/device.ts";
import { pollBy } from "./gpu/stream/waits.ts";
import { wantNoMore } from "./tensor/check.ts";

export * as fft from "./audio/fourier/fft.ts";
export { hannWindow, type IstftOptions, istft, type StftOptions, stft } from "./audio/fourier/shortTime.ts";
export * as audio from "./audio/index.ts";
export type { AdapterFacts } from "./gpu/device.ts";
export { compile } from "./nn/compile.ts";
export * as data from "./nn/data/index.ts";
export * as distributions from "./nn/distributions/index.ts";
export * as F from "./nn/functional/index.ts";
export * as nn from "./nn/index.ts";
export * as optim from "./nn/optim/index.ts";
export * from "./nn/weights/index.ts";
export * from "./tensor/index.ts";

/**
 * Opens the GPU: the browser's, or Dawn's under Bun. Await it before anything else; later calls do nothing, unless a
 * DeviceError was thrown: then it opens the GPU anew, and what is on the old device is gone.
 * @returns what is known of the adapter that was picked
 * @throws NoAdapterError that says what to install where there is no usable adapter
 * @example
 * const { description } = await init();
 * description.length > 0; // → true
 */
export async function init(...more: never[]): Promise<AdapterFacts> {
  wantNoMore("init", more);
  const { openPlatform } = await import("#platform");
  const { gpu, opened, collect, poll, ...asked } = await openPlatform().catch(noAdapter);
  collectBy(collect ?? null);
  pollBy(poll ?? null);
  const { adapter } = await openDevice(gpu, asked);
  opened?.(adapter);
  return adapter;
}
