// The package `otograd-cli`: the command `otograd`. Bun runs TypeScript as it is, so this is the sources, the engine's
// among them because the command uses more of it than the public face, with the packages that they import.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json";
import { COMMON, ROOT, writeManifest } from "./packages.ts";

/** Writes the package into a folder, whose earlier contents go. */
export function buildCli(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "bin"), { recursive: true });
  cpSync(join(ROOT, "src"), join(folder, "src"), { recursive: true });
  for (const file of new Bun.Glob("src/**/*.ts").scanSync(folder)) {
    const path = join(folder, file);
    writeFileSync(path, asInstalled(readFileSync(path, "utf8")));
  }
  writeFileSync(join(folder, "bin/otograd.js"), LAUNCHER);
  chmodSync(join(folder, "bin/otograd.js"), 0o755);
  cpSync(join(ROOT, "build/otograd-cli.md"), join(folder, "README.md"));
  for (const file of ["LICENSE", "CHANGELOG.md", "THIRD_PARTY.md"])
    cpSync(join(ROOT, file), join(folder, file));
  writeManifest(folder, {
    name: "otograd-cli",
    description: "The command otograd, which learns to tell environmental sounds apart. Runs under Bun.",
    ...COMMON,
    bin: { otograd: "./bin/otograd.js" },
    exports: { "./package.json": "./package.json" },
    imports: manifest.imports,
    files: ["bin", "src", "CHANGELOG.md", "THIRD_PARTY.md"],
    engines: manifest.engines,
    dependencies: manifest.dependencies,
  });
}

/** The commands, as the files name them that do their work. */
const COMMANDS = readdirSync(join(ROOT, "src/train/commands"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

/** In a checkout a command is `bun run train`, installed it is `otograd train`. */
const asInstalled = (source: string): string =>
  source.replace(new RegExp(`\\bbun run (${COMMANDS.join("|")})\\b`, "g"), "otograd $1");

const LAUNCHER = `#!/usr/bin/env bun
// The command otograd, which is TypeScript and runs under Bun.
if (typeof Bun === "undefined") {
  console.error("error: otograd's command runs under Bun, not under Node: install it (npm i -g bun), then call otograd again");
  process.exit(1);
}
await import("../src/train/main.ts");
`;
