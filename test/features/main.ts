#!/usr/bin/env bun
// `bun run compare-names [--write]`: what otograd has of PyTorch's names, and FEATURES.md written anew.
import { join } from "node:path";
import { help } from "../../build/help.ts";
import { counts, markdown, rows } from "./table.ts";

help(import.meta.path);

const found = rows();
for (const { section, there, partly, of } of counts(found))
  console.log(
    `${section.padEnd(24)} ${String(there).padStart(4)} of ${of}${partly > 0 ? `, ${partly} with differences` : ""}`,
  );
const unexplained = found.filter(({ here, note }) => here === null && note === "");
if (unexplained.length > 0)
  console.log(
    `no reason in notes.ts: ${unexplained.map(({ section, name }) => `${section}.${name}`).join(" ")}`,
  );
if (process.argv.includes("--write"))
  await Bun.write(join(import.meta.dir, "../../FEATURES.md"), markdown(found));
