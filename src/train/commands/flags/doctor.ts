// `bun run doctor`.
import type { Command } from "commander";
import { examples } from "./shared.ts";

export function defineDoctor(otograd: Command): void {
  otograd
    .command("doctor")
    .description("show what this machine has to compute with, and what to do where that is nothing")
    .addHelpText("after", examples(["bun run doctor", "adapter, limits, features, a test computation"]))
    .action(async () => {
      const { doctor } = await import("../doctor.ts");
      process.exitCode = await doctor();
    });
}
