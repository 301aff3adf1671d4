// `bun run tune`: its flags.
import { type Command, Option } from "commander";
import { DEFAULT_RECIPE } from "../../recipes/index.ts";
import { wholeNumber } from "../options.ts";
import type { TuneOptions } from "../tune.ts";
import { examples, type Open } from "./shared.ts";

export function defineTune(otograd: Command, open: Open): void {
  otograd
    .command("tune")
    .description("measure which programs for matrix products are the quickest here, and remember it")
    .option("--recipe <name>", "whose network's products", DEFAULT_RECIPE)
    .addOption(
      new Option("--batch-size <n>", "segments in a batch, instead of the recipe's").argParser(
        wholeNumber("--batch-size", 2),
      ),
    )
    .addOption(
      new Option("--classes <n>", "that the network tells apart")
        .argParser(wholeNumber("--classes", 2))
        .default(50),
    )
    .option("--cache <dir>", "where what was measured is kept (default: ~/.cache/otograd)")
    .option("--no-cache", "keep none of it")
    .addHelpText(
      "after",
      examples([
        "bun run tune --recipe paper-short --batch-size 1000",
        "each class of products, each family's time",
      ]),
    )
    .action(async (options: TuneOptions) => {
      const { tuneCommand } = await import("../tune.ts");
      await tuneCommand(options, open());
    });
}
