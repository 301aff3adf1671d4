#!/usr/bin/env bun
// `bun run oracle`: has PyTorch and torchaudio make the tests' fixtures anew, and says which changed. `bun test` needs
// no Python. Exit codes: 0 none changed, or they were written · 1 some changed, or one line says why it failed.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { findPython } from "../../bench/python.ts";
import { readArrays } from "../../src/train/files/safetensors.ts";
import { oneLine, UserError } from "../../src/train/terminal/errors.ts";
import { changesIn } from "./compare.ts";
import { FIXTURES } from "./parity.ts";

const HOW_TO =
  "apt-get install python3-torch python3-torchaudio python3-soundfile, or name a Python that has them by OTOGRAD_PYTHON";
const MODULES = "numpy, soundfile, torch, torchaudio";

/** Runs make.py, and passes on what it says. */
async function makeFixtures(python: string, out: string, data: string | null): Promise<void> {
  const script = join(import.meta.dir, "make.py");
  const args = [script, out, ...(data === null ? [] : [data])];
  const child = Bun.spawn([python, ...args], { stdout: "pipe", stderr: "pipe" });
  const complaints = new Response(child.stderr).text();
  const words = new TextDecoder();
  for await (const chunk of child.stdout) process.stderr.write(words.decode(chunk, { stream: true }));
  if ((await child.exited) !== 0) {
    const last = (await complaints).trim().split("\n").at(-1);
    throw new UserError(`${python} could not make the fixtures: ${last}`);
  }
}

/** Compares each fixture that was made with the committed one; returns the names of those that changed. */
function compareAll(made: string): string[] {
  const names = [...new Set([...readdirSync(FIXTURES), ...readdirSync(made)])].sort();
  return names.filter((name) => {
    const [before, after] = [join(FIXTURES, name), join(made, name)];
    const verdict = existsSync(after)
      ? existsSync(before)
        ? changesIn(readArrays(before), readArrays(after))
        : "is new"
      : "was not made";
    console.log(`${name.replace(".safetensors", "").padEnd(18)} ${verdict ?? "unchanged"}`);
    return verdict !== null && existsSync(after);
  });
}

async function run({ data, write = false }: { data: string; write?: boolean }): Promise<number> {
  const python = await findPython(`import ${MODULES}`);
  if (python === null) {
    const named = process.env.OTOGRAD_PYTHON;
    const which = named === undefined ? "no python3 here has" : `OTOGRAD_PYTHON, ${named}, has not`;
    throw new UserError(`${which} ${MODULES}: ${HOW_TO}`);
  }
  const real = existsSync(join(data, "audio"));
  if (!real) console.error(`no ESC-10 at ${data}: the fixture of real clips is left as it is`);
  const made = mkdtempSync(join(tmpdir(), "otograd-oracle-"));
  try {
    await makeFixtures(python, made, real ? data : null);
    const changed = compareAll(made);
    if (changed.length === 0) return 0;
    if (!write) {
      console.error(
        `${changed.length} changed; bun run oracle --write puts them in place of the committed ones`,
      );
      return 1;
    }
    for (const name of changed) copyFileSync(join(made, name), join(FIXTURES, name));
    console.error(`${changed.length} written to ${FIXTURES}`);
    return 0;
  } finally {
    rmSync(made, { recursive: true });
  }
}

const command = new Command("oracle")
  .description("have PyTorch and torchaudio make the test's fixtures anew, and say which changed")
  .option("--data <dir>", "ESC-10, for the fixture of real clips", "data/esc10")
  .option("--write", "put what changed in place of the committed fixtures")
  .configureOutput({ outputError: () => {} })
  .exitOverride();

try {
  command.parse();
  process.exit(await run(command.opts()));
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) process.exit(0); // --help
  console.error(`error: ${oneLine(error).replace(/^error: /, "")}`);
  process.exit(1);
}
