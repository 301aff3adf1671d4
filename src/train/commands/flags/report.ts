// `bun run report`: its flags.
import type { Command } from "commander";
import type { ReportOptions } from "../report.ts";
import { cacheOption, dataOption, examples, noCacheOption, type Open } from "./shared.ts";

export function defineReport(otograd: Command, open: Open): void {
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
    .action(async (runs: string[], options: ReportOptions) => {
      const { reportCommand } = await import("../report.ts");
      process.exitCode = (await reportCommand(runs, options, open())) === 0 ? 0 : 1;
    });
}
