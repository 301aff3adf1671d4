// A copy of the tree in which one change after the other is made and tested. A program that does not come back, as a
// loop without an end does not, is killed: that is a failure too.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, type Trial } from "./draw.ts";
import { mutated } from "./mutants.ts";

export class Workplace {
  private constructor(private readonly folder: string) {}

  static make(): Workplace {
    const folder = mkdtempSync(join(tmpdir(), "otograd-mutate-"));
    for (const name of ["src", "test", "package.json", "bunfig.toml", "tsconfig.json"])
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    return new Workplace(folder);
  }

  /** Whether all tests of the kernel pass although it was changed. */
  async survives({ file, mutant, tests }: Trial, longest: number): Promise<boolean> {
    const path = join(this.folder, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, mutated(text, mutant));
    try {
      return await this.pass(tests, longest);
    } finally {
      writeFileSync(path, text);
    }
  }

  /** Whether all of some tests pass, in so many milliseconds. */
  async pass(tests: readonly string[], longest: number): Promise<boolean> {
    // No test of them fails for being slow alone: on a busy machine that would count as caught.
    const options = ["--bail", `--timeout=${longest}`];
    const child = Bun.spawn(
      [process.execPath, "test", ...options, ...tests.map((test) => join(this.folder, test))],
      {
        cwd: this.folder,
        stdout: "ignore",
        stderr: "ignore",
        timeout: longest,
        killSignal: "SIGKILL",
      },
    );
    return (await child.exited) === 0;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
