// The tutorials: what their lines say that they give is what they give, and what they name is there.
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as otograd from "otograd";
import { runExample } from "./example.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const read = (name: string) => readFileSync(join(import.meta.dir, "../../docs", name), "utf8");

test("docs/first-network.md does what it says, block after block", async () => {
  const blocks = [...read("first-network.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block!);
  const program = blocks.join("\n").replaceAll(/^import .*$/gm, "");
  const told = await runExample(program);
  expect(told.map(({ gave }) => gave)).toEqual(told.map(({ says }) => says));
  console.log(`  ${blocks.length} blocks, ${told.length} results`);
});

test("the programs of README.md and of the package's do what they say", async () => {
  for (const file of ["../README.md", "../build/otograd.md"]) {
    const [, program] = /```js\n([\s\S]*?)```/.exec(read(file))!;
    const asExample = program!
      .replaceAll(/^import .*$/gm, "")
      .replaceAll(/console\.log\((.*)\); \/\/ (.*)$/gm, "$1; // → $2")
      .replaceAll(/(?<=\[) | (?=\])/g, "");
    const told = await runExample(asExample);
    expect([file, ...told.map(({ gave }) => gave)]).toEqual([file, ...told.map(({ says }) => says)]);
    expect(told.length).toBe(1);
  }
});

test("docs/augmentation.md's loss of mixed labels is the divergence, a mean over the samples", async () => {
  const [, block] = /## Mixed sounds[\s\S]*?```ts\n([\s\S]*?)```/.exec(read("augmentation.md"))!;
  const program = `
    const [n, a, b, features] = [3, randn([3, 2205]), randn([3, 2205]), randn([3, 4])];
    const [oneHotA, oneHotB] = [tensor([[1, 0], [0, 1], [1, 0]]), tensor([[0, 1], [1, 0], [0, 1]])];
    const model = new nn.Linear(4, 2);
    ${block}
    const terms = targets.mul(targets.log().sub(F.logSoftmax(model.forward(features), 1)));
    loss.sub(terms.sum().div(n)).abs().lt(1e-6); // → true`;
  expect(await runExample(program)).toEqual([{ says: "true", gave: "true" }]);
});

const bare = (code: string) => code.replace(/\s/g, "");

test("lines that a page quotes from a file of src stand there", () => {
  const docs = readdirSync(join(import.meta.dir, "../../docs")).filter((name) => name.endsWith(".md"));
  const quotes = docs.flatMap((name) =>
    [...read(name).matchAll(/((?:.+\n)*.+):\n\n *```(?:ts|wgsl)\n([\s\S]*?)```/g)].flatMap(
      ([, above, block]) => {
        const files = [...above!.matchAll(/`(src\/[\w/.-]+\.(?:ts|wgsl))`/g)].map(([, file]) => `../${file}`);
        const lines = block!.split("\n").map((line) => line.trim());
        return files.length === 0
          ? []
          : [{ name, files, lines: lines.filter((line) => !["", "…"].includes(line)) }];
      },
    ),
  );
  for (const { name, files, lines } of quotes) {
    const sources = bare(files.map(read).join("\n"));
    expect([name, ...lines.filter((line) => !sources.includes(bare(line)))]).toEqual([name]);
  }
  const count = quotes.reduce((sum, { lines }) => sum + lines.length, 0);
  expect(count).toBeGreaterThan(5);
  console.log(`  ${count} lines`);
});

test("rows of tables have as many cells as their heads", () => {
  let rows = 0;
  const torn: string[] = [];
  const root = join(import.meta.dir, "../..");
  for (const file of ["*.md", "docs/**/*.md"].flatMap((glob) => [...new Bun.Glob(glob).scanSync(root)])) {
    let head: number | null = null;
    for (const [i, line] of read(`../${file}`).split("\n").entries()) {
      const cells = line.startsWith("|") ? line.split(/(?<!\\)\|/).length : null;
      head = cells === null ? null : (head ?? cells);
      if (cells !== null) rows++;
      if (cells !== head) torn.push(`${file}:${i + 1}`);
    }
  }
  expect(torn).toEqual([]);
  expect(rows).toBeGreaterThan(300);
  console.log(`  ${rows} rows`);
});

test("docs/from-pytorch.md names what there is", () => {
  const rows = [...read("from-pytorch.md").matchAll(/^\| `(.*)\| (`.*) \|$/gm)].map(([, , ours]) => ours!);
  const names = rows.flatMap((row) => [...row.matchAll(/`([^`]*)`/g)].map(([, text]) => text!));
  const { Tensor, nn, optim } = otograd;
  const variables = { x: Tensor, a: Tensor, loss: Tensor, net: nn.Sequential, optimizer: optim.SGD };
  const missing = names.filter((text) => {
    const called = text.replace(/^class \w+ extends |^\w+ = |^new /g, "").replace(/^new /, "");
    const [first, ...rest] = /^[\w.]+/.exec(called)![0].split(".");
    const variable = variables[first as keyof typeof variables];
    let at: object | undefined = variable?.prototype ?? (otograd as Record<string, object>)[first!];
    for (const [i, part] of rest.entries()) {
      if (at === undefined || !(part in at)) return true;
      if (i < rest.length - 1) at = (at as Record<string, object>)[part];
    }
    return at === undefined;
  });
  expect(missing).toEqual([]);
  expect(names.length).toBeGreaterThan(rows.length);
  console.log(`  ${rows.length} rows`);
});
