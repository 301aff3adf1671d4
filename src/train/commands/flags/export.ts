// `bun run export`: its flags.
import { type Command, Option } from "commander";
import type { ExportOptions } from "../export.ts";
import { examples, type Open } from "./shared.ts";

export function defineExport(otograd: Command, open: Open): void {
  otograd
    .command("export")
    .description("write a run's network as an ONNX model, for other programs, or that of tag")
    .argument("<run>", "a run's folder, or mn04_as: the network that knows AudioSet's 527 sounds")
    .requiredOption("--out <file>", "the file to write, model.onnx for one")
    .addOption(
      new Option("--from <what>", "begin at a sound's samples, or at the network's own input")
        .choices(["wave", "segments"])
        .default("wave"),
    )
    .option("--half", "keep the weights as float16, in half as many bytes; computed is in float32")
    .addHelpText(
      "after",
      examples(
        ["bun run export runs/DIR --out model.onnx", "from samples to probabilities, front end and all"],
        ["bun run export runs/DIR --out network.onnx --from segments", "the network alone"],
        ["bun run export mn04_as --out tags.onnx", "the network of bun run tag"],
        ["bun run export runs/DIR --out small.onnx --half", "half the file, for a page"],
      ),
    )
    .action(async (run: string, options: ExportOptions) => {
      const { exportCommand } = await import("../export.ts");
      await exportCommand(run, options, open());
    });
}
