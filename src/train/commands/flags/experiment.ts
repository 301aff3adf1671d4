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
    .option("--slurm", "have a cluster with Slurm make what is missing, as job arrays")
    .option("--wait", "with --slurm: watch the jobs to their end, and make the table")
    .option("--cancel", "with --slurm: end the jobs")
    .option("--partition <name>", "with --slurm: where the jobs run")
    .option("--gres <what>", "with --slurm: what each needs, as gpu:1")
    .addOption(
      new Option("--cpus <n>", "with --slurm: cores for each").argParser(wholeNumber("--cpus", 1, 10000)),
    )
    .option(
      "--time <limit>",
      "with --slurm: time for each, as 4:00:00; what is not done then goes on in the next",
    )
    .option("--sbatch <options>", "with --slurm: more of sbatch's options, in one word")
    .addOption(
      new Option("--max-running <n>", "with --slurm: jobs at a time, at most").argParser(
        wholeNumber("--max-running", 1),
      ),
    )
    .option("--setup <line>", 'with --slurm: a line of the shell before each run, as "module load cuda"')
    .option(
      "--container <command>",
      'with --slurm: what bun is put behind, as "apptainer exec --nv image.sif"',
    )
    .addOption(new Option("--task <list>", "on a node: make what the list says").hideHelp())
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
        ["bun run experiment FILE --slurm --partition gpu --gres gpu:1 --time 4:00:00", "on a cluster"],
        ["bun run experiment FILE --slurm --wait", "what is missing, and a table of how it goes"],
      ),
    )
    .action(async (file: string, options: ExperimentOptions) => {
      const { experimentCommand } = await import("../experiment.ts");
      const quiet = () => {}; // the training at work hears a signal too, and says so
      await experimentCommand(
        file,
        options,
        open(options.jobs === undefined && !options.slurm ? quiet : undefined),
      );
    });
}
