// Lines that are drawn again and again: on a terminal that does not know its size, too, and not on one that cannot.
import { afterEach, expect, test } from "bun:test";
import { terminalSize } from "../../../src/train/terminal/stdout.ts";
import { hasTerminals } from "../../pty.ts";

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

test.skipIf(!hasTerminals)(
  "a terminal that can do nothing gets plain lines, and NO_COLOR no colours",
  async () => {
    const program = `
    import { colorsFor } from "./src/train/terminal/live.ts";
    import { Progress } from "./src/train/terminal/progress.ts";
    const progress = new Progress();
    progress.begin("working", 9);
    progress.update(3);
    await Bun.sleep(300);
    progress.note("a note");
    console.log(colorsFor().red("red"));`;
    const shown = async (env: Record<string, string>) => {
      let text = "";
      const child = Bun.spawn([process.execPath, "-e", program], {
        cwd: `${import.meta.dir}/../../..`,
        env: { ...process.env, NO_COLOR: "", TERM: "xterm", ...env },
        terminal: {
          data(_, bytes) {
            text += new TextDecoder().decode(bytes);
          },
        },
      });
      await child.exited;
      return text.replaceAll("\r\n", "\n");
    };
    expect(await shown({ TERM: "dumb" })).toBe("working (9) …\na note\nred\n");
    const plain = await shown({ NO_COLOR: "1" });
    expect(plain).toContain("3/9"); // a bar, which needs no colours
    expect(plain).toEndWith("a note\nred\n");
    expect(await shown({})).toContain("\x1b[31mred");
  },
);
