// What counts as a change to a kernel; and that a changed kernel fails its check.
import { expect, test } from "bun:test";
import { drawn, kernelsOf, mutantsOf, type Trial } from "./draw.ts";
import { mutants, mutated } from "./mutants.ts";
import { EQUAL, tells } from "./survivors.ts";
import { Workplace } from "./workplace.ts";

const WGSL = `// y = 2 + x
override WORKGROUP: u32 = 64;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
fn f(i: u32) { if (i < 3) { y[i] = max(-0.5 + y[2 * i], 1e-3); } }
`;

const GRADIENT = `
const op = {
  forward(ctx, [x]) { return launch(x, 1 + 2); },
  backward(ctx, dy) {
    // dx = 2 dy
    return [scaled(dy, 3), ctx.needs[1] ? other<number>(dy, "4") : null];
  },
};
`;

test("each operator, constant, index and bound of a program is changed, and nothing else of it", () => {
  const [, , , , body] = ["", ...WGSL.split("\n")] as string[];
  const changes = mutants(WGSL, "wgsl").map((mutant) => mutated(WGSL, mutant).split("\n")[3]!);
  const wanted = [
    [/i < 3/, "i <= 3", "i > 3", "i < 4", "i < 2"],
    [/y\[i\] =/, "y[i + 1] ="],
    [/max/, "min"],
    [/-0\.5/, " 0.5", "-0.625", "--0.5"],
    [/\+ y/, "- y"],
    [/2 \* i/, "3 * i", "1 * i", "2 / i"],
    [/\* i\]/, "* i + 1]"],
    [/1e-3/, "0.00125", "-0.001"],
  ].flatMap(([from, ...to]) => to.map((text) => body!.replace(from as RegExp, text as string)));
  expect(changes.toSorted()).toEqual(wanted.toSorted());
});

test("of a kernel's TypeScript half, only what computes its gradient", () => {
  const changes = mutants(GRADIENT, "ts").map(({ to }) => to);
  const line = 'return [scaled(dy, 3), ctx.needs[1] ? other<number>(dy, "4") : null];';
  const wanted = [
    line.replace("3", "4"),
    line.replace("3", "2"),
    line.replace("[1]", "[2]"),
    line.replace("[1]", "[0]"),
  ];
  expect(changes.toSorted()).toEqual(wanted.toSorted());
});

test("what survives and is explained is one line of a kernel, changed as changes are", () => {
  for (const [file, equals] of Object.entries(EQUAL)) {
    const all = mutantsOf(file);
    for (const change of equals.flatMap(({ changes }) => changes)) {
      expect([file, change, all.filter((mutant) => tells(change, mutant)).length]).toEqual([file, change, 1]);
    }
  }
});

test("a kernel passes the tests that cover it, and fails them when it is changed", async () => {
  const [trial] = drawn(kernelsOf(["fill"]), 1, 1) as [Trial];
  const place = Workplace.make();
  try {
    expect(await place.pass(trial.tests, 60_000)).toBe(true);
    expect([trial.mutant.to, await place.survives(trial, 60_000)]).toEqual([trial.mutant.to, false]);
  } finally {
    place.remove();
  }
  console.log(`  ${trial.mutant.from}  →  ${trial.mutant.to}: caught`);
}, 180_000);
