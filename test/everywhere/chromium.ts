// A real browser: Chromium without a window, with WebGPU on SwiftShader where there is no GPU.
import { existsSync } from "node:fs";
import { type Browser, chromium as playwright } from "playwright-core";
import { UserError } from "../../src/train/terminal/errors.ts";
import type { Place } from "./place.ts";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** What lets it compute where there is no window and no GPU. */
const ARGUMENTS = [
  "--no-sandbox",
  "--headless=new",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

function findChromium(): string {
  const program = process.env.OTOGRAD_CHROMIUM ?? PROGRAMS.find(existsSync);
  if (program !== undefined) return program;
  throw new UserError(
    "there is no Chromium here: install it (Debian: apt-get install chromium), or name one with OTOGRAD_CHROMIUM",
  );
}

/** Opens it; whoever does closes it. */
export const openChromium = (...more: string[]): Promise<Browser> =>
  playwright.launch({ executablePath: findChromium(), args: [...ARGUMENTS, ...more] });

/** Runs a program in a page, and gives what it logs, line by line. */
export const chromium: Place = {
  name: "Chromium",
  async *run(program) {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: ({ url }) =>
        new URL(url).pathname === "/tests.js"
          ? new Response(program.text, { headers: { "content-type": "text/javascript" } })
          : new Response('<!doctype html><script type="module" src="tests.js"></script>', {
              headers: { "content-type": "text/html" },
            }),
    });
    const browser = await openChromium();
    const waiting: string[] = [];
    let more = () => {};
    let ended = false;
    const add = (line: string) => {
      waiting.push(line);
      more();
    };
    try {
      const page = await browser.newPage();
      page.on("console", (message) => add(message.text()));
      page.on("pageerror", (error) => add(`page error: ${error.message}`));
      const end = () => {
        ended = true;
        more();
      };
      page.on("crash", end);
      browser.on("disconnected", end);
      await page.goto(server.url.href);
      while (waiting.length > 0 || !ended) {
        const line = waiting.shift();
        if (line !== undefined) yield line;
        else
          await new Promise<void>((resolve) => {
            more = resolve;
          });
      }
    } finally {
      await browser.close();
      await server.stop(true);
    }
  },
};
