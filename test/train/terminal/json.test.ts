// Lines of JSON: as JSON.stringify has them, but that a Map keeps its order and nothing steers a terminal.
import { expect, test } from "bun:test";
import { jsonLine } from "../../../src/train/terminal/json.ts";

test("plain values are as JSON.stringify has them", () => {
  const value = { a: [1, -0.5, null, 'x\n"\\é'], b: { c: true, d: undefined }, e: [], f: {}, g: [undefined] };
  expect(jsonLine(value)).toBe(JSON.stringify(value));
});

test("a Map's keys keep their order, though they look like numbers", () => {
  const map = new Map([
    ["10", 0.5],
    ["9", 0.3],
    ["dog", 0.2],
  ]);
  expect(jsonLine({ of: map })).toBe('{"of":{"10":0.5,"9":0.3,"dog":0.2}}');
});

test("control characters and turns of direction are escaped, and are there when it is read", () => {
  const odd = "\x1b[2J\x7f\x9b31m\u202e\u2066\u2028";
  const line = jsonLine({ [odd]: odd });
  expect(line).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(line)).toEqual({ [odd]: odd });
});
