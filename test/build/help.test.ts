// Every program that package.json names says what it does, and does nothing, where --help asks.
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { scripts } from "../../package.json";

setDefaultTimeout(60_000);
const ROOT = join(import.meta.dir, "../..");

async function run(...words: string[]) {
  const child = Bun.spawn([process.execPath, ...words], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
}

test("--help tells, and nothing is done", async () => {
  const programs = Object.entries(scripts).flatMap(([name, line]) => {
    const [, file] = /^bun (\S+\.ts)$/.exec(line) ?? []; // those of src/train/main.ts have a word more: cli.test.ts
    return file === undefined ? [] : [{ name, file }];
  });
  expect(programs.map(({ name }) => name)).toContain("build");
  for (const { name, file } of programs) {
    const { exitCode, stdout, stderr } = await run(file, "--help");
    expect({ name, exitCode, stderr }).toEqual({ name, exitCode: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`bun run ${name}|Usage: ${name}`));
  }
});

test("a program that takes no words refuses them", async () => {
  expect(await run("build/main.ts", "otograd")).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: 'otograd' is not taken here: --help says what this does\n",
  });
});
