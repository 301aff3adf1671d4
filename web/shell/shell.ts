// On every page: says what to do where there is no WebGPU, and has the site kept for when there is no network.
import { builtInGpu } from "../../src/platform/web.ts";

const root = document.documentElement.dataset.root!;

const WHERE =
  "Chrome and Edge have it (113 or later; on Linux, chrome://flags/#enable-unsafe-webgpu), Safari has it from 26 on, Firefox from 141 on";

async function whatIsMissing(): Promise<string | null> {
  const gpu = builtInGpu();
  if (gpu === undefined)
    return isSecureContext
      ? `This browser has no WebGPU, which computes everything here. ${WHERE}.`
      : "WebGPU is kept from pages that come over plain http: open this one over https, or from localhost.";
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter !== null) return null;
  return "This browser has WebGPU, but found no GPU that it may use: look at chrome://gpu or about:support, and switch hardware acceleration on.";
}

const missing = await whatIsMissing();
if (missing !== null) {
  const notice = document.querySelector<HTMLElement>("#no-webgpu")!;
  notice.textContent = `${missing} What there is to read can be read without.`;
  notice.hidden = false;
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-wants-gpu]"))
    button.disabled = true;
}

// Where there is no service worker (private windows, file:), the site only wants a network each time.
await navigator.serviceWorker?.register(`${root}keeper.js`).catch(() => undefined);
