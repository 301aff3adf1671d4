// The tutorials: what their lines say that they give is what they give, and what they name is there.
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
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

test("docs/from-pytorch.md names what there is", () => {
  const rows = [...read("from-pytorch.md").matchAll(/^\| `(.*)\| (`.*) \|$/gm)].map(([, , ours]) => ours!);
  const names = rows.flatMap((row) => [...row.matchAll(/`([^`]*)`/g)].map(([, text]) => text!));
  const { Tensor, nn, optim } = otograd;
  const variables = { x: Tensor, a: Tensor, loss: Tensor, net: nn.Module, optimizer: optim.SGD };
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
  expect(missing.filter((name) => name !== "net.forward(x)")).toEqual([]); // abstract: each module has its own
  expect(names.length).toBeGreaterThan(rows.length);
  console.log(`  ${rows.length} rows`);
});
