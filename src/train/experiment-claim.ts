// One experiment a folder at a time: two would take each other's runs for broken ones, and begin them anew.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode, UserError } from "./errors.ts";
import { reason } from "./files.ts";

/** Makes the folder ours alone until the process ends. Throws UserError where another experiment is at work in it. */
export function claim(out: string): void {
  const path = join(out, "running.pid");
  const other = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  if (other > 0 && isAlive(other))
    throw new UserError(
      `another experiment (process ${other}) is at work in ${out}; if it is not, remove ${path}`,
    );
  try {
    mkdirSync(out, { recursive: true });
    writeFileSync(path, String(process.pid));
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${reason(error)}`, { cause: error });
  }
  process.on("exit", () => rmSync(path, { force: true }));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM"); // there, and somebody else's
  }
}
