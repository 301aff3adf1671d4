// Ctrl-C, as the process gets it: once asks, twice ends, and what `bun run` repeats within a moment is still once.
import { expect, test } from "bun:test";
import { join } from "node:path";

const module = (name: string) =>
  JSON.stringify(join(import.meta.dir, "../../../src/train/terminal", `${name}.ts`));
/** Says what it hears, and stops a second after the first signal. */
const PROGRAM = `
  import { listenForSignals } from ${module("signals")};
  import { throwIfStopped } from ${module("talk")};
  const stop = listenForSignals((line) => console.log(line));
  stop.onFirst = "saving";
  stop.onSecond = "nothing is lost";
  console.log("ready");
  while (stop.signal === null) await Bun.sleep(5);
  await Bun.sleep(1500);
  try { throwIfStopped(stop, "saved"); } catch (error) { console.log(error.message); process.exit(error.exitCode); }
`;

async function signalled(...signals: [name: "SIGINT" | "SIGTERM" | "SIGHUP", afterMs: number][]) {
  return signalledUnder([], ...signals);
}

async function signalledUnder(above: string[], ...signals: Parameters<typeof signalled>) {
  const child = Bun.spawn([...above, process.execPath, "-e", PROGRAM], { stdout: "pipe", stderr: "ignore" });
  let heard = "";
  for await (const chunk of child.stdout) {
    heard += new TextDecoder().decode(chunk);
    if (heard.trim() === "ready") for (const [name, ms] of signals) setTimeout(() => child.kill(name), ms);
  }
  return { exitCode: await child.exited, heard: heard.trim().split("\n").slice(1) };
}

test.concurrent("one SIGINT: told once, 130 when saved; SIGTERM, however often: 143", async () => {
  const [interrupted, terminated] = await Promise.all([
    signalled(["SIGINT", 0]),
    signalled(["SIGTERM", 0], ["SIGTERM", 700]),
  ]);
  expect(interrupted).toEqual({
    exitCode: 130,
    heard: ["Ctrl-C: saving (once more to stop at once)", "saved"],
  });
  expect(terminated).toEqual({
    exitCode: 143,
    heard: ["SIGTERM: saving (Ctrl-C to stop at once)", "saved"],
  });
}, 180_000);

test.concurrent("a closed terminal: 129 when saved; under nohup, which has it ignored, the work goes on", async () => {
  const [closed, kept] = await Promise.all([
    signalled(["SIGHUP", 0], ["SIGHUP", 700]),
    signalledUnder(["nohup"], ["SIGHUP", 0], ["SIGTERM", 700]),
  ]);
  expect(closed).toEqual({ exitCode: 129, heard: ["SIGHUP: saving (Ctrl-C to stop at once)", "saved"] });
  expect(kept).toEqual({ exitCode: 143, heard: ["SIGTERM: saving (Ctrl-C to stop at once)", "saved"] });
}, 180_000);

test.concurrent("a second SIGINT ends it at once, unless it comes with the first, as it does through `bun run`", async () => {
  const [twice, same] = await Promise.all([
    signalled(["SIGINT", 0], ["SIGINT", 700]),
    signalled(["SIGINT", 0], ["SIGINT", 30]),
  ]);
  expect(twice).toEqual({
    exitCode: 130,
    heard: ["Ctrl-C: saving (once more to stop at once)", "stopped at once; nothing is lost"],
  });
  expect(same.heard.at(-1)).toBe("saved");
}, 180_000);
