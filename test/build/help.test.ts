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

test("a number that is none is refused before anything is done, as a proof of nothing would pass", async () => {
  const wrong: [words: string[], what: string][] = [
    [["test/fuzz/main.ts", "--cases", "x"], "--cases wants a whole number from 1 up, got 'x'"],
    [["test/fuzz/main.ts", "--from=-1"], "--from wants a whole number from 0 up, got '-1'"],
    [["test/faults/main.ts", "--kills", "x"], "--kills wants a whole number from 1 up, got 'x'"],
    [["test/faults/main.ts", "--minutes", "0"], "--minutes wants a whole number from 1 up, got '0'"],
    [["test/mutate/main.ts", "--changes", "1e3"], "--changes wants a whole number from 1 up, got '1e3'"],
    [["test/web/main.ts", "--listen", ""], "--listen wants a whole number from 1 up, got ''"],
    [["test/endless/listen.ts", "1h"], "the number of minutes wants a whole number from 1 up, got '1h'"],
    [["test/endless/soak.ts", "x"], "the number of minutes wants a whole number from 1 up, got 'x'"],
  ];
  for (const [words, what] of wrong)
    expect([words, await run(...words)]).toEqual([
      words,
      { exitCode: 1, stdout: "", stderr: `error: ${what}\n` },
    ]);
  const example = await run("examples/makemore.ts", "--steps", "x");
  expect(example.stderr).toContain("--steps wants a whole number from 1 up, got 'x'");
  expect([example.exitCode, example.stdout]).toEqual([1, ""]);
});

test("a program that takes no words refuses them", async () => {
  expect(await run("build/main.ts", "otograd")).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: 'otograd' is not taken here: --help says what this does\n",
  });
});

test("an option or a kernel that is not known is told in a line", async () => {
  const wrong: [words: string[], what: RegExp][] = [
    [["test/fuzz/main.ts", "--nope"], /^error: Unknown option '--nope'.*: --help says what this does\n$/],
    [["bench/characters.ts", "--nope"], /^error: Unknown option '--nope'.*: --help says what this does\n$/],
    [["test/mutate/main.ts", "nosuch"], /^error: there is no kernel nosuch; there are attention, .*\n$/],
  ];
  for (const [words, what] of wrong) {
    const { exitCode, stdout, stderr } = await run(...words);
    expect([words, exitCode, stdout]).toEqual([words, 1, ""]);
    expect(stderr).toMatch(what);
  }
});
