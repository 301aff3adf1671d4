#!/usr/bin/env bun
// The command line; `--help` lists its commands. Results go to stdout, talk to stderr.
// EXIT_CODES says what the exit codes mean.
import { Command, CommanderError, Option } from "commander";
import { version } from "../../package.json" with { type: "json" };
import { WavError } from "../audio/wav.ts";
import { DeviceError } from "../gpu/errors.ts";
import type { ExperimentOptions } from "./commands/experiment.ts";
import type { TrainOptions } from "./commands/options.ts";
import { parseFold, parseFolds, positive, wholeNumber } from "./commands/options.ts";
import { printRecipes } from "./commands/recipes.ts";
import { DEFAULT_DATA } from "./dataset/dataset.ts";
import type { Report } from "./experiment/child.ts";
import { reason } from "./files/files.ts";
import { DEFAULT_RECIPE } from "./recipes/index.ts";
import { parseSetting, type Setting } from "./recipes/settings.ts";
import { Interrupted, oneLine, tame, UserError } from "./terminal/errors.ts";
import { Progress } from "./terminal/progress.ts";
import { openSession } from "./terminal/session.ts";
import { stdoutFailure, writeOut } from "./terminal/stdout.ts";

const progress = new Progress();

const session = () => openSession(progress);

const dataOption = new Option(
  "--data <dir>",
  "a folder as ESC-50 is distributed (audio/*.wav, meta/esc50.csv), or the word synthetic",
);
const cacheOption = new Option("--cache <dir>", "where features are kept (default: ~/.cache/otograd)");
const noCacheOption = new Option("--no-cache", "compute the features anew, and keep none");

function program(): Command {
  const otograd = new Command("otograd")
    .description("Learns to tell environmental sounds apart.")
    .version(version)
    .option("--verbose", "show the stack of an error")
    .showSuggestionAfterError(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut, outputError: () => {} }) // main says errors, in one line
    .addHelpText("afterAll", EXIT_CODES)
    .exitOverride();

  otograd
    .command("train")
    .description("train on four folds of a dataset, test on the fifth")
    .addOption(dataOption)
    .addOption(new Option("--fold <n>", "the fold to test on, 1 to 5; the others train").argParser(parseFold))
    .addOption(
      new Option("--folds <all>", "cross-validation: train five times, once for each fold").argParser(
        parseFolds,
      ),
    )
    .option("--recipe <name>", "a named setting; `bun run recipes` lists them", DEFAULT_RECIPE)
    .addOption(
      new Option("--epochs <n>", "passes over the training folds, instead of the recipe's").argParser(
        wholeNumber("--epochs", 1),
      ),
    )
    .addOption(
      new Option("--batch-size <n>", "segments in a batch, instead of the recipe's").argParser(
        wholeNumber("--batch-size", 2),
      ),
    )
    .addOption(new Option("--lr <x>", "learning rate, instead of the recipe's").argParser(positive("--lr")))
    .addOption(
      new Option(
        "--set <path=value>",
        "any setting instead of the recipe's, by its path in `bun run recipes NAME`; can be repeated",
      ).argParser((text, before: Setting[] | undefined) => [...(before ?? []), parseSetting(text)]),
    )
    .addOption(
      new Option("--seed <n>", "the same seed gives the same run")
        .argParser(wholeNumber("--seed", 0, 2 ** 32 - 1))
        .default(1),
    )
    .option("--run <dir>", "the run's folder; new or empty (default: runs/DATE-RECIPE-foldN)")
    .option("--resume <dir>", "go on with an interrupted run or cross-validation, by its own settings")
    .option("--profile", "write RUN/profile.json, a timeline of ten steps, and print the costliest kernels")
    .option("--tensorboard", "write RUN/tensorboard, event files for `tensorboard --logdir`")
    .addOption(cacheOption)
    .addOption(noCacheOption)
    .addHelpText(
      "after",
      examples(
        ["bun run train --data synthetic --fold 5 --epochs 5", "a first try, without a download"],
        ["bun run train --data data/ESC-50 --fold 5", "the blog's network on ESC-50"],
        ["bun run train --data data/ESC-50 --folds all --recipe paper-short", "cross-validation"],
        [
          "bun run train --fold 5 --set masks=null --set network.hidden=[5000,5000]",
          "a recipe, but for two settings",
        ],
        ["bun run train --resume runs/DIR", "go on where Ctrl-C stopped it"],
      ),
    )
    .action(async (options: TrainOptions, command: Command) => {
      refuseWithResume(command);
      const { trainCommand } = await import("./commands/train.ts"); // the GPU's part of the program, where it is wanted
      await trainCommand(options, session());
    });

  otograd
    .command("experiment")
    .description("train all that a file lists, recipes × folds × seeds, and make one table of it")
    .argument("<file>", "a list of runs, in TOML or JSON; docs/experiments.md describes it")
    .addOption(new Option(dataOption.flags, `${dataOption.description}; instead of the file's`))
    .option("--out <dir>", "where the runs and the tables go (default: runs/ and the file's name)")
    .option("--dry-run", "only list the runs, how far each is, and the commands that would make them")
    .option("--table", "only make the tables anew, from the runs that there are")
    .addOption(cacheOption)
    .addOption(noCacheOption)
    .addHelpText(
      "after",
      examples(
        ["bun run experiment experiments/paper-esc10.toml", "what is not done yet, then the table"],
        ["bun run experiment experiments/paper-esc10.toml --dry-run", "what that would be"],
      ),
    )
    .action(async (file: string, options: ExperimentOptions) => {
      const { experimentCommand } = await import("./commands/experiment.ts");
      const quiet = () => {}; // the training at work hears a signal too, and says so
      await experimentCommand(file, options, openSession(progress, quiet));
    });

  otograd
    .command("evaluate")
    .description("test a run's model on its test fold, and show which classes it takes for which")
    .argument("<run>", "a run's folder")
    .addOption(dataOption)
    .option("--json", "print one line of JSON instead")
    .addOption(cacheOption)
    .addOption(noCacheOption)
    .addHelpText("after", examples(["bun run evaluate runs/DIR", "accuracy and confusion matrix"]))
    .action(async (run: string, options) => {
      const { evaluateCommand } = await import("./commands/evaluate.ts");
      await evaluateCommand(run, options, session());
    });

  otograd
    .command("predict")
    .description("name what is heard in sound files, and when")
    .argument("<run>", "a run's folder")
    .argument("<file...>", "WAV, OGG, FLAC or MP3 files, folders of them, or - for standard input")
    .option("--json", "print a line of JSON a file instead")
    .addOption(
      new Option("--top <n>", "how many classes to print (default: 3, with --json all)").argParser(
        wholeNumber("--top", 1),
      ),
    )
    .addHelpText(
      "after",
      examples(
        ["bun run predict runs/DIR dog.wav rain.ogg", "the likeliest classes of each, and a timeline"],
        ["bun run predict runs/DIR recordings/", "all sound files in a folder and the folders in it"],
        ["ffmpeg -i film.mp4 -f wav - | bun run predict runs/DIR -", "what another program gives"],
        ["bun run predict runs/DIR recordings/ --json | jq .class", "for programs"],
      ),
    )
    .action(async (run: string, files: string[], options) => {
      const { predictCommand } = await import("./commands/predict.ts");
      process.exitCode = (await predictCommand(run, files, options, session())) === 0 ? 0 : 1;
    });

  otograd
    .command("features")
    .description("show what the network hears of a sound: its log-mel spectrogram and deltas")
    .argument("<file>", "a WAV, OGG, FLAC or MP3 file, or - for standard input")
    .requiredOption(
      "--out <file>",
      "x.png, a picture; or x.npy, the network's input [segments, 2, mel bands, frames] (float32)",
    )
    .option("--recipe <name>", `whose front end to use; in x.npy decibels (default: ${DEFAULT_RECIPE})`)
    .option("--run <dir>", "use a run's front end instead; in x.npy its standardised values")
    .addHelpText(
      "after",
      examples(
        ["bun run features dog.ogg --out dog.png", "a picture"],
        ["bun run features dog.ogg --run runs/DIR --out dog.npy", "exactly what a run's network is fed"],
      ),
    )
    .action(async (file: string, options) => {
      const { featuresCommand } = await import("./commands/features.ts");
      await featuresCommand(file, options, session());
    });

  otograd
    .command("report")
    .description(
      "write an HTML page about runs: curves, confusions, filters, and the worst mistakes to listen to",
    )
    .argument("<run...>", "runs' folders; several are laid over one another")
    .option("--out <file>", "the page's file", "report.html")
    .addOption(dataOption)
    .addOption(cacheOption)
    .addOption(noCacheOption)
    .addHelpText(
      "after",
      examples(
        ["bun run report runs/DIR", "report.html: one file, to be opened anywhere and sent to anyone"],
        ["bun run report runs/A runs/B --out ab.html", "two runs compared"],
      ),
    )
    .action(async (runs: string[], options) => {
      const { reportCommand } = await import("./commands/report.ts"); // the plotting library, where it is wanted
      await reportCommand(runs, options, session());
    });

  otograd
    .command("recipes")
    .description("list the named settings, or print one in full")
    .argument("[name]", "a recipe")
    .addHelpText("after", examples(["bun run recipes blog-bn", "every number of one recipe, as JSON"]))
    .action((name?: string) => printRecipes(name, session().print));

  const dataset = otograd
    .command("dataset")
    .description("download ESC-50, or check a folder clip by clip")
    .addHelpText("after", examples(...FETCH_EXAMPLES, ...VERIFY_EXAMPLES));
  dataset
    .command("fetch")
    .description("download ESC-50 (600 MB), unpack it (0.9 GB) and check it; goes on with what has arrived")
    .argument("[folder]", `where to put it (default: ${DEFAULT_DATA}, with --subset ${ESC10_DATA})`)
    .option("--url <address>", "a zip archive elsewhere, instead of GitHub's")
    .option("--sha256 <hex>", "what the archive's SHA-256 must be")
    .addOption(
      new Option("--subset <name>", "only the clips of ESC-10: 400 of ten classes").choices(["esc10"]),
    )
    .addHelpText("after", examples(...FETCH_EXAMPLES))
    .action(async (folder: string | undefined, { subset, ...options }) => {
      const { fetchCommand } = await import("./commands/dataset.ts");
      const esc10 = subset !== undefined;
      await fetchCommand({ ...options, esc10, to: folder ?? (esc10 ? ESC10_DATA : DEFAULT_DATA) }, session());
    });
  dataset
    .command("verify")
    .description("check a folder clip by clip; exit code 0 if nothing is wrong")
    .argument("[folder]", "laid out as ESC-50 is", DEFAULT_DATA)
    .option("--json", "print one line of JSON instead of a table")
    .addHelpText("after", examples(...VERIFY_EXAMPLES))
    .action(async (folder: string, options) => {
      const { verifyCommand } = await import("./commands/dataset.ts");
      await verifyCommand(folder, options, session());
    });

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
    .addOption(cacheOption)
    .addOption(noCacheOption)
    .addHelpText(
      "after",
      examples([
        "bun run tune --recipe paper-short --batch-size 1000",
        "each class of products, each family's time",
      ]),
    )
    .action(async (options) => {
      const { tuneCommand } = await import("./commands/tune.ts");
      await tuneCommand(options, session());
    });

  otograd
    .command("doctor")
    .description("show what this machine has to compute with, and what to do where that is nothing")
    .addHelpText("after", examples(["bun run doctor", "adapter, limits, features, a test computation"]))
    .action(async () => {
      const { doctor } = await import("./commands/doctor.ts");
      process.exitCode = await doctor();
    });
  return otograd;
}

const EXIT_CODES = `
Exit codes:
  0    done
  1    it could not be done; one line on stderr says why
  130  stopped by Ctrl-C (SIGINT): what was learned is saved
  143  stopped by SIGTERM, likewise
`;

type Example = [command: string, what: string];

/** Where ESC-10 goes when no folder is named. */
const ESC10_DATA = "data/esc10";
const FETCH_EXAMPLES: Example[] = [
  ["bun run dataset fetch", `ESC-50, into ${DEFAULT_DATA}`],
  ["bun run dataset fetch --subset esc10", `its ten-class part, into ${ESC10_DATA}`],
];
const VERIFY_EXAMPLES: Example[] = [
  ["bun run dataset verify data/ESC-50", "a table of the folds, and what is wrong"],
];

function examples(...lines: Example[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join("\n")}\n`;
}

/** A resumed run's settings are its own: all but these cannot be given with --resume. */
const WITH_RESUME = ["resume", "folds", "data", "epochs", "cache", "profile", "tensorboard"];

function refuseWithResume(command: Command): void {
  if (command.getOptionValue("resume") === undefined) return;
  const given = command.options.find((option) => {
    const name = option.attributeName();
    return command.getOptionValueSource(name) === "cli" && !WITH_RESUME.includes(name);
  });
  if (given !== undefined) {
    throw new UserError(
      `${given.long} cannot be given with --resume, which takes its settings from the run's config.json`,
    );
  }
}

/** Says what went wrong in one line; returns the exit code. */
function report(error: unknown, verbose: boolean): number {
  progress.clear();
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
  if (error instanceof CommanderError && error.code === "commander.help") return 1; // no command: the help was the answer
  if (error instanceof Interrupted) {
    progress.say(error.message);
    return error.exitCode;
  }
  const message = tame(oneLine(error).replace(/^error: /, ""), 2000);
  const known = [UserError, WavError, CommanderError, DeviceError].some((kind) => error instanceof kind);
  process.send?.({ error: message } satisfies Report); // to the experiment that this is a run of
  const hint = known || verbose ? "" : " (--verbose shows where)";
  progress.say(`error: ${message}${hint}`);
  if (verbose && error instanceof Error) progress.say(stackOf(error));
  return 1;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

async function main(args: string[]): Promise<number> {
  process.stderr.on("error", () => {}); // a closed terminal, or a full disk under a log: the work goes on
  const verbose = args.includes("--verbose");
  try {
    await program().parseAsync(
      args.filter((arg) => arg !== "--verbose"),
      { from: "user" },
    );
    if (stdoutFailure() !== null) throw new UserError(`cannot write to stdout: ${reason(stdoutFailure())}`);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error, verbose);
  }
}

process.exit(await main(process.argv.slice(2)));
