// Builds the site: pages as static HTML, their programs bundled, and a service worker that keeps all of it for when there
// is no network.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { halved } from "../src/train/pretrained/half.ts";
import { apiPages } from "./api/pages.ts";
import { bundlePrograms } from "./bundle.ts";
import { docPages } from "./docs/pages.ts";
import { examplePages } from "./examples/pages.ts";
import { CLASSES, HALVES, type SiteFacts, WEIGHTS } from "./hearing/weights.ts";
import type { Page } from "./html.ts";
import { html } from "./html.ts";
import { kernelPages } from "./kernels/pages.ts";
import { listenPage } from "./listen/page-html.ts";
import type { Kept } from "./shell/keeper.ts";
import { startPage } from "./start/page.ts";
import { teachPage } from "./teach/page-html.ts";
import { trainPage } from "./train/page-html.ts";

export const ROOT = join(import.meta.dir, "..");
export const SITE = join(ROOT, "dist/web");

/**
 * Writes the site into a folder, whose earlier contents go.
 * @param weights a folder with the published network's files, to stand beside the pages; null: whoever comes brings them
 * @param half whether its numbers go as float16, in half as many bytes
 */
export async function buildSite(
  folder: string,
  weights: string | null = null,
  { half = false } = {},
): Promise<{ files: number; bytes: number; packages: string[] }> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const api = apiPages();
  const pages: Page[] = [startPage(), listenPage(), teachPage(), trainPage()];
  pages.push(...kernelPages(), ...examplePages(), ...docPages(), ...api.pages);
  for (const page of pages) write(page.path, html(page));
  write("api/names.json", JSON.stringify(api.found));
  const styles = ["shell/style.css", "shell/code.css", "docs/docs.css", "train/train.css"].map((file) =>
    readFileSync(join(import.meta.dir, file), "utf8"),
  );
  const palette = readFileSync(join(ROOT, "src/train/report/palette.css"), "utf8");
  write("style.css", [FONTS, palette, ...styles].join("\n"));
  for (const weight of [400, 600]) {
    const font = join(ROOT, `node_modules/@fontsource/inter/files/inter-latin-${weight}-normal.woff2`);
    cpSync(font, join(folder, `inter-${weight}.woff2`));
  }
  write("icon.svg", ICON);
  const facts: SiteFacts = { weights: null };
  if (weights !== null) {
    mkdirSync(join(folder, "weights"), { recursive: true });
    facts.weights = { [WEIGHTS]: half ? HALVES : WEIGHTS, [CLASSES]: CLASSES };
    if (half)
      writeFileSync(
        join(folder, "weights", HALVES),
        Buffer.concat(halved(readFileSync(join(weights, WEIGHTS)))),
      );
    for (const name of half ? [CLASSES] : [WEIGHTS, CLASSES])
      cpSync(join(weights, name), join(folder, "weights", name));
  }
  write("site.json", JSON.stringify(facts));
  const packages = await bundlePrograms(join(folder, "programs"));
  listForKeeper(folder);
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(folder, name)))
    .filter((stats) => stats.isFile());
  return { files: all.length, bytes: all.reduce((sum, { size }) => sum + size, 0), packages };
}

const FONTS = [400, 600]
  .map(
    (weight) =>
      `@font-face{font-family:Inter;font-weight:${weight};font-display:swap;src:url(inter-${weight}.woff2) format("woff2")}\n`,
  )
  .join("");

/** 音 is a sound: here, three bars of one. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5a9e"/><g fill="#fff"><rect x="7" y="12" width="4" height="9" rx="2"/><rect x="14" y="6" width="4" height="20" rx="2"/><rect x="21" y="10" width="4" height="12" rx="2"/></g></svg>\n`;

/**
 * Writes into keeper.js, which then looks for no other file, what it is to keep: every file, and a version that changes
 * with any of them. A browser takes a new service worker only where the program's own bytes have changed.
 */
export function listForKeeper(folder: string): void {
  const program = join(folder, "keeper.js");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile() && !name.endsWith(".map") && name !== "keeper.js")
    .sort();
  const hash = createHash("sha256").update(readFileSync(program));
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
  const kept: Kept = { version: hash.digest("hex").slice(0, 16), files };
  writeFileSync(program, `globalThis.kept=${JSON.stringify(kept)};\n${readFileSync(program, "utf8")}`);
}
