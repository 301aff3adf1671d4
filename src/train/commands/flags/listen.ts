// `bun run listen`: its flags.
import { type Command, Option } from "commander";
import { RAW_FORMATS } from "../../../audio/wav/stream.ts";
import type { ListenOptions } from "../listen.ts";
import { fraction, wholeNumber } from "../options.ts";
import { examples, type Open } from "./shared.ts";

export function defineListen(otograd: Command, open: Open): void {
  otograd
    .command("listen")
    .description("tell what is heard, live: from the microphone, or from a recording on standard input")
    .argument("[run]", "a run's folder (default: mn04_as, which knows AudioSet's 527 classes)")
    .argument("[input]", "- for standard input, which is taken anyway where something is sent into it")
    .option("--json", "print a line of JSON an event instead")
    .addOption(
      new Option(
        "--threshold <p>",
        "the probability from which on something is an event (default: 0.5, without a run 0.3)",
      ).argParser(fraction("--threshold")),
    )
    .addOption(
      new Option("--smooth <seconds>", "over how long probabilities are smoothed; 0: not at all")
        .default(0.75)
        .argParser(seconds),
    )
    .option("--begins", "print a line when an event begins, too")
    .option("--log <file>", "append a line of JSON an event to a file, too")
    .addOption(
      new Option("--top <n>", "how many classes to show on a terminal")
        .default(5)
        .argParser(wholeNumber("--top", 1, 50)),
    )
    .addOption(
      new Option("--rate <n>", "samples a second, of samples without a header").argParser(
        wholeNumber("--rate", 40, 1_000_000),
      ),
    )
    .addOption(
      new Option("--format <name>", "what they are (default: s16le)").choices(Object.keys(RAW_FORMATS)),
    )
    .addOption(
      new Option("--channels <n>", "how many channels they have (default: 1)").argParser(
        wholeNumber("--channels", 1, 64),
      ),
    )
    .addHelpText(
      "after",
      examples(
        [
          "bun run listen",
          "what the microphone hears, live, until Ctrl-C (once: bun run weights fetch mn04_as)",
        ],
        ["bun run listen runs/DIR --json --log heard.jsonl", "for programs, and for later"],
        ["bun run listen runs/DIR < night.wav", "a recording, as fast as it goes"],
        ["ffmpeg -i URL -f wav - | bun run listen", "a radio station, a camera, a film"],
        [
          "ssh pi arecord -t raw -f S16_LE -r 44100 | bun run listen runs/DIR --rate 44100",
          "a microphone elsewhere",
        ],
      ),
    )
    .action(async (run: string | undefined, input: string | undefined, options: ListenOptions) => {
      const { listenCommand } = await import("../listen.ts");
      await listenCommand(run, input, options, open);
    });
}

function seconds(text: string): number {
  return fraction("--smooth", 60)(text);
}
