// `dataset fetch` as its user meets it: in a pipe and on a terminal, with Ctrl-C; and training's question where there
// is no dataset.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasTerminals } from "../../pty.ts";
import { head, honest, serve } from "../dataset/hostile-server.ts";
import { tinyArchive } from "../dataset/tiny-esc.ts";

setDefaultTimeout(30_000);
const root = mkdtempSync(join(tmpdir(), "otograd-dataset-cli-"));
afterAll(() => rmSync(root, { recursive: true }));
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");
const ARCHIVE = tinyArchive();
const HALF = Math.floor(ARCHIVE.length / 2);

/** Half the archive, then nothing more, when asked for all of it; the rest when asked for that. */
const halting = () =>
  serve((socket, request) => {
    if (request.headers.range !== undefined) return honest(socket, request, ARCHIVE);
    socket.write(head("200 OK", { "Content-Length": ARCHIVE.length, ETag: '"v1"' }));
    socket.write(ARCHIVE.subarray(0, HALF));
  });

/** Runs the program on a terminal, and types what `answer` says to what it has shown so far. */
async function onTerminal(args: string[], answer: (shown: string) => string | undefined, env = {}) {
  let shown = "";
  const typed: string[] = [];
  const decoder = new TextDecoder();
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    cwd: mkdtempSync(join(root, "terminal-")),
    env: { ...process.env, NO_COLOR: "1", ...env },
    terminal: {
      cols: 200,
      data(terminal, bytes) {
        shown += decoder.decode(bytes, { stream: true });
        const keys = answer(shown);
        if (keys === undefined || typed.includes(keys)) return;
        typed.push(keys);
        terminal.write(keys);
      },
    },
  });
  const exitCode = await child.exited;
  await Bun.sleep(20); // the last words are on their way
  child.terminal?.close();
  return { exitCode, shown };
}

test("Ctrl-C in a pipe: 130, what has arrived is kept, and gone on with by the next", async () => {
  const server = await halting();
  const command = [process.execPath, MAIN, "dataset", "fetch", "data/new", "--url", `${server.url}/x.zip`];
  const child = Bun.spawn(command, { cwd: root, stdout: "pipe", stderr: "pipe" });
  let talk = "";
  const arrived = () => statSync(join(root, "data/new.part/archive.zip"), { throwIfNoEntry: false })?.size;
  const stopHalfway = async () => {
    while (arrived() !== HALF) await Bun.sleep(5);
    child.kill("SIGINT");
  };
  stopHalfway();
  for await (const chunk of child.stderr) talk += new TextDecoder().decode(chunk);
  expect(await child.exited).toBe(130);
  expect(talk).toMatch(
    /^downloading \(17.3 KiB\) …\nCtrl-C: stopping .*\nstopped before data\/new was there; 8\.7 KiB are kept in data\/new.part, and the same command goes on from there\n$/,
  );
  expect(readdirSync(join(root, "data"))).toEqual(["new.part"]);
  // The rest arrives, and is the tiny dataset: for the command, which wants ESC-50, it is not whole.
  const again = Bun.spawn(command, { cwd: root, stdout: "pipe", stderr: "pipe" });
  expect(await new Response(again.stderr).text()).toMatch(
    /^downloading from 8.7 KiB on \(17.3 KiB\) …\nunpacking \(18\) …\nchecking clips \(15\) …\nerror: what the archive holds is not whole ESC-50 \(it has 15 clips; ESC-50 has 2000; \d+ problems more\)\n$/,
  );
  expect(await again.exited).toBe(1);
  expect(server.requests[1]!.headers).toMatchObject({
    range: `bytes=${HALF}-`,
    "if-range": '"v1"',
  });
  expect(readdirSync(join(root, "data"))).toEqual([]);
  server.close();
});

test.skipIf(!hasTerminals)(
  "on a terminal there is a bar with bytes and rate, and Ctrl-C is typed",
  async () => {
    const server = await halting();
    const { exitCode, shown } = await onTerminal(
      ["dataset", "fetch", "--url", `${server.url}/x.zip`],
      (shown) => (shown.includes("of 17.3 KiB") ? "\x03" : undefined),
    );
    expect(shown).toMatch(/downloading \S+ \d\S* (KiB|B) of 17.3 KiB/);
    expect(shown).toContain("/s");
    expect(shown).toContain("the same command goes on from there");
    expect(exitCode).toBe(130);
    server.close();
  },
);

const TRAIN = ["train", "--fold", "5"];

test.skipIf(!hasTerminals)("training without a dataset asks on a terminal", async () => {
  const question = "There is no data/ESC-50. Download ESC-50 now (600 MB)? [y/N] ";
  const when = (keys: string) => (shown: string) => (shown.includes(question) ? keys : undefined);
  for (const keys of ["n\n", "\n", "\x04"]) {
    const no = await onTerminal(TRAIN, when(keys));
    expect(no.shown).toMatch(
      /error: no --data given, and there is no data\/ESC-50: `bun run dataset fetch` downloads/,
    );
    expect(no.exitCode).toBe(1);
  }
  const stopped = await onTerminal(TRAIN, when("\x03"));
  expect(stopped.exitCode).toBe(130);
  // No further than to a proxy that is not there.
  const nowhere = {
    HTTPS_PROXY: "http://127.0.0.1:1",
    https_proxy: "http://127.0.0.1:1",
    NO_PROXY: "",
    no_proxy: "",
  };
  const yes = await onTerminal(
    TRAIN,
    (shown) => (shown.includes("trying again") ? "\x03" : when("y\n")(shown)),
    nowhere,
  );
  expect(yes.shown).toMatch(/note: .*github.com.*; trying again in 1 s/);
  expect(yes.shown).toContain("stopped before data/ESC-50 was there; nothing is kept");
  expect(yes.exitCode).toBe(130);
});

test("training without a dataset asks nothing in a pipe", () => {
  const piped = Bun.spawnSync([process.execPath, MAIN, ...TRAIN], { cwd: root });
  expect(piped.stderr.toString()).not.toContain("[y/N]");
  expect(piped.exitCode).toBe(1);
  expect(existsSync(join(root, "data", "ESC-50"))).toBe(false);
});
