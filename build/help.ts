// The command lines of the programs for whoever works on otograd: `--help`, which is the comment that opens each of them, and options.
import { readFileSync } from "node:fs";
import { type ParseArgsConfig, parseArgs } from "node:util";

/** Says what a program's file is for, and ends, where that is asked. One that takes no words refuses all others. */
export function help(file: string, takes: "words" | "no words" = "words"): void {
  const words = process.argv.slice(2);
  if (words.some((word) => word === "--help" || word === "-h")) {
    const lines = readFileSync(file, "utf8")
      .replace(/^#!.*\n/, "")
      .split("\n");
    const end = lines.findIndex((line) => !line.startsWith("//"));
    console.log(
      lines
        .slice(0, end)
        .map((line) => line.replace(/^\/\/ ?/, ""))
        .join("\n"),
    );
    process.exit(0);
  }
  if (takes === "words" || words.length === 0) return;
  console.error(`error: '${words[0]}' is not taken here: --help says what this does`);
  process.exit(1);
}

/** The options and words that a program is given, as parseArgs has them; one that it does not know ends it with a line. */
export function optionsGiven<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    console.error(`error: ${(error as Error).message}: --help says what this does`);
    process.exit(1);
  }
}
