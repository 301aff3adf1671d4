// `bun run recipes`: its argument.
import type { Command } from "commander";
import { examples, type Open } from "./shared.ts";

export function defineRecipes(otograd: Command, open: Open): void {
  otograd
    .command("recipes")
    .description("list the named settings, or print one in full")
    .argument("[name]", "a recipe")
    .addHelpText("after", examples(["bun run recipes blog-bn", "every number of one recipe, as JSON"]))
    .action(async (name?: string) => {
      const { printRecipes } = await import("../recipes.ts");
      printRecipes(name, open().print);
    });
}
