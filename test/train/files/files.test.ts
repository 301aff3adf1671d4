// Writing files: more at once than one call of the system takes.
import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { writeAll } from "../../../src/train/files/files.ts";

test("an array of more than 2 GiB is written", () => {
  const file = openSync(devNull, "w");
  const bytes = new Uint8Array(2 ** 31 + 1); // never touched: it takes no memory
  expect(() => writeAll(file, bytes)).not.toThrow();
  closeSync(file);
});
