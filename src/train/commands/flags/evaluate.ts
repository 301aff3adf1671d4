// `bun run evaluate`: its flags.
import type { Command } from "commander";
import type { EvaluateOptions } from "../evaluate.ts";
import { cacheOption, columnsOption, dataOption, examples, noCacheOption, type Open } from "./shared.ts";

export function defineEvaluate(otograd: Command, open: Open): void {
  otograd
    .command("evaluate")
    .description("test a run's model on its test fold, and show which classes it takes for which")
    .argument("<run>", "a run's folder")
    .addOption(dataOption)
    .addOption(columnsOption)
    .option("--json", "print one line of JSON instead")
    .addOption(cacheOption)
    .addOption(noCacheOption)
    .addHelpText("after", examples(["bun run evaluate runs/DIR", "accuracy and confusion matrix"]))
    .action(async (run: string, options: EvaluateOptions) => {
      const { evaluateCommand } = await import("../evaluate.ts");
      await evaluateCommand(run, options, open());
    });
}
