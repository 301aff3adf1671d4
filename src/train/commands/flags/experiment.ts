// `bun run experiment`: its flags.
import { type Command, Option } from "commander";
import type { ExperimentOptions } from "../experiment.ts";
import { wholeNumber } from "../options.ts";
import { cacheOption, dataOption, examples, noCacheOption, type Open, withOpening } from "./shared.ts";

export function defineExperiment(otograd: Command, open: Open): void {
  withOpening(
    otograd.command("experiment"),
    new Option(dataOption.flags, `${dataOption.description}; instead of the file's`),
  )
    .description("train all that a file lists, recipes × folds × seeds, and make one table of it")
    .argument("<file>", "a list of runs, in TOML or JSON; docs/experiments.md describes it")
    .option("--out <dir>", "where the runs and the tables go (default: runs/ and the file's name)")
    .addOption(
      new Option(
        "--jobs <n>",
        "runs at a time, as far as the device's memory goes; OTOGRAD_ADAPTER=A,B deals them out to several",
      ).argParser(wholeNumber("--jobs", 1, 1000)),
    )
    .option("--dry-run", "only list the runs, how far each is, and the commands that would make them")
    .option("--table", "only make the tables anew, from the runs that there are")
    .addOption(cacheOption)
    .addOption(noCacheOption)
    .addHelpText(
      "after",
      examples(
        ["bun run experiment experiments/paper-esc10.toml", "what is not done yet, then the table"],
        ["bun run experiment experiments/paper-esc10.toml --dry-run", "what that would be"],
        ["bun run experiment experiments/paper-esc10.toml --jobs 4", "four runs at a time"],
      ),
    )
    .action(async (file: string, options: ExperimentOptions) => {
      const { experimentCommand } = await import("../experiment.ts");
      const quiet = () => {}; // the training at work hears a signal too, and says so
      await experimentCommand(file, options, open(options.jobs === undefined ? quiet : undefined));
    });
}
