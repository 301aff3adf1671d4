// The program, given several command lines in turn, as if each had a process of its own. It is asked on file descriptor 3, a
// line of JSON at a time, until nobody can ask any more; what each command line prints and says ends in its exit code
// between NULs. Whatever is opened and compiled for one is there for the next.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { SIGNALS } from "../../../src/train/terminal/signals.ts";
import { writeOut } from "../../../src/train/terminal/stdout.ts";
import type { Asked } from "./turns.ts";

const MAIN = `${import.meta.dir}/../../../src/train/main.ts`;

process.setMaxListeners(0); // main's, of every turn
process.stderr.setMaxListeners(0);
const exit = process.exit;
let code: number | string | null | undefined;
process.exit = ((given) => {
  code = given;
}) as typeof process.exit;
let turn = 0;
for await (const line of createInterface({ input: createReadStream("", { fd: 3 }) })) {
  const { lines, cwd }: Asked = JSON.parse(line);
  process.chdir(cwd);
  for (const args of lines) {
    process.argv = [...process.argv.slice(0, 2), ...args];
    process.exitCode = 0; // a command's own, of the turn before
    await import(`${MAIN}?${turn++}`);
    process.emit("exit", Number(code)); // locks are given back
    for (const event of ["exit", ...SIGNALS]) process.removeAllListeners(event);
    writeOut(`\0${code}\0`);
    process.stderr.write(`\0${code}\0`);
  }
}
exit(0);
