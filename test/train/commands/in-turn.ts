// The program, given several command lines in turn (JSON, as the argument), as if each had a process of its own: what each
// prints and says ends in its exit code between NULs.
import { writeOut } from "../../../src/train/terminal/stdout.ts";

const MAIN = `${import.meta.dir}/../../../src/train/main.ts`;

process.setMaxListeners(0); // main's, of every turn
process.stderr.setMaxListeners(0);
const exit = process.exit;
let code: number | string | null | undefined;
process.exit = ((given) => {
  code = given;
}) as typeof process.exit;
for (const [turn, args] of (JSON.parse(process.argv[2]!) as string[][]).entries()) {
  process.argv = [...process.argv.slice(0, 2), ...args];
  await import(`${MAIN}?${turn}`);
  writeOut(`\0${code}\0`);
  process.stderr.write(`\0${code}\0`);
}
exit(0);
