// The unroller of WGSL loops: ranges, lists, nesting, expressions, and its errors.
import { expect, test } from "bun:test";
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
  ["//: for i in 0..2\n$i", 'unroll: the loop "//: for i in 0..2" has no "//: end"'],
  ["$unknown", 'unroll: "unknown" in "unknown" is neither a number nor a loop variable'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: unroll's own syntax
  ["${(1 + 2}", 'unroll: a ")" is missing in "(1 + 2"'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: unroll's own syntax
  ["${1 2}", 'unroll: "1 2" is not an expression'],
])("%j is refused", (source, message) => {
  expect(() => unroll(source)).toThrow(message);
});
