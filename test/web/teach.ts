// The Teach page as people use it: recordings as files, teaching, trying, what is downloaded.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { decodeWav } from "../../src/audio/wav.ts";
import { audio, init, tensor } from "../../src/index.ts";
import { serve } from "../../web/serve.ts";
import { buildSite } from "../../web/site.ts";
import { openChromium } from "../everywhere/chromium.ts";
import { load } from "../train/export/onnx-runtime.ts";
import { command, furthest, predicted } from "./command.ts";
import { clipsOf, shown, type There } from "./listen.ts";
import { on } from "./on.ts";

/** What Teach is taught. */
const TAUGHT = ["dog", "rain", "rooster"];

/** Teaches them by clips 0 … count − 1 of each; gives the seconds that it takes. */
async function teach(page: Page, data: string, count: number): Promise<number> {
  await page.click(".add");
  const began = performance.now();
  for (const [k, name] of TAUGHT.entries()) {
    const card = page.locator(".class").nth(k);
    await card.locator(".name").fill(name);
    await card.locator(".name").blur();
    await card.locator(".clips").setInputFiles(clipsOf(data, name).slice(0, count));
    await card.getByText(`${count} recordings`).waitFor({ timeout: 120_000 });
  }
  await page.click(".teach");
  await page.waitForSelector('.verdict:not([data-right=""])', { timeout: 300_000 });
  const says = (await page.textContent(".verdict"))!;
  if ((await page.getAttribute(".verdict", "data-right")) !== "true") throw new Error(says);
  return (performance.now() - began) / 1000;
}

/**
 * Cards that come and go while others are busy, a project that is loaded while the microphone is on, a file that is tried twice,
 * names that are alike: nothing of it is lost, mixed up or passed over.
 */
export async function keepsCards({ base, data }: There): Promise<string> {
  const browser = await openChromium(
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-audio-capture=${clipsOf(data, "dog")[0]!}`,
  );
  try {
    const context = await browser.newContext({ permissions: ["microphone"] });
    return await on(context, `${base}teach/index.html`, async (page) => {
      await cardsKeep(page, data);
      await answersKeep(page, data);
      return (await page.textContent(".verdict"))!;
    });
  } finally {
    await browser.close();
  }
}

function same(what: string, got: unknown, wanted: unknown): void {
  const [a, b] = [got, wanted].map((each) => JSON.stringify(each));
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
}

const counts = (page: Page) => page.locator(".count").allTextContents();
const names = (page: Page) =>
  page
    .locator("input.name")
    .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));

async function cardsKeep(page: Page, data: string): Promise<void> {
  const [dogs, rain] = [clipsOf(data, "dog"), clipsOf(data, "rain")];
  await page.locator(".clips").nth(0).setInputFiles(dogs.slice(0, 2));
  await page.click(".add");
  await page.locator(".remove").nth(1).click();
  await page.getByText("2 recordings").waitFor({ timeout: 120_000 });
  same("counts after others came and went", await counts(page), ["2 recordings", "No recording yet"]);
  await page.click(".add");
  same("names", await names(page), ["sound 1", "sound 3", "sound 4"]);
  const labels = await page.locator(".class").evaluateAll((all) => all.map(({ ariaLabel }) => ariaLabel));
  same("labels", labels, ["Sound 1", "Sound 2", "Sound 3"]);
  await page.locator(".record").nth(2).click();
  await page
    .locator(".count")
    .nth(2)
    .filter({ hasText: /^Recording, / })
    .waitFor();
  await page.locator(".remove").nth(2).click(); // what is recorded there is thrown away
  for (const count of [1, 2]) {
    await page.locator(".clips").nth(1).setInputFiles(rain[0]!); // the same once more
    await page
      .locator(".count")
      .nth(1)
      .filter({ hasText: `${count} recording` })
      .waitFor({ timeout: 120_000 });
  }
  const cut = readFileSync(rain[1]!).subarray(0, 100_044);
  await page.locator(".clips").nth(1).setInputFiles({ name: "cut.wav", mimeType: "audio/wav", buffer: cut });
  const says = "3 recordings · cut.wav ends after 1.13 of 5.00 s: the rest is missing";
  await page.locator(".count").nth(1).filter({ hasText: says }).waitFor({ timeout: 120_000 });
  for (const [k, name] of ["dog", "dog"].entries()) {
    await page.locator("input.name").nth(k).fill(name);
    await page.locator("input.name").nth(k).blur();
  }
  await page.click(".teach");
  await page.waitForSelector('.verdict[data-right="false"]', { timeout: 60_000 });
  const refused = 'two sounds are called "dog": give each a name of its own, or put them together';
  same("two of one name", await page.textContent(".verdict"), refused);
  await page.locator("input.name").nth(1).fill("rain");
  await page.locator("input.name").nth(1).blur();
}

const TAUGHT_ONCE = '.verdict[data-right="true"]';

async function answersKeep(page: Page, data: string): Promise<void> {
  const project = await downloaded(page, ".save");
  const taught = async () => {
    await page.click(".teach");
    await page.waitForSelector(TAUGHT_ONCE, { timeout: 300_000 });
    await page.waitForSelector(".teach:not([disabled])");
  };
  const rows = page.locator(".answers li[data-name]");
  const told = () => rows.first().waitFor({ timeout: 60_000 });
  await taught();
  const clip = clipsOf(data, "dog")[5]!;
  await page.setInputFiles(".file", clip);
  await told();
  await taught();
  same("answers of the network before", await rows.count(), 0);
  await page.setInputFiles(".file", clip); // the same once more
  await told();
  await page.click(".microphone");
  await page.locator(".microphone", { hasText: "Stop" }).waitFor();
  await page.waitForFunction(() => document.querySelector(".answer")!.textContent !== "");
  const file = { name: "mine.json", mimeType: "application/json", buffer: project };
  await page.setInputFiles(".load", file);
  await page.getByText("mine.json is loaded: teach it").waitFor();
  await page.waitForTimeout(1000); // in which the microphone would have been heard
  same("after a project was loaded", await page.locator(".microphone, .answer").allTextContents(), [
    "Use the microphone",
    "",
  ]);
  same("its sounds", await counts(page), ["2 recordings", "3 recordings"]);
  await taught();
}

/** How many of ten others of each are told right, and what the others are. */
async function tried(page: Page, data: string): Promise<{ right: number; all: number; wrong: string[] }> {
  let [right, all] = [0, 0];
  const wrong: string[] = [];
  for (const name of TAUGHT) {
    await page.setInputFiles(".file", clipsOf(data, name).slice(10, 20));
    await page.waitForFunction(
      () => document.querySelectorAll(".answers li[data-name]").length === 10,
      undefined,
      { timeout: 120_000 },
    );
    for (const answer of await page.locator(".answers li").all()) {
      if ((await answer.getAttribute("data-name")) === name) right++;
      else wrong.push(`${name} ${await answer.textContent()}`);
      all++;
    }
  }
  return { right, all, wrong };
}

export function teaches(context: BrowserContext, { base, data, shots }: There): Promise<string> {
  return on(context, `${base}teach/index.html`, async (page) => {
    const seconds = await teach(page, data, 10);
    const { right, all, wrong } = await tried(page, data);
    if (shots !== null) await page.screenshot({ path: join(shots, "teach-taught.png"), fullPage: true });
    const more = await downloads(page, data);
    if (right / all < 0.9) throw new Error(`${right} of ${all} are right; wrong: ${wrong.join("; ")}`);
    return `${right} of ${all} right, taught in ${seconds.toFixed(0)} s, listening included; ${more}`;
  });
}

/** The site without weights: a small network, told apart less well. */
export async function teachesFromScratch(browser: Browser, { data, shots }: There): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "otograd-web-bare-"));
  await buildSite(folder, null);
  const server = serve(folder, 0);
  const context = await browser.newContext();
  try {
    await on(context, new URL("listen/index.html", server.url).href, refusesWrongWeights);
    return await on(context, new URL("teach/index.html", server.url).href, async (page) => {
      if (!(await page.locator(".need").isVisible())) throw new Error("it does not ask for the weights");
      const seconds = await teach(page, data, 10);
      const { right, all, wrong } = await tried(page, data);
      if (shots !== null) await page.screenshot({ path: join(shots, "teach-scratch.png"), fullPage: true });
      const more = await downloads(page, data);
      if (right / all < 0.6) throw new Error(`${right} of ${all} are right; wrong: ${wrong.join("; ")}`);
      return `${right} of ${all} right, taught in ${seconds.toFixed(0)} s, listening included; ${more}`;
    });
  } finally {
    await context.close();
    await server.stop(true);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files that are not the network's are said to be wrong, and are not there any more at the next visit. */
async function refusesWrongWeights(page: Page): Promise<void> {
  const says = page.locator(".need .says");
  const wrong = ["network.pt", "class_labels_indices.csv"].map((name) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.from("<!doctype html>"),
  }));
  await page.setInputFiles(".need input", wrong);
  await says.filter({ hasText: "That did not work" }).waitFor({ timeout: 60_000 });
  await page.reload({ waitUntil: "networkidle" });
  await says.filter({ hasText: "Still to come" }).waitFor({ timeout: 60_000 });
}

async function downloaded(page: Page, button: string): Promise<Buffer> {
  const downloading = page.waitForEvent("download");
  await page.click(button);
  return readFileSync(await (await downloading).path());
}

/**
 * What is downloaded gives a clip the page's probabilities: the run under `predict`, and the ONNX model, which is what
 * `export` writes of the run, under ONNX Runtime.
 */
async function downloads(page: Page, data: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "otograd-web-taught-"));
  const run = join(folder, "run");
  mkdirSync(run);
  try {
    for (const [name, bytes] of Object.entries(unzipSync(await downloaded(page, ".run-folder"))))
      writeFileSync(join(run, name), bytes);
    const clip = clipsOf(data, "rooster")[20]!;
    await page.setInputFiles(".file", clip);
    await page.waitForFunction(() => document.querySelectorAll(".answers li[data-name]").length === 1);
    const probabilities = await predicted(run, clip);
    const apart = furthest(probabilities, await shown(page));
    if (!(apart <= 1e-4)) throw new Error(`predict and the page differ by ${apart}`);

    const model = await downloaded(page, ".onnx");
    const out = join(folder, "model.onnx");
    await command("export", run, "--out", out);
    const written = readFileSync(out);
    if (!model.equals(written))
      throw new Error(`export writes ${written.length} bytes, the page other ${model.length}`);
    const heard = furthest(probabilities, await underOnnx(model, out.replace(/onnx$/, "json"), clip));
    if (!(heard <= 1e-5)) throw new Error(`ONNX Runtime and predict differ by ${heard}`);
    return `its run differs from the page by ${apart.toExponential(1)} under predict; its ONNX model is export's, and differs by ${heard.toExponential(1)} under ONNX Runtime`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The probabilities of a clip under ONNX Runtime, by class. */
async function underOnnx(model: Uint8Array, about: string, clip: string): Promise<Record<string, number>> {
  const { classes, sampleRate } = JSON.parse(readFileSync(about, "utf8"));
  await init();
  const wav = decodeWav(readFileSync(clip), clip);
  const wave = audio.resample(tensor(wav.samples), wav.sampleRate, sampleRate);
  const data = (await wave.data()) as Float32Array;
  const { probabilities } = await (await load(model))({ wave: { data, shape: [data.length] } });
  return Object.fromEntries(classes.map((name: string, k: number) => [name, probabilities!.data[k]!]));
}
