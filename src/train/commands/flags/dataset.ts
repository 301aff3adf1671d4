// `bun run dataset fetch` and `bun run dataset verify`: their flags.
import { type Command, Option } from "commander";
import { DEFAULT_DATA } from "../../dataset/dataset.ts";
import { type Example, examples, type Open, withOpening } from "./shared.ts";

/** Where ESC-10 goes when no folder is named. */
const ESC10_DATA = "data/esc10";
const FETCH_EXAMPLES: Example[] = [
  ["bun run dataset fetch", `ESC-50, into ${DEFAULT_DATA}`],
  ["bun run dataset fetch --subset esc10", `its ten-class part, into ${ESC10_DATA}`],
];
const VERIFY_EXAMPLES: Example[] = [
  ["bun run dataset verify data/ESC-50", "a table of the folds, and what is wrong"],
  ["bun run dataset verify mine", "the same of a folder of your own, or a CSV"],
];

export function defineDataset(otograd: Command, open: Open): void {
  const dataset = otograd
    .command("dataset")
    .description("download ESC-50, or check any dataset clip by clip")
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
      const { fetchCommand } = await import("../dataset.ts");
      const esc10 = subset !== undefined;
      await fetchCommand({ ...options, esc10, to: folder ?? (esc10 ? ESC10_DATA : DEFAULT_DATA) }, open());
    });
  withOpening(dataset.command("verify"))
    .description("check a dataset clip by clip; exit code 0 if nothing is wrong")
    .argument("[folder]", "anything that --data takes, but the word synthetic", DEFAULT_DATA)
    .option("--json", "print one line of JSON instead of a table")
    .addHelpText("after", examples(...VERIFY_EXAMPLES))
    .action(async (folder: string, options) => {
      const { verifyCommand } = await import("../dataset.ts");
      await verifyCommand(folder, options, open());
    });
}
