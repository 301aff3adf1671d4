// The Python that other systems are run with.
import { existsSync } from "node:fs";

/** The first of python3 and the distribution's own in which a line of Python does not fail; with $OTOGRAD_PYTHON, that one or none. */
export async function findPython(line: string): Promise<string | null> {
  const named = process.env.OTOGRAD_PYTHON;
  const pythons = named === undefined ? [Bun.which("python3"), "/usr/bin/python3"] : [named];
  for (const python of new Set(pythons)) {
    if (python === null || !existsSync(python)) continue;
    const child = Bun.spawn([python, "-c", line], { stdout: "ignore", stderr: "ignore" });
    if ((await child.exited) === 0) return python;
  }
  return null;
}
