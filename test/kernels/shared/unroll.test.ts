// The unroller of WGSL loops: ranges, lists, nesting, expressions, and its errors.
import { expect, test } from "bun:test";
import { defineKernel } from "../../../src/gpu/kernel.ts";
import { unroll } from "../../../src/kernels/shared/unroll.ts";

test("loops are written out, inner ones with the outer variables", () => {
  const source = `before $x
//: for N in 2 4
fn rows$N() {
  //: for i in 0..N / 2
  a[$i] = b[\${(i + N) * 3 % 5}] - \${10 - i - 1};
  //: end
}
//: end
after`;
  expect(unroll(source, { x: 7 })).toBe(`before 7
fn rows2() {
  a[0] = b[1] - 9;
}
fn rows4() {
  a[0] = b[2] - 9;
  a[1] = b[0] - 8;
}
after`);
});

test("text without loops stays as it is", () => {
  expect(unroll("let a = b % 2; // : for\n")).toBe("let a = b % 2; // : for\n");
});

test.each([
  ["a\n//: for i in 0..2\n$i", 'line 2: the loop "//: for i in 0..2" has no "//: end"'],
  ["//: for i in 0..2\n$i\n//: end\n//: end", 'line 4: this "//: end" closes no loop'],
  ["//: for i of 0..2", 'line 1: "//: for i of 0..2" is neither "//: for NAME in …" nor "//: end"'],
  ["//: for i in 0..1\n\n//: edn\n//: end", 'line 3: "//: edn" is neither "//: for NAME in …" nor "//: end"'],
  [
    "//: for i in 0..1\n$unknown\n//: end",
    'line 2: "unknown" in "unknown" is neither a number nor a loop variable',
  ],
  ["//: for i in 0..N\n//: end", 'line 1: "N" in "N" is neither a number nor a loop variable'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: unroll's own syntax
  ["${(1 + 2}", 'line 1: a ")" is missing in "(1 + 2"'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: unroll's own syntax
  ["${1 2}", 'line 1: "1 2" is not an expression'],
])("%j is refused", (source, message) => {
  expect(() => unroll(source)).toThrow(new SyntaxError(`unroll: ${message}`));
});

test("a launch of a program whose loops do not match names its kernel", () => {
  const kernel = defineKernel({
    name: "unbalanced",
    code: (sizes) => unroll("//: end", sizes),
    entries: { main: [] },
  });
  expect(() => kernel.launch("main", { arrays: [], params: {}, groups: [1, 1, 1] })).toThrow(
    'kernel unbalanced: unroll: line 1: this "//: end" closes no loop',
  );
});
