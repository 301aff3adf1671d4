// `bun run predict`: its flags.
import { type Command, Option } from "commander";
import { wholeNumber } from "../options.ts";
import type { PredictOptions } from "../predict.ts";
import { examples, type Open } from "./shared.ts";

export function definePredict(otograd: Command, open: Open): void {
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
    .action(async (run: string, files: string[], options: PredictOptions) => {
      const { predictCommand } = await import("../predict.ts");
      process.exitCode = (await predictCommand(run, files, options, open())) === 0 ? 0 : 1;
    });
}
