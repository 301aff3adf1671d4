// WebGPU where it is built in: browsers and Deno have it as navigator.gpu.
import type { Platform } from "./platform.ts";

/** The `GPU` object of a browser, or of Deno; undefined where there is none. */
export function builtInGpu(): GPU | undefined {
  return (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
}

/**
 * The browser's own WebGPU.
 * @throws Error where it has none, saying what to do
 */
export async function openPlatform(): Promise<Platform> {
  const gpu = builtInGpu();
  if (gpu !== undefined) return { gpu, explainNoAdapter: () => NO_ADAPTER };
  throw new Error(
    (globalThis as { isSecureContext?: boolean }).isSecureContext === false
      ? "WebGPU is kept from pages that come over plain http: serve this one over https, or from localhost"
      : "there is no WebGPU here: use a browser that has it (Chrome, Edge, Safari 26, Firefox 141 or later), or Deno with --unstable-webgpu; " +
          "under Node and Bun, import the package itself: this is a bundle for browsers",
  );
}

const NO_ADAPTER =
  "WebGPU is here, but it found no GPU that it may use: look at chrome://gpu or about:support, and switch hardware acceleration on; under Deno, install a Vulkan driver";
