// A page of built files, in a browser.
import { join } from "node:path";
import { openChromium } from "../everywhere/chromium.ts";

/** Opens a page of a folder, and returns what its `said` comes to. Throws where the page complains. */
export async function inChromium<T>(folder: string, name: string): Promise<T> {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url }) {
      return new Response(Bun.file(join(folder, new URL(url).pathname)));
    },
  });
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(`${server.url.href}${name}`);
    const said = await page.evaluate(() => (globalThis as unknown as { said: Promise<T> }).said);
    if (errors.length > 0) throw new Error(`the page complains: ${errors.join("; ")}`);
    return said;
  } finally {
    await browser.close();
    await server.stop(true);
  }
}
