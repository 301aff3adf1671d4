// What the packages have in common: where they are written, and what their package.json says.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json";

export const ROOT = join(import.meta.dir, "..");

/** The packages' folders. */
export const PACKAGES = {
  otograd: join(ROOT, "dist/npm/otograd"),
  "otograd-cli": join(ROOT, "dist/npm/otograd-cli"),
} as const;

/** One version for all: package.json's. */
export const COMMON = {
  version: manifest.version,
  license: manifest.license,
  author: "The otograd authors",
  type: "module",
} as const;

export function writeManifest(folder: string, content: Record<string, unknown>): void {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(content, null, 2)}\n`);
}
