// Lines that are drawn again and again: on a terminal that does not know its size, too.
import { afterEach, expect, test } from "bun:test";
import { terminalSize } from "../../../src/train/terminal/stdout.ts";

const { columns, rows } = process.stdout;
afterEach(() => {
  Object.assign(process.stdout, { columns, rows });
});

test("a terminal of 0 columns, as a container's may be, is taken for one of 80", () => {
  for (const size of [0, undefined]) {
    Object.assign(process.stdout, { columns: size, rows: size });
    expect(terminalSize()).toEqual({ columns: 80, rows: 24 });
  }
  Object.assign(process.stdout, { columns: 40, rows: 10 });
  expect(terminalSize()).toEqual({ columns: 40, rows: 10 });
});

test("lines are drawn there, and drawn over, by as many rows as they take", () => {
  const program = `
    import { Live } from "./src/train/terminal/live.ts";
    Object.assign(process.stdout, { columns: 0, rows: 0 });
    const live = new Live((wide) => ["of " + wide, "second"]);
    live.update();
    live.close();`;
  const cwd = `${import.meta.dir}/../../..`;
  const text = Bun.spawnSync([process.execPath, "-e", program], { cwd }).stdout.toString();
  expect(text).toContain("of 79\x1b[K\nsecond");
  expect(text).toEndWith("\r\x1b[1A\x1b[J");
});
