// `dataset fetch` and its destination: what was there before, what is left when it is stopped, killed or the disk is
// full, and how the same command then goes on.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { Interrupted } from "../../../src/train/terminal/errors.ts";
import { expectNoProblems, expectWhole, fetchTiny, never, testFolder } from "./fetch-tiny.ts";
import { head, honest, type Request, type Server, serve } from "./hostile-server.ts";
import { tinyArchive, tinyEntries, tinyFiles } from "./tiny-esc.ts";
import { zip } from "./zip.ts";

setDefaultTimeout(60_000);
const root = testFolder();
const ARCHIVE = tinyArchive();
const HALF = Math.floor(ARCHIVE.length / 2);
let server: Server;
/** Sends half of /stall.zip and then nothing, all of anything else. */
beforeAll(async () => {
  server = await serve((socket, request) => {
    if (request.path !== "/stall.zip" || server.requests.length > 1) return honest(socket, request, ARCHIVE);
    socket.write(head("200 OK", { "Content-Length": ARCHIVE.length, ETag: '"v1"' }));
    socket.write(ARCHIVE.subarray(0, HALF));
  });
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});
const url = () => `${server.url}/x.zip`;
const newPlace = () => join(mkdtempSync(join(root, "to-")), "data", "esc");
/** Waits until half the archive has arrived from /stall.zip. */
async function halfway(to: string): Promise<void> {
  const size = () => statSync(join(`${to}.part`, "archive.zip"), { throwIfNoEntry: false })?.size;
  while (size() !== HALF) await Bun.sleep(5);
}
const asked = () => server.requests.splice(0).map(({ headers }: Request) => headers.range ?? "all");

test("an empty folder is filled; a whole dataset is left as it is, without a request", async () => {
  const to = newPlace();
  mkdirSync(to, { recursive: true });
  expect((await fetchTiny({ url: url(), to }, root)).error).toBeNull();
  await expectWhole(to);
  expect(asked()).toEqual(["all"]);
  const again = await fetchTiny({ url: url(), to }, root);
  expect(again).toMatchObject({
    error: null,
    said: `${to} is there already`,
    check: { clips: 15, classes: 3 },
  });
  expect(asked()).toEqual([]);
});

test("what is in the way stays, and is named", async () => {
  const cases: [string, (to: string) => void, RegExp][] = [
    [
      "a file",
      (to) => writeFileSync(to, "mine"),
      /esc is there already, and is no dataset: move it away, or/,
    ],
    ["a folder with things in it", (to) => mkdirSync(join(to, "mine"), { recursive: true }), /is no dataset/],
    ["a link to nowhere", (to) => symlinkSync("nowhere", to), /is no dataset/],
    [
      "half a dataset",
      (to) => {
        for (const [place, content] of Object.entries(tinyFiles())) {
          mkdirSync(join(to, place, ".."), { recursive: true });
          if (!place.includes("1-1001")) writeFileSync(join(to, place), content);
        }
      },
      /esc is there already, and is not whole tiny ESC \(1-1001-A-1.wav is missing\): move it away/,
    ],
  ];
  for (const [, make, expected] of cases) {
    const to = newPlace();
    mkdirSync(join(to, ".."));
    make(to);
    const before = readdirSync(join(to, ".."), { recursive: true });
    const { error } = await fetchTiny({ url: url(), to }, root);
    expect(error!.message).toMatch(expected);
    expect(readdirSync(join(to, ".."), { recursive: true })).toEqual(before);
  }
  const blocked = newPlace();
  writeFileSync(join(blocked, "..", "..", "data"), "a file where a folder must be");
  const { error } = await fetchTiny({ url: url(), to: blocked }, root);
  expect(error!.message).toMatch(/^cannot make .*esc.part: a file is in the way of a folder$/);
  expect(asked()).toEqual([]);
});

test("--url and --sha256 that make no sense; an archive with another checksum is thrown away", async () => {
  for (const bad of ["ftp://x/y.zip", "file:///etc/passwd", "data/ESC-50.zip", ""]) {
    const { error } = await fetchTiny({ url: bad }, root);
    expect(error!.message).toBe(`--url wants an address that begins with https:// or http://, got '${bad}'`);
  }
  const short = await fetchTiny({ url: url(), sha256: "abc" }, root);
  expect(short.error!.message).toBe("--sha256 wants 64 hexadecimal digits, got 'abc'");
  expect(asked()).toEqual([]);
  const { to, part, error } = await fetchTiny({ url: url(), sha256: "0".repeat(64) }, root);
  expect(error!.message).toMatch(/^the archive's SHA-256 is [0-9a-f]{64}, not 0{64}: it was thrown away$/);
  expect([existsSync(to), existsSync(part)]).toEqual([false, false]);
  asked();
});

test("--subset esc10 takes its clips alone, and lists them alone", async () => {
  const { to, check, error } = await fetchTiny({ url: url(), esc10: true }, root);
  expect({ error, clips: check?.clips, classes: check?.classes }).toEqual({
    error: null,
    clips: 10,
    classes: 2,
  });
  expect(readdirSync(join(to, "audio")).every((name) => /-[01].wav$/.test(name))).toBe(true);
  const rows = tinyFiles()["meta/esc50.csv"]!.toString().split("\n");
  expect(readFileSync(join(to, "meta", "esc50.csv"), "utf8").split("\n")).toEqual(
    rows.filter((row) => !row.includes("False")),
  );
  asked();
});

test("Ctrl-C keeps what has arrived, and the same command goes on from there", async () => {
  const to = newPlace();
  const stop = never();
  halfway(to).then(() => (stop.signal = "SIGINT"));
  const stopped = await fetchTiny({ url: `${server.url}/stall.zip`, to }, root, stop);
  expect(stopped.error).toBeInstanceOf(Interrupted);
  expect(stopped.error!.message).toMatch(
    /^stopped before .*esc was there; \d\.\d KiB are kept in .*esc.part, and the same command goes on/,
  );
  expect(existsSync(to)).toBe(false);
  expect((await fetchTiny({ url: `${server.url}/stall.zip`, to }, root)).error).toBeNull();
  await expectWhole(to);
  expect(asked()).toEqual(["all", `bytes=${HALF}-`]);
});

test("a part of another address, or one that nothing is known of, is not gone on with", async () => {
  for (const spoil of [
    (part: string) => writeFileSync(join(part, "download.json"), "{"),
    (part: string) => rmSync(join(part, "download.json")),
    (part: string) =>
      writeFileSync(
        join(part, "download.json"),
        readFileSync(join(part, "download.json"), "utf8").replace("stall.zip", "other.zip"),
      ),
  ]) {
    const to = newPlace();
    const stop = never();
    halfway(to).then(() => (stop.signal = "SIGTERM"));
    const { part } = await fetchTiny({ url: `${server.url}/stall.zip`, to }, root, stop);
    spoil(part);
    expect((await fetchTiny({ url: `${server.url}/stall.zip`, to }, root)).error).toBeNull();
    await expectWhole(to);
    expect(asked()).toEqual(["all", "all"]);
  }
});

test("two at once: the second is told; what a process left that has ended is no hindrance", async () => {
  const to = newPlace();
  const stop = never();
  const first = fetchTiny({ url: `${server.url}/stall.zip`, to }, root, stop);
  await halfway(to);
  const second = await fetchTiny({ url: url(), to }, root);
  expect(second.error!.message).toMatch(
    /^.*esc is being fetched by process \d+: wait until it has ended, or end it$/,
  );
  stop.signal = "SIGINT";
  const { part } = await first;
  const gone = Bun.spawnSync(["true"]).pid;
  writeFileSync(join(part, "lock"), String(gone));
  mkdirSync(join(part, "unpacked", "audio"), { recursive: true });
  writeFileSync(join(part, "unpacked", "audio", "left-over.wav"), "");
  expect((await fetchTiny({ url: `${server.url}/stall.zip`, to }, root)).error).toBeNull();
  await expectWhole(to);
  asked();
});

/** Fetches the tiny dataset and is killed at the n-th word on its progress. */
const VICTIM = `
  import { fetchDataset } from ${JSON.stringify(join(import.meta.dir, "../../../src/train/dataset/fetch.ts"))};
  import { LIMITS } from ${JSON.stringify(join(import.meta.dir, "../../../src/train/dataset/download.ts"))};
  import { Progress } from ${JSON.stringify(join(import.meta.dir, "../../../src/train/terminal/progress.ts"))};
  import { TINY } from ${JSON.stringify(join(import.meta.dir, "tiny-esc.ts"))};
  const [url, to, at] = process.argv.slice(1);
  let words = 0;
  const count = () => ++words === Number(at) && process.kill(process.pid, "SIGKILL");
  const progress = new (class extends Progress {
    say() {}
    begin(what) { count(); }
    beginBytes() { count(); }
    update() { count(); }
    updateBytes() { count(); }
    clear() { count(); }
  })();
  await fetchDataset({ url, to }, { progress, stop: { signal: null, onFirst: "" } }, TINY, LIMITS);
  console.log(words);
`;

test("killed at any moment: nothing or the whole dataset is there, and the next one ends the work", async () => {
  const slow = await serve(async (socket, request) => {
    const [, from = "0"] = /(\d+)/.exec(request.headers.range ?? "") ?? [];
    const total = ARCHIVE.length;
    const partial = request.headers.range !== undefined;
    socket.write(
      head(partial ? "206 Partial Content" : "200 OK", {
        ETag: '"v1"',
        "Content-Length": total - Number(from),
        "Content-Range": partial ? `bytes ${from}-${total - 1}/${total}` : undefined,
      }),
    );
    for (let at = Number(from); at < total && !socket.destroyed; at += 2000) {
      socket.write(ARCHIVE.subarray(at, at + 2000));
      await Bun.sleep(5);
    }
  });
  const random = new HostRandom(50);
  let [kills, whole] = [0, 0];
  for (let round = 0; round < 5; round++) {
    const to = newPlace();
    for (let kill = 0; kill < 6; kill++) {
      const at = 1 + random.int(45);
      const child = Bun.spawn([process.execPath, "-e", VICTIM, `${slow.url}/x.zip`, to, String(at)], {
        stderr: "inherit",
      });
      await child.exited;
      if (child.signalCode !== "SIGKILL") {
        expect(child.exitCode).toBe(0);
        break;
      }
      kills++;
      if (existsSync(to)) await expectNoProblems(to); // between the last step and the end
    }
    const { error } = await fetchTiny({ url: `${slow.url}/x.zip`, to }, root);
    expect(error).toBeNull();
    await expectWhole(to);
    whole++;
  }
  slow.close();
  console.log(`fetch: killed ${kills} times, ${slow.requests.length} requests, ${whole} whole datasets`);
});

test("a full disk: one line, the download kept, and it goes on when there is room", async () => {
  const disk = join(root, "disk");
  mkdirSync(disk);
  const mount = (...options: string[]) =>
    Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options.join(), "none", disk], { stderr: "ignore" }).success;
  if (!mount("size=16k")) {
    console.log("fetch: no full disk was tried, for want of the right to mount one");
    return;
  }
  try {
    const big = zip([...tinyEntries(), { name: "ESC-50-master/filler", data: Buffer.alloc(30_000) }]);
    const sized = await serve((socket, request) => honest(socket, request, big));
    const unsized = await serve((socket, request) => {
      if (request.headers.range !== undefined) return honest(socket, request, big);
      socket.end(Buffer.concat([Buffer.from(head("200 OK", { Connection: "close", ETag: '"v1"' })), big]));
    });
    const to = join(disk, "esc");
    const early = await fetchTiny({ url: `${sized.url}/x.zip`, to }, root);
    expect(early.error!.message).toMatch(
      /^no space is left on the disk: the download takes \d\S* KiB more in .*esc.part, \d\S* KiB are free$/,
    );
    expect(readdirSync(disk)).toEqual([]);
    const late = await fetchTiny({ url: `${unsized.url}/x.zip`, to }, root);
    expect(late.error!.message).toMatch(
      /^cannot write .*: no space is left on the disk; \d\S* KiB are kept in .*esc.part/,
    );
    expect(readdirSync(disk)).toEqual(["esc.part"]);
    expect(mount("remount", "size=72k")).toBe(true);
    const unpacking = await fetchTiny({ url: `${unsized.url}/x.zip`, to }, root);
    expect(unpacking.error!.message).toMatch(
      /^cannot write .*: no space is left on the disk; \d\S* KiB are kept in .*esc.part/,
    );
    expect(readdirSync(disk)).toEqual(["esc.part"]);
    expect(mount("remount", "size=1m")).toBe(true);
    expect((await fetchTiny({ url: `${unsized.url}/x.zip`, to }, root)).error).toBeNull();
    await expectWhole(to);
    expect(unsized.requests.length).toBe(2);
    sized.close();
    unsized.close();
    console.log("fetch: a full disk while downloading and while unpacking; both gone on with");
  } finally {
    Bun.spawnSync(["umount", disk]);
  }
});
