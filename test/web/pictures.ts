#!/usr/bin/env bun
// `bun run pictures [--report FILE]`: the pictures of README.md and docs/, taken of the real pages in Chromium: Teach as it is
// taught three sounds and told others, and the report about two runs. Wants ESC-10 in data/esc10, the published network
// ("bun run weights fetch mn04_as"), ffmpeg, and report.html as docs/training.md has it made. Exit codes: 0 · 1.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { help, optionsGiven } from "../../build/help.ts";
import { weightsFolder } from "../../src/train/pretrained/kept.ts";
import { oneLine, UserError } from "../../src/train/terminal/errors.ts";
import { serve } from "../../web/serve.ts";
import { buildSite } from "../../web/site.ts";
import { openChromium } from "../everywhere/chromium.ts";

help(import.meta.path);

const ROOT = join(import.meta.dir, "../..");
const IMAGES = join(ROOT, "docs/images");
const DATA = join(ROOT, "data/esc10");
const TAUGHT = ["dog", "rain", "rooster"];

const folder = mkdtempSync(join(tmpdir(), "otograd-pictures-"));
let browser: Browser | undefined;
try {
  const { values } = optionsGiven({ options: { report: { type: "string", default: "report.html" } } });
  if (!existsSync(values.report))
    throw new UserError(
      `there is no ${values.report}: docs/training.md, "A report to show", says how it is made`,
    );
  browser = await openChromium();
  await report(browser, values.report);
  await teach(browser);
} catch (error) {
  console.error(`error: ${oneLine(error)}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
}

/** The top of it in the light, and the first run's mistakes in the dark. */
async function report(browser: Browser, file: string): Promise<void> {
  const open = async (colorScheme: "light" | "dark", width: number, height: number) => {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height },
      deviceScaleFactor: 1.4,
    });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    return page;
  };
  const top = await open("light", 1180, 1035);
  await savePicture(await top.screenshot(), "report-runs.png");
  const mistakes = await open("dark", 1100, 1260);
  await mistakes.getByRole("heading", { level: 2, name: "blog-bn", exact: true }).evaluate((heading) => {
    scrollTo({ top: scrollY + heading.getBoundingClientRect().top - 12, behavior: "instant" });
  });
  await savePicture(await mistakes.screenshot(), "report-mistakes.png");
}

/** Ten recordings each of three sounds, then ten others of the last: an animation. */
async function teach(browser: Browser): Promise<void> {
  const site = join(folder, "site");
  await buildSite(site, weightsFolder());
  const server = serve(site, 0);
  const context = await browser.newContext({ viewport: { width: 760, height: 760 } });
  const page = await context.newPage();
  const frames: { file: string; seconds: number }[] = [];
  const frame = async (seconds: number) => {
    const file = join(folder, `${String(frames.length).padStart(3, "0")}.png`);
    await page.screenshot({ path: file });
    frames.push({ file, seconds });
  };
  try {
    await page.goto(`${server.url}teach/index.html`, { waitUntil: "networkidle" });
    await frame(1.5);
    await page.click(".add");
    await to(page, "h2");
    for (const [k, name] of TAUGHT.entries()) {
      const card = page.locator(".class").nth(k);
      await card.locator(".name").fill(name);
      await card.locator(".name").blur();
      await frame(0.5);
      await card.locator(".clips").setInputFiles(clipsOf(name).slice(0, 10));
      await card.getByText("10 recordings").waitFor({ timeout: 240_000 });
      await frame(0.8);
    }
    await page.click(".teach");
    for (let i = 0; i < 8; i++) {
      await frame(0.3);
      if ((await page.locator('.verdict[data-right="true"]').count()) > 0) break;
      await page.waitForTimeout(200);
    }
    await page.waitForSelector('.verdict[data-right="true"]', { timeout: 240_000 });
    await to(page, ".teach");
    await frame(1.5);
    await page.setInputFiles(".file", clipsOf("rooster").slice(10, 20));
    await page.waitForFunction(
      () => document.querySelectorAll(".answers li[data-name]").length === 10,
      undefined,
      {
        timeout: 240_000,
      },
    );
    await to(page, ".curve");
    await frame(5);
  } finally {
    await context.close();
    await server.stop(true);
  }
  // ffmpeg wants the last one twice.
  const list = [...frames, frames.at(-1)!].map(
    ({ file, seconds }) => `file '${file}'\nduration ${seconds}\n`,
  );
  writeFileSync(join(folder, "frames.txt"), list.join(""));
  const out = join(folder, "teach.webp");
  ffmpeg(
    `-f concat -safe 0 -i ${folder}/frames.txt -fps_mode vfr -c:v libwebp_anim -quality 80 -compression_level 6 -loop 0 ${out}`,
  );
  await save(readFileSync(out), "teach.webp");
}

/** Scrolls until this is at the top. */
function to(page: Page, selector: string): Promise<void> {
  const at = page.locator(selector).first();
  return at.evaluate((element) => {
    scrollTo({ top: scrollY + element.getBoundingClientRect().top - 12, behavior: "instant" });
  });
}

function clipsOf(category: string): string[] {
  const rows = readFileSync(join(DATA, "meta/esc50.csv"), "utf8").trim().split("\n").slice(1);
  return rows
    .map((row) => row.split(","))
    .filter((cells) => cells[3] === category)
    .map(([name]) => join(DATA, "audio", name!))
    .sort();
}

function ffmpeg(words: string): void {
  const { success, stderr } = Bun.spawnSync(["ffmpeg", "-v", "error", "-y", ...words.split(" ")]);
  if (!success) throw new UserError(`ffmpeg makes no picture: ${stderr.toString().trim()}`);
}

/** With a palette of its own: a third of the bytes. */
async function savePicture(png: Uint8Array, name: string): Promise<void> {
  const [whole, small] = [join(folder, `whole-${name}`), join(folder, name)];
  writeFileSync(whole, png);
  ffmpeg(`-i ${whole} -vf split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none ${small}`);
  await save(readFileSync(small), name);
}

async function save(bytes: Uint8Array, name: string): Promise<void> {
  const path = join(IMAGES, name);
  await Bun.write(path, bytes);
  console.log(`docs/images/${name}: ${(statSync(path).size / 1000).toFixed(0)} kB`);
}
