// `bun run weights fetch`: its flags.
import { type Command, Option } from "commander";
import { examples, type Open } from "./shared.ts";

export function defineWeights(otograd: Command, open: Open): void {
  const weights = otograd.command("weights").description("published networks that have learned already");
  weights
    .command("fetch")
    .description(
      "download a published network's weights and class names (4 MB) into ~/.cache/otograd/weights",
    )
    .argument("[name]", "mn04_as is the one that there is", "mn04_as")
    .option("--from <file>", "the weights from a file, instead of downloading them")
    .addOption(new Option("--classes <file>", "the class names, where they are not beside it"))
    .addHelpText(
      "after",
      examples(
        ["bun run weights fetch mn04_as", "1 million numbers that know AudioSet's 527 classes"],
        [
          "bun run weights fetch mn04_as --from mn04_as_mAP_432.pt",
          "without a network: the same, checked the same",
        ],
      ),
    )
    .action(async (name: string, options) => {
      const { fetchWeightsCommand } = await import("../weights.ts");
      await fetchWeightsCommand(name, options, open());
    });
}
