// The command line beside the pages, on the same sounds and runs.
import { join } from "node:path";

const MAIN = join(import.meta.dir, "../../src/train/main.ts");

/** Runs a command; gives what it prints. Throws what it says where it fails. */
export async function command(...words: readonly string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, MAIN, ...words], { stderr: "pipe" });
  const [out, error] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${words[0]}: ${error}`);
  return out;
}

/** The probabilities that `predict` gives a sound, by class. */
export async function predicted(run: string, clip: string): Promise<Record<string, number>> {
  return JSON.parse(await command("predict", run, clip, "--json")).probabilities;
}

/** The furthest that probabilities are from each other. */
export function furthest(a: Record<string, number>, b: Record<string, number>): number {
  return Math.max(...Object.keys(a).map((name) => Math.abs(a[name]! - b[name]!)));
}
