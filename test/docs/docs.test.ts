// What the API reference says: every public name has a docstring, and the examples in them are of the right types
// and give what they say they give.
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Name } from "../../web/api/names.ts";
import { runExample } from "./example.ts";
import { type Call, fits, watched } from "./shapes.ts";
import { typeErrors } from "./types.ts";
import { ELSEWHERE, SILENT } from "./without.ts";

setDefaultTimeout(120_000); // the first use of a kernel compiles it

// In a process of their own, too: a compiler's million objects would stay, and every collection go through them.
const read = Bun.spawnSync([process.execPath, join(import.meta.dir, "../../web/api/names.ts")]);
if (!read.success) throw new Error(read.stderr.toString());
const names: Name[] = JSON.parse(read.stdout.toString());
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

test("every function, class and method of Tensor has an example", () => {
  const wanted = names.filter(wantsExample);
  const without = wanted.filter(({ examples }) => examples.length === 0).map(({ name }) => name);
  expect(without).toEqual([]);
  console.log(`  ${wanted.length - without.length} of ${wanted.length} names have an example`);
});

const calls: Call[] = [];

test("examples give what they say", async () => {
  const { exports, stop } = watched(calls);
  const wrong: string[] = [];
  let count = 0;
  for (const { name, examples, place } of names)
    for (const example of examples) {
      try {
        const told = await runExample(example, exports);
        if (told.length === 0) wrong.push(`${name} (${place}): says nothing of what it gives`);
        for (const { says, gave } of told)
          if (says !== gave) wrong.push(`${name} (${place}): ${says}: ${gave}`);
      } catch (error) {
        wrong.push(`${name} (${place}): ${(error as Error).message}`);
      }
      count++;
    }
  stop();
  expect(wrong).toEqual([]);
  console.log(`  ${count} examples`);
});

test("a call that has not the shapes that are said is told from one that has", () => {
  const call = (takes: number[][], gives: number[][]) => ({ name: "F.linear", takes, gives });
  const fitsLinear = (w: number[], gives: number[][]) =>
    fits("[..., in], [out, in], [out] → [..., out]", call([[5, 2, 3], w], gives));
  expect(fitsLinear([4, 3], [[5, 2, 4]])).toBe(true);
  expect(fitsLinear([4, 2], [[5, 2, 4]])).toBe(false); // not the same `in`
  expect(fitsLinear([4, 3], [[2, 4]])).toBe(false); // not the same "..."
  expect(fitsLinear([4, 3], [])).toBe(false);
  expect(fits("any, any → broadcast", call([[2, 1], [3]], [[2, 3]]))).toBe(true);
  expect(fits("any, any → broadcast", call([[2, 1], [3]], [[2, 1]]))).toBe(false);
  expect(fits("any → without dim", call([[2, 3]], [[3]]))).toBe(true);
  expect(fits("any → without dim", call([[2, 3]], [[4]]))).toBe(false);
});

const isCalled = (kind: Name["kind"]) => kind === "function" || kind === "method";

/** What bodies and modules of one's own take and give is their own. */
const OWN =
  /^(no|enable)Grad$|^autograd\.(no|enable)Grad$|^nn\.Module#|#registerHook$|^optim\.LBFGS#step$|^nn\..*#copy$/;

test("what takes or gives tensors says their shapes, and the calls of examples have them", () => {
  const said = new Map(names.map(({ name, shape }) => [name, shape]));
  const tensors = calls.filter(({ takes, gives }) => gives.length > 0 || takes.length > 1);
  const wrong = tensors.filter((call) => said.get(call.name) && !fits(said.get(call.name)!, call));
  expect([...new Set(wrong.map((call) => `${said.get(call.name)}: ${JSON.stringify(call)}`))]).toEqual([]);
  const called = new Set(tensors.map(({ name }) => name));
  const silent = names.filter(
    ({ name, kind, signatures, shape }) =>
      shape === "" &&
      (called.has(name) || (isCalled(kind) && /\b(Tensor|Self|Chosen)\b/.test(signatures.join()))) &&
      !name.startsWith("kernel.") &&
      !OWN.test(name),
  );
  expect(silent.map(({ name, place }) => `${name} (${place})`)).toEqual([]);
  console.log(
    `  ${names.filter(({ shape }) => shape).length} names say their shapes, ${tensors.length} calls have them`,
  );
});

test("what takes arguments says what it refuses, but for a list that only shrinks; examples are refused in these words", () => {
  const wanted = names.filter(
    ({ name, kind, signatures }) =>
      (isCalled(kind) || kind === "class") &&
      !name.startsWith("kernel.") &&
      signatures.some((text) => !/\(\)/.test(text)),
  );
  const says = ({ errors, tags }: Name) => errors.length > 0 || tags.some((tag) => tag.startsWith("@throws"));
  const listed = SILENT.trim().split(/\s+/);
  expect(wanted.filter((name) => !says(name)).map(({ name }) => name)).toEqual(listed);
  let count = 0;
  const elsewhere: string[] = [];
  for (const { name, examples, errors } of names)
    for (const [, message] of examples.join("\n").matchAll(/\/\/ throws (.*)/g)) {
      const words = errors.map((text) =>
        text
          .replace(/^(TypeError or )?\w+: /, "")
          .split("…")
          .map(RegExp.escape),
      );
      if (!words.some((parts) => new RegExp(`^${parts.join(".*")}`).test(message!))) elsewhere.push(name);
      count++;
    }
  expect(elsewhere.join(" ")).toBe(ELSEWHERE.trim().replaceAll(/\s+/g, " "));
  const all = wanted.reduce((sum, { errors }) => sum + errors.length, 0);
  console.log(
    `  ${wanted.length - listed.length} names say ${all} errors; ${count - elsewhere.length} of ${count} in examples are among them`,
  );
});

test("examples are of the types that TypeScript wants", async () => {
  expect(await typed).toEqual([]);
});
