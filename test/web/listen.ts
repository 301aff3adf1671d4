// The Listen page as people use it: files, a microphone, runs that are dropped.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import type { BrowserContext, Page } from "playwright-core";
import { openChromium } from "../everywhere/chromium.ts";
import { command, furthest, predicted } from "./command.ts";
import { on } from "./on.ts";

/** What these checks want. */
export interface There {
  /** The site's address. */
  base: string;
  /** ESC-10's folder. */
  data: string;
  /** A folder for pictures. */
  shots: string | null;
}

/** The paths of clips of a class, in the order of their names. */
export function clipsOf(folder: string, category: string): string[] {
  const rows = readFileSync(join(folder, "meta/esc50.csv"), "utf8").trim().split("\n").slice(1);
  const [names, categories] = [0, 3].map((column) => rows.map((row) => row.split(",")[column]!));
  return names!
    .filter((_, i) => categories![i] === category)
    .sort()
    .map((name) => join(folder, "audio", name));
}

/** Waits for the page to say how something went; gives what it says. Throws it where it did not go well. */
async function verdictOf(page: Page): Promise<string> {
  await page.waitForSelector('.verdict:not([data-right=""])', { timeout: 120_000 });
  const says = (await page.textContent(".verdict"))!;
  if ((await page.getAttribute(".verdict", "data-right")) !== "true") throw new Error(says);
  return says;
}

/** The probabilities that the page shows, by class. */
export async function shown(page: Page): Promise<Record<string, number>> {
  return JSON.parse((await page.locator(".heard").getAttribute("data-probabilities"))!);
}

export function namesFile(context: BrowserContext, { base, data, shots }: There): Promise<string> {
  return on(context, `${base}listen/index.html`, async (page) => {
    await page.setInputFiles(".file", clipsOf(data, "dog")[0]!);
    await verdictOf(page);
    const names = await page.locator(".heard li span:first-child").allTextContents();
    if (shots !== null) await page.screenshot({ path: join(shots, "listen-dog.png") });
    if (!names.includes("Dog")) throw new Error(`a dog is heard as ${names.join(", ")}`);
    return `a dog is ${names.slice(0, 3).join(", ")}; ${await page.textContent(".speed")}`;
  });
}

/** Does something on the Listen page while it listens to a microphone that is a file, played over and over. */
async function whileListening<T>(
  { base, data }: There,
  use: (page: Page) => Promise<T>,
  ...flags: string[]
): Promise<T> {
  const listening = await openChromium(
    ...flags,
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-audio-capture=${clipsOf(data, "crying_baby")[0]!}`,
  );
  try {
    const context = await listening.newContext({ permissions: ["microphone"] });
    return await on(context, `${base}listen/index.html`, async (page) => {
      await page.click(".microphone");
      await page.waitForFunction(
        () => document.querySelector(".heard li span")?.textContent?.includes("Baby cry") === true,
        undefined,
        { timeout: 30_000 },
      );
      return await use(page);
    });
  } finally {
    await listening.close();
  }
}

export function hearsMicrophone(there: There): Promise<string> {
  return whileListening(there, async (page) => {
    const level = await page.locator(".level").evaluate((meter: HTMLMeterElement) => meter.value);
    if (there.shots !== null)
      await page.screenshot({ path: join(there.shots, "listen-microphone.png"), fullPage: true });
    await page.click(".microphone");
    return `a baby that cries is heard at ${level.toFixed(0)} dB; ${await page.textContent(".speed")}`;
  });
}

/**
 * Megabytes that Chromium's processes hold, by what they are for: memory of their own, and their part of what they share
 * with each other. Not the program's file: a process's part of that grows when another Chromium on the machine ends.
 */
async function held(page: Page): Promise<Record<string, number>> {
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const sums: Record<string, number> = {};
  for (const { id, type } of processInfo) {
    const parts = readFileSync(`/proc/${id}/smaps_rollup`, "utf8").matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+)/gm);
    for (const [, kilobytes] of parts) sums[type] = (sums[type] ?? 0) + Number(kilobytes) / 1024;
  }
  return sums;
}

/**
 * Listens for some minutes, and tells of each what memory is held. Throws where the page's own processes hold more in the
 * last third than in the second: the first is for programs that are compiled and heaps that find their size.
 */
export function listensLong(there: There, minutes: number): Promise<string> {
  const listens = async (page: Page) => {
    const seen: number[] = [];
    for (let minute = 0; minute <= minutes; minute++) {
      if (minute > 0) await page.waitForTimeout(60_000);
      const now = await held(page);
      seen.push(now.renderer! + now.GPU!);
      const parts = Object.entries(now).map(([type, mb]) => `${type} ${mb.toFixed(0)}`);
      console.log(`  ${minute} min: ${parts.join(", ")} MB; ${await page.textContent(".speed")}`);
    }
    const third = Math.ceil(seen.length / 3);
    const mean = (some: readonly number[]) => some.reduce((sum, mb) => sum + mb, 0) / some.length;
    const [before, after] = [mean(seen.slice(-2 * third, -third)), mean(seen.slice(-third))];
    const says = `${before.toFixed(0)} MB in the second third, ${after.toFixed(0)} MB in the last`;
    if (after > 1.05 * before) throw new Error(`memory grows: ${says}`);
    return says;
  };
  // JavaScript's heap for young objects has its full size at once, to which it would grow some minutes later: by 26 MB.
  return whileListening(there, listens, "--js-flags=--min-semi-space-size=16 --max-semi-space-size=16");
}

/** A network of the command line's, after an epoch of synthetic sounds, with a threshold: as its folder and as a ZIP archive. */
export async function hearsWithRun(context: BrowserContext, { base, data, shots }: There): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "otograd-web-run-"));
  const run = join(folder, "tiny");
  try {
    const words = "--data synthetic --fold 5 --recipe blog-mixed --epochs 1 --other threshold";
    const sets = ["network.hidden=[50]", "network.filters=8"].flatMap((set) => ["--set", set]);
    await command("train", ...words.split(" "), ...sets, "--run", run);
    const clip = clipsOf(data, "rooster")[0]!;
    const want = await predicted(run, clip);
    const zip = join(folder, "tiny.zip");
    const files = ["config.json", "model.safetensors", "other.json", "other.safetensors"];
    const entry = (name: string) => [`tiny/${name}`, readFileSync(join(run, name))] as const;
    writeFileSync(zip, zipSync(Object.fromEntries(files.map(entry))));
    return await on(context, `${base}listen/index.html`, async (page) => {
      let worst = 0;
      for (const [input, path] of [
        [".run-folder", run],
        [".run-zip", zip],
      ] as const) {
        await page.setInputFiles(input, path);
        await page.waitForFunction(() => /is open/.test(document.querySelector(".verdict")!.textContent!));
        const hears = (await page.textContent(".hears"))!;
        if (!hears.includes("or none of these")) throw new Error(`it has a threshold: ${hears}`);
        await page.setInputFiles(".file", clip);
        await page.waitForFunction(() => /, 5\.0 s/.test(document.querySelector(".verdict")!.textContent!));
        worst = Math.max(worst, furthest(want, await shown(page)));
      }
      if (shots !== null) await page.screenshot({ path: join(shots, "listen-run.png"), fullPage: true });
      if (!(worst <= 1e-4)) throw new Error(`predict and the page differ by ${worst}`);
      const says = await page.textContent(".verdict");
      await refusesOthers(page, folder, run, clip);
      return `probabilities differ by ${worst.toExponential(1)} at the most; ${says}`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is no run is refused by a line that says so. */
async function refusesOthers(page: Page, folder: string, run: string, clip: string): Promise<void> {
  const broken = (name: string, files: Record<string, Uint8Array>) => {
    const path = join(folder, name);
    writeFileSync(path, zipSync(files));
    return path;
  };
  const config = readFileSync(join(run, "config.json"));
  const model = readFileSync(join(run, "model.safetensors"));
  model[model.length - 1]! ^= 1;
  const cases: [path: string, says: RegExp][] = [
    [clip, /^.*\.wav is not a run: it has no config\.json$/],
    [broken("empty.zip", { "notes.txt": config }), /^empty\.zip is not a run: it has no config\.json$/],
    [broken("half.zip", { "config.json": config }), /^there is no half\.zip\/model\.safetensors$/],
    [
      broken("bad.zip", { "config.json": model.subarray(0, 9) }),
      /^cannot read bad\.zip\/config\.json: it is not JSON$/,
    ],
    [
      broken("cut.zip", { "config.json": config, "model.safetensors": model }),
      /^cut\.zip\/model\.safetensors is not a usable safetensors file: its checksum does not match its contents$/,
    ],
  ];
  for (const [path, says] of cases) {
    await page.setInputFiles(".run-zip", path);
    await page.waitForSelector('.verdict[data-right="false"]');
    const said = (await page.textContent(".verdict"))!;
    if (!says.test(said)) throw new Error(`${path} is refused by: ${said}`);
    await page.evaluate(() => {
      document.querySelector<HTMLElement>(".verdict")!.dataset.right = "";
    });
  }
  if (readdirSync(run).length === 0) throw new Error("the run is gone");
}
