// `bun run tag`: its flags.
import { type Command, Option } from "commander";
import { wholeNumber } from "../options.ts";
import type { TagOptions } from "../tag.ts";
import { examples, type Open } from "./shared.ts";

export function defineTag(otograd: Command, open: Open): void {
  otograd
    .command("tag")
    .description("name what is heard in sound files, of AudioSet's 527 sounds; nothing to train")
    .argument("<file...>", "WAV, OGG, FLAC or MP3 files, folders of them, or - for standard input")
    .option("--json", "print a line of JSON a file instead")
    .addOption(
      new Option("--top <n>", "how many classes to print (default: 5, with --json all)").argParser(
        wholeNumber("--top", 1),
      ),
    )
    .addHelpText(
      "after",
      examples(
        ["bun run weights fetch mn04_as", "once: the network, 4 MB"],
        ["bun run tag dog.wav street.ogg", "the likeliest sounds of each, and a timeline"],
        ["bun run tag recordings/", "all sound files in a folder and the folders in it"],
        ["ffmpeg -i film.mp4 -f wav - | bun run tag -", "what another program gives"],
        ["bun run tag recordings/ --json --top 3 | jq .probabilities", "for programs"],
      ),
    )
    .action(async (files: string[], options: TagOptions) => {
      const { tagCommand } = await import("../tag.ts");
      process.exitCode = (await tagCommand(files, options, open())) === 0 ? 0 : 1;
    });
}
