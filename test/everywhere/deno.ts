// Deno, whose WebGPU is wgpu, with naga for WGSL: Firefox's compiler.
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../src/train/terminal/errors.ts";
import type { Place } from "./place.ts";

/** Of the npm package `deno`, which brings the program. */
export const DENO_VERSION = "2.9.6";

/** The program: OTOGRAD_DENO, or one that is fetched once into the user's cache. */
async function findDeno(): Promise<string> {
  if (process.env.OTOGRAD_DENO !== undefined) return process.env.OTOGRAD_DENO;
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const folder = join(cache, "otograd", `deno-${DENO_VERSION}`);
  const program = join(folder, "node_modules/deno/bin.cjs");
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    await Bun.write(join(folder, "package.json"), "{}");
    const adding = Bun.spawn([process.execPath, "add", "--exact", `deno@${DENO_VERSION}`], {
      cwd: folder,
      stdout: "ignore",
      stderr: "pipe",
    });
    const said = await new Response(adding.stderr).text();
    if ((await adding.exited) !== 0)
      throw new UserError(
        `deno ${DENO_VERSION} cannot be installed: ${said.trim().split("\n").at(-1)}; OTOGRAD_DENO names a program that is there`,
      );
  }
  return program;
}

/** Runs a program under Deno, and gives what it prints, line by line. */
export const deno: Place = {
  name: "Deno",
  async *run(program) {
    const file = join(program.folder, "tests.js");
    await Bun.write(file, program.text);
    const deno = await findDeno();
    // The tests' library asks the environment whether colours are wanted.
    const command = [deno, "run", "--quiet", "--allow-env", "--unstable-webgpu", file];
    const running = Bun.spawn(command, {
      stdout: "pipe",
      stderr: "inherit",
      env: { ...process.env, NO_COLOR: "1" },
    });
    try {
      yield* linesOf(running.stdout);
    } finally {
      running.kill();
    }
  },
};

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}
