// Published weights: downloaded in spite of what connections do, taken from a file, and never anything else than what was
// published; and what is said where there are none.
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noGrad, zeros } from "../../../src/index.ts";
import { fetchWeights } from "../../../src/train/pretrained/fetch.ts";
import { loadPretrained, readPretrained } from "../../../src/train/pretrained/pretrained.ts";
import { findPublished, type Published } from "../../../src/train/pretrained/published.ts";
import { Heard, HURRIED, never } from "../dataset/fetch-tiny.ts";
import { head, honest, type Request, serve } from "../dataset/hostile-server.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-weights-"));
afterAll(() => rmSync(root, { recursive: true }));
const place = () => mkdtempSync(join(root, "cache-"));
const SHARED = join(import.meta.dir, "../../../../shared/weights");

const sha256 = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const WEIGHTS = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * i) % 251));
const CLASSES = Buffer.from('index,mid,display_name\n0,/m/1,"Speech"\n1,/m/2,"Dog, barking"\n');

/** A network that a server publishes. */
function publishedAt(url: string): Published {
  const file = (name: string, bytes: Buffer) => ({
    name,
    url: `${url}/${name}`,
    bytes: bytes.length,
    sha256: sha256(bytes),
  });
  return {
    name: "tiny_as",
    description: "a test's",
    width: 0.1,
    weights: file("tiny.pt", WEIGHTS),
    classes: file("classes.csv", CLASSES),
  };
}

const contentOf = ({ path }: Request) => (path.endsWith(".pt") ? WEIGHTS : CLASSES);

async function fetched(network: Published, folder: string, options = {}) {
  const progress = new Heard();
  let error = "";
  try {
    await fetchWeights(network, options, { progress, stop: never() }, folder, HURRIED);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { error, said: progress.lines.join("\n"), files: readdirSync(folder).sort() };
}

const there = (folder: string) => {
  expect(readFileSync(join(folder, "tiny.pt")).equals(WEIGHTS)).toBe(true);
  expect(readFileSync(join(folder, "classes.csv")).equals(CLASSES)).toBe(true);
};

test("a download that is cut off goes on where it was, and what is there is not fetched again", async () => {
  const server = await serve((socket, request) =>
    honest(socket, request, contentOf(request), { etag: '"1"', ...(request.count === 1 && { upTo: 9000 }) }),
  );
  const folder = place();
  const first = await fetched(publishedAt(server.url), folder);
  expect(first).toMatchObject({ error: "", files: ["classes.csv", "tiny.pt"] });
  expect(first.said).toContain("closed the connection early; trying again");
  const ranges = server.requests.map(({ headers }) => headers.range ?? "all");
  expect(ranges).toEqual(["all", "bytes=9000-", "all"]);
  there(folder);
  const again = await fetched(publishedAt(server.url), folder);
  expect(again.said).toMatch(/tiny\.pt is there already\n.*classes\.csv is there already/);
  writeFileSync(join(folder, "classes.csv"), "damaged");
  await fetched(publishedAt(server.url), folder);
  expect(server.requests.length).toBe(4);
  there(folder);
  server.close();
});

test("a part that was left behind by an earlier command is gone on with", async () => {
  let cut = true;
  const server = await serve((socket, request) =>
    honest(socket, request, contentOf(request), { etag: '"1"', ...(cut && { upTo: 9000 }) }),
  );
  const folder = place();
  const { error } = await fetched({ ...publishedAt(server.url) }, folder);
  expect(error).toMatch(/8\.8 KiB are kept in .*tiny\.pt\.part, and the same command goes on from there$/);
  cut = false;
  expect((await fetched(publishedAt(server.url), folder)).error).toBe("");
  there(folder);
  server.close();
});

test("what is not the published file is thrown away, and said so", async () => {
  const other = Buffer.from(WEIGHTS);
  other[7]! ^= 1;
  const server = await serve((socket, request) => honest(socket, request, other));
  const network = publishedAt(server.url);
  const folder = place();
  const { error, files } = await fetched(network, folder);
  expect(error).toBe(
    `${server.url}/tiny.pt is not the published tiny.pt: its SHA-256 is ${sha256(other)}, not ${sha256(WEIGHTS)}; it was thrown away`,
  );
  expect(files).toEqual([]);
  server.close();
  const long = await serve((socket) =>
    socket.write(`${head("200 OK", { "Content-Length": 90_000 })}${"x".repeat(90_000)}`),
  );
  expect((await fetched(publishedAt(long.url), place())).error).toMatch(
    /the server sends more than .* tiny\.pt$/,
  );
  long.close();
});

test("--from takes a file and the class names beside it, or where --classes says, and checks both", async () => {
  const network = publishedAt("http://127.0.0.1:9");
  const given = place();
  const from = join(given, "mine.pt");
  writeFileSync(from, WEIGHTS);
  const folder = place();
  expect((await fetched(network, folder, { from })).error).toBe(
    `cannot read ${join(given, "classes.csv")}: there is no such file or folder; name the class names by --classes`,
  );
  writeFileSync(join(given, "names.csv"), CLASSES);
  expect((await fetched(network, folder, { from, classes: join(given, "names.csv") })).error).toBe("");
  there(folder);
  writeFileSync(join(given, "classes.csv"), CLASSES);
  const beside = place();
  expect((await fetched(network, beside, { from })).error).toBe("");
  there(beside);
  writeFileSync(from, WEIGHTS.subarray(1));
  expect((await fetched(network, place(), { from })).error).toBe(
    `${from} is not the published tiny.pt: it has 29999 bytes, not 30000`,
  );
  // Where the right ones are there already, a wrong one that is named is told all the same.
  const right = join(beside, "tiny.pt");
  const wrong = [{ from }, { from: `${right}.gone` }, { from: right, classes: from }];
  const errors: string[] = [];
  for (const options of wrong) errors.push((await fetched(network, beside, options)).error);
  expect(errors).toEqual([
    `${from} is not the published tiny.pt: it has 29999 bytes, not 30000`,
    `cannot read ${right}.gone: there is no such file or folder`,
    expect.stringContaining(`${from} is not the published classes.csv: `),
  ]);
  there(beside);
  expect((await fetched(network, place(), { classes: from })).error).toBe(
    "--classes names the file that goes with --from: give both",
  );
});

test("where there are no weights, or damaged ones, what wants them says the one command", () => {
  const folder = place();
  expect(() => readPretrained("mn04_as", folder)).toThrow(
    "mn04_as's weights are not here: bun run weights fetch mn04_as downloads them (4 MB)",
  );
  writeFileSync(join(folder, "mn04_as_mAP_432.pt"), "nothing");
  expect(() => readPretrained("mn04_as", folder)).toThrow(
    /mn04_as_mAP_432\.pt is damaged \(it has 7 bytes, not 4066513\): bun run weights fetch mn04_as mends it$/,
  );
  expect(() => findPublished("mn99_as")).toThrow("there is no published network 'mn99_as': there is mn04_as");
});

if (!existsSync(SHARED)) console.log(`  the published files themselves were not tried: no ${SHARED}`);
else
  test("the published files are those that are known, and the network has AudioSet's classes", async () => {
    const folder = place();
    const from = join(SHARED, "mn04_as_mAP_432.pt");
    await fetchWeights(findPublished("mn04_as"), { from }, { progress: new Heard(), stop: never() }, folder);
    const { network, classes, settings } = loadPretrained("mn04_as", folder);
    expect([classes.length, classes[0], classes[526]]).toEqual([527, "Speech", "Field recording"]);
    expect([network.training, settings.sampleRate]).toEqual([false, 32000]);
    expect(noGrad(() => network.forward(zeros([1, 1, 128, 32]))).shape).toEqual([1, 527]);
  });
