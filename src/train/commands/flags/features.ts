// `bun run features`: its flags.
import type { Command } from "commander";
import { DEFAULT_RECIPE } from "../../recipes/index.ts";
import type { FeaturesOptions } from "../features.ts";
import { examples, type Open } from "./shared.ts";

export function defineFeatures(otograd: Command, open: Open): void {
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
    .option(
      "--embedding",
      "what a network that was trained on AudioSet makes of it instead (or --run's, of transfer learning): x.npy, [segments, numbers]",
    )
    .addHelpText(
      "after",
      examples(
        ["bun run features dog.ogg --out dog.png", "a picture"],
        ["bun run features dog.ogg --embedding --out dog.npy", "384 numbers for each 5 s of it"],
        ["bun run features dog.ogg --run runs/DIR --out dog.npy", "exactly what a run's network is fed"],
      ),
    )
    .action(async (file: string, options: FeaturesOptions) => {
      const { featuresCommand } = await import("../features.ts");
      await featuresCommand(file, options, open());
    });
}
