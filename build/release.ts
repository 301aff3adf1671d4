#!/usr/bin/env bun
// `bun run release [VERSION] [--dry-run] [--tested]`: from CHANGELOG to tag, and to npm. VERSION is package.json's where
// none is given.
//   --dry-run   all of it in a copy of the checkout, which is thrown away; nothing is published
//   --tested    the tests have passed already
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../package.json";
import { notesOf, released } from "./changelog.ts";
import { help, optionsGiven } from "./help.ts";
import { ROOT } from "./packages.ts";

help(import.meta.path);

const { values, positionals } = optionsGiven({
  options: { "dry-run": { type: "boolean" }, tested: { type: "boolean" } },
  allowPositionals: true,
});
const version = positionals[0] ?? manifest.version;
const tag = `v${version}`;
const day = new Date().toISOString().slice(0, 10);

try {
  refuseUnready();
  const folder = values["dry-run"] ? copy() : ROOT;
  // On what is committed: a test asks whether the changelog can be released, which it has been once it is edited.
  if (!values.tested)
    for (const command of ["run check", "run test", "run packages"]) {
      step(`bun ${command}`);
      run(folder, process.execPath, ...command.split(" "));
    }
  step("writing the version and the day");
  edit(folder, "CHANGELOG.md", (text) => released(text, version, day));
  edit(folder, "package.json", (text) => text.replace(/("version": ")[^"]+/, `$1${version}`));
  edit(folder, "CITATION.cff", (text) =>
    text.replace(/^version: .*$/m, `version: ${version}`).replace(/^(date-released: ).*$/m, `$1${day}`),
  );
  step(`commit, and tag ${tag}`);
  run(folder, "git", "commit", "--quiet", "--allow-empty", "--all", "--message", `Version ${version}`);
  const notes = notesOf(readFileSync(join(folder, "CHANGELOG.md"), "utf8"), version);
  run(folder, "git", "tag", "--annotate", tag, "--cleanup=verbatim", "--message", `${version}\n\n${notes}\n`);
  step("bun run build");
  run(folder, process.execPath, "run", "build");
  for (const name of ["otograd", "otograd-cli"]) {
    step(`npm publish ${name}`);
    const dry = values["dry-run"] ? ["--dry-run"] : [];
    run(join(folder, "dist/npm", name), "npm", "publish", "--access", "public", "--loglevel=error", ...dry);
  }
  if (values["dry-run"])
    console.log(`all well: ${tag} could be published; nothing was, and the copy is gone`);
  else console.log(`published; now: git push origin HEAD ${tag}`);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

/** Refuses a version or a checkout that no release can be made of. */
function refuseUnready(): void {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    throw new Error(`"${version}" is no version: say it as 1.2.3`);
  if (said("git", "status", "--porcelain", "--untracked-files=no") !== "")
    throw new Error("there are changes that are not committed: commit them first");
  if (said("git", "tag", "--list", tag) !== "") throw new Error(`there is a tag ${tag} already`);
}

/** A copy of the checkout as it is committed, with the packages that are installed here. */
function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), "otograd-release-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  process.once("SIGINT", () => process.exit(130));
  run(ROOT, "git", "clone", "--quiet", "--local", "--no-tags", ROOT, folder);
  for (const key of ["user.name", "user.email"]) {
    const value = said("git", "config", key);
    run(folder, "git", "config", key, value === "" ? "nobody" : value);
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function edit(folder: string, file: string, change: (text: string) => string): void {
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

function step(what: string): void {
  console.log(`release ${version}: ${what}`);
}

function run(folder: string, ...command: string[]): void {
  const { exitCode } = Bun.spawnSync(command, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  if (exitCode !== 0) throw new Error(`${command.join(" ")} failed; the lines above say why`);
}

function said(...command: string[]): string {
  return Bun.spawnSync(command, { cwd: ROOT }).stdout.toString().trim();
}
