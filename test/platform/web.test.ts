// WebGPU where it is built in. Real browsers have their own tests; here, what is said where it is not.
import { expect, test } from "bun:test";
import { openPlatform } from "../../src/platform/web.ts";

test("where no WebGPU is built in, the error says where it is, or that the page must be served safely", async () => {
  await expect(openPlatform()).rejects.toThrow("there is no WebGPU here: use a browser that has it");
  await expect(openPlatform()).rejects.toThrow(
    "under Node and Bun, import the package itself: this is a bundle for browsers",
  );
  (globalThis as { isSecureContext?: boolean }).isSecureContext = false;
  try {
    await expect(openPlatform()).rejects.toThrow("WebGPU is kept from pages that come over plain http");
  } finally {
    delete (globalThis as { isSecureContext?: boolean }).isSecureContext;
  }
});
