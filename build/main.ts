#!/usr/bin/env bun
// `bun run build`: writes the packages that people install, dist/npm/otograd and dist/npm/otograd-cli.
import { relative } from "node:path";
import { buildCli } from "./cli.ts";
import { buildEngine } from "./engine.ts";
import { help } from "./help.ts";
import { PACKAGES, ROOT } from "./packages.ts";

help(import.meta.path, "no words");

await buildEngine(PACKAGES.otograd);
buildCli(PACKAGES["otograd-cli"]);
for (const folder of Object.values(PACKAGES)) console.log(relative(ROOT, folder));
