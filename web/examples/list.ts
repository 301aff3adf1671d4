// The examples that run in a page.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dir, "../../examples");
const NO_EXAMPLES = ["main.ts", "run.ts"];

export interface Example {
  name: string;
  text: string;
  /** What it says of itself. */
  says: string;
}

export function examples(): Example[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".ts") && !NO_EXAMPLES.includes(file))
    .sort()
    .map((file) => {
      const text = readFileSync(join(FOLDER, file), "utf8");
      const comment = /^(?:\/\/.*\n)+/.exec(text)?.[0] ?? "";
      const says = comment
        .split("\n")
        .filter((line) => !line.includes("bun examples/"))
        .map((line) => line.replace(/^\/\/ ?/, ""));
      return { name: file.replace(/\.ts$/, ""), text, says: says.join(" ").trim() };
    });
}

export const exampleFiles = (): string[] => examples().map(({ name }) => `examples/${name}.ts`);
