// Temporary folders, gone when the process ends, however it ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let root: string | undefined;
let folders = 0;

/** A new empty folder. */
export function scratchFolder(): string {
  if (root === undefined) {
    const created = mkdtempSync(join(tmpdir(), "otograd-bench-"));
    root = created;
    process.on("exit", () => rmSync(created, { recursive: true, force: true }));
    process.on("SIGINT", () => process.exit(130));
    process.on("SIGHUP", () => process.exit(129));
    process.on("SIGTERM", () => process.exit(143));
  }
  return mkdtempSync(join(root, `${folders++}-`));
}
