#!/usr/bin/env bun
// `bun run web-check [--shots FOLDER] [--esc10 FOLDER] [--listen MINUTES]`: the site as people use it, in Chromium without a window, below a path of its own:
// every page opened, wide and narrow, light and dark, looked over by axe-core, and used; the console stays empty, and
// without a network all is still there. With --listen it only listens for so long, and tells what becomes of memory.
// Exit codes: 0 all in order · 1 something is not, or there is no Chromium.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { help, optionsGiven } from "../../build/help.ts";
import { SITE, usedBy } from "../../build/licences.ts";
import { oneLine } from "../../src/train/terminal/errors.ts";
import { serve } from "../../web/serve.ts";
import { buildSite, listForKeeper } from "../../web/site.ts";
import { openChromium } from "../everywhere/chromium.ts";
import { numberGiven } from "../given.ts";
import { hearsMicrophone, hearsWithRun, listensLong, namesFile, type There } from "./listen.ts";
import { on } from "./on.ts";
import { keepsCards, teaches, teachesFromScratch } from "./teach.ts";
import { trains, trainsOnArchive } from "./train.ts";

help(import.meta.path);

const BASE = "/below/a/path/";
const AXE = readFileSync(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js"), "utf8");
const LOOKS = [
  { name: "wide-light", width: 1280, height: 900, colorScheme: "light" },
  { name: "narrow-dark", width: 360, height: 740, colorScheme: "dark" },
] as const;
/** Kernels' pages are made alike, and so are documents and the reference: of those that are opened twice, some will do. */
const OPENED =
  /^(?!kernels\/|examples\/|docs\/|api\/)|\/index\.html$|\/(softmax|attention|xor|nano-gpt|first-network|FEATURES|nn|init\.ts)\.html$/;

const SHARED = join(import.meta.dir, "../../../shared");

const { values } = optionsGiven({
  options: { shots: { type: "string" }, esc10: { type: "string" }, listen: { type: "string" } },
});
const minutes = numberGiven("--listen", values.listen, 0);
const data = values.esc10 ?? join(import.meta.dir, "../../data/esc10");
const esc10 = existsSync(join(data, "meta/esc50.csv")) ? data : null;
const folder = mkdtempSync(join(tmpdir(), "otograd-web-"));
let failed = 0;

async function check(what: string, body: () => Promise<string | undefined>): Promise<void> {
  const began = performance.now();
  try {
    const more = await body();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`(pass) ${what}${more === undefined ? "" : `: ${more}`} [${seconds} s]`);
  } catch (error) {
    failed++;
    console.log(`(fail) ${what}: ${oneLine(error).slice(0, 400)}`);
  }
}

let browser: Browser | undefined;
const server = serve(folder, 0, BASE);
try {
  const hasWeights = existsSync(join(SHARED, "weights"));
  const { files, bytes, packages } = await buildSite(folder, hasWeights ? join(SHARED, "weights") : null);
  console.log(`the site: ${files} files, ${(bytes / 1e6).toFixed(1)} MB`);
  const listed = new Set(usedBy(SITE).map(({ name }) => name));
  const unlisted = packages.filter((name) => !listed.has(name));
  if (unlisted.length > 0)
    throw new Error(
      `the site has ${unlisted.join(", ")} in it: say so in build/licences.ts, and run bun run licences`,
    );
  const base = new URL(BASE, server.url).href;
  const there = hasWeights && esc10 !== null ? { base, data: esc10, shots: values.shots ?? null } : null;
  if (values.listen === undefined) await everything(base, there);
  else if (there === null) throw new Error("--listen wants ../shared/weights, and ESC-10 by --esc10");
  else await check(`${minutes} minutes of listening`, () => listensLong(there, minutes));
} catch (error) {
  failed++;
  console.error(`error: ${oneLine(error)}`);
} finally {
  await browser?.close();
  await server.stop(true);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);

/** All the checks, but that of long listening. */
async function everything(base: string, there: There | null): Promise<void> {
  browser = await openChromium();
  const context = await browser.newContext({ serviceWorkers: "allow" });
  const pages = [...new Bun.Glob("**/*.html").scanSync(folder)].filter((path) => OPENED.test(path)).sort();
  await check("every kind of page, wide and narrow, light and dark", () => looks(context, base, pages));
  await check("a kernel is proved on the GPU of the page", () => provesKernel(context, base));
  await check("a kernel that is changed fails its proof", () => failsChanged(context, base));
  await check("a changed kernel with a loop that has no end ends, and the page goes on", () =>
    endsEndless(context, base),
  );
  await check("a kernel is timed, and what was found downloaded", () => timesKernel(context, base));
  await check("an example learns", () => runsExample(context, base));
  await check("a network is trained, stopped and gone on with, as the command line trains it", () =>
    on(context, `${base}train/index.html`, (page) => trains(page, () => looksTrained(page))),
  );
  if (esc10 !== null)
    await check("a network is trained on recorded sounds", () =>
      on(context, `${base}train/index.html`, (page) => trainsOnArchive(page, esc10)),
    );
  await check("a name is found by keys, and the line that it is written on", () => findsName(context, base));
  if (there !== null) {
    await check("a file is named", () => namesFile(context, there));
    await check("a microphone is heard", () => hearsMicrophone(there));
    await check("a run of the command line hears as predict does", () => hearsWithRun(context, there));
    await check("three sounds are taught by ten recordings each, and ten others of each told apart", () =>
      teaches(context, there),
    );
    await check("cards, answers and the microphone of Teach while others come, go and are loaded", () =>
      keepsCards(there),
    );
    await check("without weights a small network learns them from scratch", () =>
      teachesFromScratch(browser!, there),
    );
  } else
    console.log(
      "(skip) Listen and Teach: they want ../shared/weights, and ESC-10 in data/esc10 or by --esc10",
    );
  await check("a page that has changed is seen by who has seen it before", () => updates(context, base));
  await check("without a network all is still there", () => offline(context, base));
}

async function looks(context: BrowserContext, base: string, pages: readonly string[]): Promise<string> {
  if (values.shots !== undefined) mkdirSync(values.shots, { recursive: true });
  for (const path of pages)
    for (const { name, width, height, colorScheme } of LOOKS)
      await on(context, base + path, async (page) => {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        if (wide! > inner!) throw new Error(`${path} is ${wide} pixels wide where the window is ${inner}`);
        await lookOver(page, `${path} (${name})`);
        if (values.shots !== undefined)
          await page.screenshot({
            path: join(values.shots, `${path.replaceAll("/", "-")}.${name}.png`),
            fullPage: false,
          });
      });
  return `${pages.length} pages, nothing for axe-core to find`;
}

/** Throws what axe-core finds on the page as it is now. */
async function lookOver(page: Page, called: string): Promise<void> {
  // The policy lets no script in but the site's: axe is brought past it.
  const { violations } = await page.evaluate(async (axe) => {
    new Function(axe)();
    return (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run();
  }, AXE);
  const [worst] = violations;
  if (worst !== undefined) throw new Error(`${called}: ${worst.help}: ${worst.nodes[0]!.html.slice(0, 160)}`);
}

/** The Train page when a network is trained. */
async function looksTrained(page: Page): Promise<void> {
  for (const { name, width, height, colorScheme } of LOOKS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    if (wide! > inner!)
      throw new Error(`a trained network is shown ${wide} pixels wide where the window is ${inner}`);
    await lookOver(page, `a trained network (${name})`);
    if (values.shots !== undefined)
      await page.screenshot({ path: join(values.shots, `train-trained.${name}.png`), fullPage: true });
  }
}

/** Clicks the button that runs, and waits for the verdict. */
async function verdictOf(
  page: Page,
  begin: () => Promise<unknown>,
): Promise<{ says: string; right: string }> {
  await begin();
  await page.waitForFunction(
    () => {
      const [start, verdict] = [".start", ".verdict"].map(
        (name) => document.querySelector<HTMLElement>(name)!,
      );
      return !(start as HTMLButtonElement).disabled && verdict!.dataset.right !== "";
    },
    undefined,
    { timeout: 120_000 },
  );
  const verdict = page.locator(".verdict").first();
  return { says: (await verdict.textContent())!, right: (await verdict.getAttribute("data-right"))! };
}

function provesKernel(context: BrowserContext, base: string): Promise<string> {
  return on(context, `${base}kernels/softmax.html`, async (page) => {
    const { says, right } = await verdictOf(page, () => page.click(".start"));
    if (right !== "true") throw new Error(says);
    return says;
  });
}

function failsChanged(context: BrowserContext, base: string): Promise<string> {
  return on(context, `${base}kernels/softmax.html`, async (page) => {
    await page.click(".edit");
    const text = await page.inputValue("textarea");
    const change = (to: string) =>
      page.fill("textarea", text.replace("sum += exp_of(", `sum += ${to} * exp_of(`));
    const { says, right } = await verdictOf(page, () => change("1.001"));
    if (right !== "false") throw new Error(`a wrong kernel passes: ${says}`);
    return says;
  });
}

/** SwiftShader cannot be stopped: without a count of its turns this loop would hold the browser for good. */
function endsEndless(context: BrowserContext, base: string): Promise<string> {
  return on(context, `${base}kernels/softmax.html`, async (page) => {
    await page.click(".edit");
    const text = await page.inputValue("textarea");
    const endless = text.replace("j++) { sum", "j += 0) { sum");
    if (endless === text) throw new Error("softmax.wgsl has no such loop");
    const { says, right } = await verdictOf(page, () => page.fill("textarea", endless));
    if (right !== "false") throw new Error(`an endless loop passes: ${says}`);
    if (!(await page.locator(".log").first().textContent())!.includes("is broken off"))
      throw new Error("nothing says that the loop was broken off");
    // The check may be over before anybody could see that it runs: what changes is its verdict.
    await page.fill("textarea", text);
    const passes = page.locator('.verdict[data-right="true"]').first();
    await passes.waitFor({ timeout: 120_000 });
    return `${says}, and unchanged afterwards ${await passes.textContent()}`;
  });
}

function timesKernel(context: BrowserContext, base: string): Promise<string> {
  return on(context, `${base}kernels/softmax.html`, async (page) => {
    const times = page.locator(".run[data-kernels]");
    await times.locator(".start").click();
    await times.locator('.verdict[data-right="true"]').waitFor({ timeout: 120_000 });
    const downloading = page.waitForEvent("download");
    await page.click(".save");
    const found = JSON.parse(readFileSync(await (await downloading).path(), "utf8")) as {
      times: { kernel: string; median: number; runs: number }[];
    };
    const [time] = found.times;
    if (time?.kernel !== "softmax" || !(time.median > 0) || time.runs !== 7)
      throw new Error(`downloaded were ${JSON.stringify(found.times)}`);
    return (await times.locator(".verdict").textContent())!;
  });
}

function runsExample(context: BrowserContext, base: string): Promise<string> {
  return on(context, `${base}examples/xor.html`, async (page) => {
    const { says, right } = await verdictOf(page, () => page.click(".start"));
    if (right !== "true") throw new Error(says);
    return says;
  });
}

function findsName(context: BrowserContext, base: string): Promise<string> {
  return on(context, `${base}api/index.html`, async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("conv2d");
    await page.waitForSelector("#found li");
    if (values.shots !== undefined) await page.screenshot({ path: join(values.shots, "api-search.png") });
    const names = await page.locator("#found li").allTextContents();
    await lookOver(page, "names that were found");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.waitForURL(/api\/F\.html#conv2d$/);
    const place = page.locator("#conv2d .place a");
    const [file, line] = (await place.textContent())!.split(":");
    await place.click();
    await page.waitForURL(new RegExp(`source/${file}.html#L${line}$`));
    if ((await page.locator(`#L${line}`).count()) !== 1) throw new Error(`${file} has no line ${line}`);
    if (values.shots !== undefined) await page.screenshot({ path: join(values.shots, "api-source.png") });
    return `${names.length} names for conv2d; ${file}:${line}`;
  });
}

/** A visit is answered from what was kept, and has the browser look for a new version. */
async function updates(context: BrowserContext, base: string): Promise<undefined> {
  const [page, keeper] = ["index.html", "keeper.js"].map((name) => join(folder, name));
  await on(context, base, (shown) =>
    shown.evaluate(async () => {
      await navigator.serviceWorker.ready;
    }),
  );
  writeFileSync(page!, readFileSync(page!, "utf8").replace("</h1>", " anew</h1>"));
  writeFileSync(keeper!, readFileSync(keeper!, "utf8").replace(/^globalThis.kept=.*\n/, ""));
  listForKeeper(folder);
  await on(context, base, async (shown) => {
    for (let visits = 1; !(await shown.locator("h1").textContent())!.endsWith(" anew"); visits++) {
      if (visits === 20) throw new Error("the page is still the old one");
      await shown.waitForTimeout(1000);
      await shown.reload();
    }
  });
}

async function offline(context: BrowserContext, base: string): Promise<string> {
  await on(context, base, async (page) => {
    await page.evaluate(async () => {
      const { active } = await navigator.serviceWorker.ready;
      if (active === null) throw new Error("no service worker");
    });
  });
  await server.stop(true);
  await context.setOffline(true);
  return on(context, `${base}examples/xor.html`, async (page) => {
    const { says, right } = await verdictOf(page, () => page.click(".start"));
    if (right !== "true") throw new Error(says);
    return says;
  });
}
