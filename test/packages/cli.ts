// The command `otograd`, installed from its tarball: its words, and a short training; and what it says under Node.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json" with { type: "json" };
import { run } from "./homes.ts";

/** Installs it into a folder and calls it. Throws where it does not do what it should. */
export async function tryCommand(folder: string, tarball: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const dependencies = { "otograd-cli": `file:${tarball}` };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  run(folder, process.execPath, "install", "--silent");
  const otograd = (...args: string[]) => run(folder, join(folder, "node_modules/.bin/otograd"), ...args);
  expectWords("--version", otograd("--version"), version);
  expectWords("train --help", otograd("train", "--help"), "otograd train --data synthetic");
  const train =
    "train --data synthetic --fold 5 --epochs 1 --batch-size 32 --set network.hidden=[100] --run run";
  otograd(...train.split(" "));
  const { accuracy } = await Bun.file(join(folder, "run/result.json")).json();
  console.log(
    `otograd-cli trains under Bun: ${(100 * accuracy).toFixed(0)} % after one epoch of synthetic sounds`,
  );
  const underNode = Bun.spawnSync(["node", "node_modules/otograd-cli/bin/otograd.js"], { cwd: folder });
  expectWords("under Node", underNode.stderr.toString(), "runs under Bun, not under Node");
  console.log(`under Node it says: ${underNode.stderr.toString().trim()}`);
}

function expectWords(what: string, said: string, words: string): void {
  if (!said.includes(words) || /bun run|\bundefined\b/.test(said))
    throw new Error(`otograd-cli, ${what}: wants "${words}", got\n${said}`);
}
