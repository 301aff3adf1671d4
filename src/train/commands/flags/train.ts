// `bun run train`: its flags.
import { type Command, Option } from "commander";
import { DEFAULT_RECIPE } from "../../recipes/index.ts";
import { parseSetting, type Setting } from "../../recipes/settings.ts";
import { UserError } from "../../terminal/errors.ts";
import {
  parseBatchSize,
  parseEpochs,
  parseFold,
  parseFolds,
  parseSeed,
  positive,
  share,
  type TrainOptions,
} from "../options.ts";
import { cacheOption, dataOption, examples, noCacheOption, type Open, withOpening } from "./shared.ts";

/** commander makes an empty word of null. */
type Given = Omit<TrainOptions, "fold"> & { fold?: number | "none" };

export function defineTrain(otograd: Command, open: Open): void {
  withOpening(otograd.command("train"), dataOption)
    .description("train on all folds of a dataset but one, test on that one")
    .addOption(
      new Option("--fold <n>", "the fold to test on, from 1; the others train. none: all train").argParser(
        parseFold,
      ),
    )
    .addOption(
      new Option("--folds <all>", "cross-validation: train once for each fold").argParser(parseFolds),
    )
    .option("--recipe <name>", "a named setting; `bun run recipes` lists them", DEFAULT_RECIPE)
    .addOption(
      new Option("--epochs <n>", "passes over the training folds, instead of the recipe's").argParser(
        parseEpochs,
      ),
    )
    .addOption(
      new Option("--batch-size <n>", "segments in a batch, instead of the recipe's").argParser(
        parseBatchSize,
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
      new Option(
        "--other <threshold|dir>",
        "learn to say none of these: the word threshold finds one that keeps --keep of known sounds; the sounds in a folder are a class of their own",
      ),
    )
    .addOption(
      new Option("--keep <share>", "for --other threshold (default: 0.9)").argParser(share("--keep")),
    )
    .addOption(
      new Option(
        "--without <classes>",
        "leave classes out, by names with commas between; can be repeated; --other is measured on their clips",
      ).argParser((text, before: string[] | undefined) => [...(before ?? []), text]),
    )
    .addOption(new Option("--seed <n>", "the same seed gives the same run").argParser(parseSeed).default(1))
    .option("--run <dir>", "the run's folder; new or empty (default: runs/DATE-RECIPE-foldN)")
    .option("--resume <dir>", "go on with an interrupted run or cross-validation, by its own settings")
    .option("--changed-data", "with --resume: go on although the dataset is not what it was trained on")
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
          "bun run train --data mine --fold 1",
          "a folder of your own, with a folder of sounds for each class",
        ],
        [
          "bun run train --fold 5 --set masks=null --set network.hidden=[5000,5000]",
          "a recipe, but for two settings",
        ],
        ["bun run train --resume runs/DIR", "go on where Ctrl-C stopped it"],
      ),
    )
    .action(async ({ fold, ...options }: Given, command: Command) => {
      refuseWithResume(command);
      const { trainCommand } = await import("../train.ts");
      await trainCommand({ ...options, fold: fold === "none" ? null : fold }, open());
    });
}

/** A resumed run's settings are its own: all but these cannot be given with --resume. */
const WITH_RESUME = ["resume", "folds", "data", "changedData", "epochs", "cache", "profile", "tensorboard"];

function refuseWithResume(command: Command): void {
  if (command.getOptionValue("resume") === undefined) {
    if (command.getOptionValue("changedData") === undefined) return;
    throw new UserError("--changed-data is for --resume: a new training takes the data as they are");
  }
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
