// A folder for what tests of several files share: setup.ts removes it when all have run. Where files are spread over
// processes (`bun run test`), each process has one of its own, and no process learns that its last file has run: the
// next run's setup removes what those have left.
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "otograd-tests-";
const root = join(tmpdir(), `${PREFIX}${process.pid}`);

/** A path in it. */
export const shared = (name: string) => join(root, name);

/** Removes it, but where other files may follow in this process. */
export function removeShared(): void {
  if (process.env.BUN_TEST_WORKER_ID === undefined) remove(root);
}

/** Removes those of processes that are no more. */
export function removeForsaken(): void {
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(PREFIX) && !isAlive(Number(name.slice(PREFIX.length)))) remove(join(tmpdir(), name));
  }
}

const remove = (folder: string) => rmSync(folder, { recursive: true, force: true });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
