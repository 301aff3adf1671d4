// What the API reference says: every public name has a docstring, and the examples in them are of the right types
// and give what they say they give.
import { expect, setDefaultTimeout, test } from "bun:test";
import { type Name, publicNames } from "../../web/api/names.ts";
import { runExample } from "./example.ts";
import { typeErrors } from "./types.ts";
import { WITHOUT } from "./without.ts";

setDefaultTimeout(120_000); // the first use of a kernel compiles it

const names = publicNames();
// tsc checks them in a process of its own while the others run.
const typed = typeErrors(
  names.flatMap(({ name, examples }) => examples.map((example) => ({ name, example }))),
);

/** The class of a method says what forward takes and gives, and a subclass what it does. */
const toldByClass = ({ name }: Name) => /#(forward|name)$/.test(name);

/** Functions, classes that can be made, and what a tensor can do; of kernels, docs/custom-kernels.md is the example. */
const wantsExample = ({ name, kind }: Name) =>
  !name.startsWith("kernel.") &&
  (kind === "function" || kind === "class" || (kind === "method" && name.startsWith("Tensor#")));

test("every public function, class, method and type has a docstring", () => {
  const wanted = names.filter((name) => name.kind !== "field");
  const undocumented = wanted.filter((name) => name.says === "" && !toldByClass(name));
  expect(undocumented.map(({ name, place }) => `${name} (${place})`)).toEqual([]);
  console.log(`  ${wanted.length} names with a docstring`);
});

test("every function, class and method of Tensor has an example, but for a list that only shrinks", () => {
  const wanted = names.filter(wantsExample);
  const without = wanted.filter(({ examples }) => examples.length === 0).map(({ name }) => name);
  const listed = WITHOUT.trim().split(/\s+/).filter(Boolean);
  // One that has an example now leaves test/docs/without.ts; a new name comes with one.
  expect(listed.filter((name) => !without.includes(name))).toEqual([]);
  expect(without.filter((name) => !listed.includes(name))).toEqual([]);
  console.log(`  ${wanted.length - without.length} of ${wanted.length} names have an example`);
});

test("examples give what they say", async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const { name, examples, place } of names)
    for (const example of examples) {
      try {
        const told = await runExample(example);
        if (told.length === 0) wrong.push(`${name} (${place}): says nothing of what it gives`);
        for (const { says, gave } of told)
          if (says !== gave) wrong.push(`${name} (${place}): ${says}: ${gave}`);
      } catch (error) {
        wrong.push(`${name} (${place}): ${(error as Error).message}`);
      }
      count++;
    }
  expect(wrong).toEqual([]);
  console.log(`  ${count} examples`);
});

test("examples are of the types that TypeScript wants", async () => {
  expect(await typed).toEqual([]);
});
