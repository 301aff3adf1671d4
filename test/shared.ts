// A folder for what tests of several files share; setup.ts removes it when all have run.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(tmpdir(), `otograd-tests-${process.pid}`);

/** A path in it. */
export const shared = (name: string) => join(root, name);

export const removeShared = () => rmSync(root, { recursive: true, force: true });
