// Folders for tests of layouts: files by their places, and what `--data` says to them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openDataset } from "../../../src/train/dataset/open.ts";
import type { Opening } from "../../../src/train/dataset/opening.ts";
import { UserError } from "../../../src/train/terminal/errors.ts";

export class Places {
  readonly root = mkdtempSync(join(tmpdir(), "otograd-layout-"));
  private made = 0;

  /** A new folder with these files; a list of places is of files that hold their own names. */
  lay(files: string[] | Record<string, string | Uint8Array>): string {
    const folder = join(this.root, String(this.made++));
    mkdirSync(folder);
    const all = Array.isArray(files) ? Object.fromEntries(files.map((name) => [name, name])) : files;
    for (const [name, content] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return folder;
  }

  /** The one line in which opening it fails; the folder is called HERE there. */
  complaint(source: string, opening?: Opening): string {
    try {
      openDataset(source, opening);
    } catch (error) {
      if (!(error instanceof UserError) || error.message.includes("\n")) throw error;
      return error.message.replaceAll(new RegExp(`${this.root}/\\d+`, "g"), "HERE");
    }
    throw new Error(`${source} was accepted`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}

/** Each clip's name, class and fold. */
export function inside(source: string, opening?: Opening): [name: string, category: string, fold: number][] {
  const { clips, classes } = openDataset(source, opening);
  return clips.map(({ name, label, fold }) => [name, classes[label]!, fold]);
}
