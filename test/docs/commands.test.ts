// The command lines that README.md, the pages of docs/ and the help of the commands print: each is taken by the command line as
// it stands. In a folder with nothing in it, each that is understood says what is not there, and does nothing.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scripts } from "../../package.json";
import { turns } from "../train/commands/turns.ts";

const ROOT = join(import.meta.dir, "../..");
const root = mkdtempSync(join(tmpdir(), "otograd-printed-"));
afterAll(() => rmSync(root, { recursive: true }));
const [home, empty] = [join(root, "home"), join(root, "empty")];
for (const folder of [home, empty]) mkdirSync(folder);

/** Commands that need nothing to be there, or would go and get it. */
const DONE = /^(recipes|doctor|tune|(dataset|weights) fetch|listen$|train .*--data synthetic)/;
/** What is said where a command line is understood, and what it names is not there. */
const MISSING =
  /there is no run folder|no dataset at|no --data given|weights are not here|no such file|is no folder$|there is no runs|none of these runs/;

/** The words of a command line, as a shell parts them: without a comment, a redirection, a pipe or an ellipsis. */
function wordsOf(line: string): string[] {
  const [command] = line.replace(/ {2,}.*|\s#.*| \|.*| < .*|…|\\$/g, "").split(" && ");
  return [...command!.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([word, ...inner]) => inner.join("") || word,
  );
}

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
];
const printed = pages
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) =>
    [
      ...readFileSync(join(ROOT, name), "utf8").matchAll(
        /^ {4}(?:.* [|&]+ )?bun run (.*)|`bun run ([^`…]*)`/gm,
      ),
    ].map(([, line, code]) => ({ name, line: (line ?? code)! })),
  );

/** The commands that src/train/main.ts has. */
const OURS = Object.entries(scripts).flatMap(([name, line]) =>
  line.includes("train/main.ts") ? [name] : [],
);

async function expectTaken(lines: readonly { name: string; line: string }[]): Promise<number> {
  const tried = lines
    .map(({ name, line }) => ({ name, line, words: wordsOf(line) }))
    .filter(({ words, line }) => OURS.includes(words[0]!) && words.length > 1 && !DONE.test(line))
    .filter(({ words }) => !words.some((word) => /^\[/.test(word)));
  const answers = await turns(
    tried.map(({ words }) => words),
    { cwd: empty, env: { NO_COLOR: "1", HOME: home, XDG_CACHE_HOME: home } },
  );
  const wrong = answers.flatMap(({ stderr, exitCode }, i) => {
    const last = stderr.trimEnd().split("\n").at(-1)!;
    return exitCode === 1 && MISSING.test(last)
      ? []
      : [`${tried[i]!.name}: bun run ${tried[i]!.line}: ${last}`];
  });
  expect(wrong).toEqual([]);
  expect(readdirSync(empty)).toEqual([]);
  return tried.length;
}

test("those of the pages are taken, and their scripts are there", async () => {
  const unknown = printed.filter(({ line }) => !Object.hasOwn(scripts, wordsOf(line)[0] ?? "train"));
  expect(unknown).toEqual([]);
  const count = await expectTaken(printed);
  expect(count).toBeGreaterThan(40);
  console.log(`  ${count} of ${printed.length} command lines tried`);
});

test("those of the help are taken", async () => {
  const helps = await turns(
    [...OURS.filter((name) => name !== "weights"), "dataset verify"].map((name) => [
      ...name.split(" "),
      "--help",
    ]),
    { cwd: empty },
  );
  const lines = helps.flatMap(({ stdout }) =>
    [...stdout.matchAll(/^ {2}(?:.* \| )?bun run (.*)/gm)].map(([, line]) => ({
      name: "--help",
      line: line!,
    })),
  );
  const count = await expectTaken(lines);
  expect(count).toBeGreaterThan(20);
  console.log(`  ${count} of ${lines.length} command lines tried`);
});
