// ESC-50 from its archive on the network to a folder that is whole: downloaded and unpacked in a folder beside the
// destination, checked clip by clip, and only then given its name, in one step. What is half done never has that name.
import { createReadStream, existsSync, lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "csv-parse/sync";
import { formatBytes } from "../../gpu/bytes.ts";
import { makeFolder, reason } from "../files/files.ts";
import { takeLock } from "../files/lock.ts";
import { Interrupted, tame, UserError } from "../terminal/errors.ts";
import type { TerminalTalk } from "../terminal/session.ts";
import { type Check, checkFolder, ESC10, ESC50, type Layout } from "./check.ts";
import { download, LIMITS } from "./download.ts";
import { Part } from "./part.ts";
import { httpUrl } from "./request.ts";
import { type Choose, unpack } from "./unpack.ts";
import { BadArchive } from "./zip-archive.ts";

/** GitHub's archive of ESC-50's repository, 600 MB. */
const ESC50_URL = "https://github.com/karolpiczak/ESC-50/archive/refs/heads/master.zip";

export interface FetchOptions {
  /** Where the dataset is to be. */
  to: string;
  url?: string;
  /** Of the archive, in hexadecimal. */
  sha256?: string;
  /** Only the clips of ESC-10. */
  esc10?: boolean;
}

/**
 * Downloads, unpacks and checks ESC-50; afterwards the folder is there and whole, or it is not there. Throws UserError
 * and Interrupted; an archive that has wholly or partly arrived is kept for the next time, unless it is a bad one.
 * `layout` and `limits` are what the dataset must be and when a download is given up: others serve the tests.
 */
export async function fetchDataset(
  { to: named, url = ESC50_URL, sha256, esc10 = false }: FetchOptions,
  talk: TerminalTalk,
  layout: Layout = esc10 ? ESC10 : ESC50,
  limits = LIMITS,
): Promise<Check> {
  const address = httpUrl(url);
  const digest = sha256 === undefined ? undefined : checkedDigest(sha256);
  const to = named.replace(/(?<=.)\/+$/, "");
  const destination = resolve(to);
  if (!free(destination)) return alreadyThere(to, talk, layout);
  const work = `${destination}.part`;
  const leave = atWork(work, to);
  const part = new Part(work);
  try {
    await download(address, part, talk, limits);
    if (digest !== undefined) await checkDigest(part, digest, talk);
    const unpacked = join(work, "unpacked");
    rmSync(unpacked, { recursive: true, force: true }); // of a process that was killed
    try {
      makeFolder(unpacked);
      await unpack(part.path, unpacked, talk, esc10 ? onlyEsc10 : undefined);
      const check = await checkUnpacked(unpacked, talk, layout);
      putInPlace(unpacked, destination, to);
      part.discard();
      return { ...check, folder: to };
    } finally {
      rmSync(unpacked, { recursive: true, force: true });
    }
  } catch (error) {
    if (error instanceof BadArchive) part.discard();
    throw saying(error, part, `${to}.part`, to);
  } finally {
    leave(part.size > 0);
  }
}

/** Whether nothing is at a path, or nothing but an empty folder. */
function free(path: string): boolean {
  try {
    return lstatSync(path).isDirectory() && readdirSync(path).length === 0;
  } catch {
    return true; // and where it cannot be, making a folder beside it will say why
  }
}

/** What is where the dataset is to be: fine if it is the dataset. */
async function alreadyThere(to: string, talk: TerminalTalk, layout: Layout): Promise<Check> {
  const refuse = (why: string) =>
    new UserError(`${to} is there already, and ${why}: move it away, or name another folder`);
  if (!existsSync(join(to, "meta", "esc50.csv"))) throw refuse("is no dataset");
  const check = await checkFolder(to, talk, layout);
  if (check.problems.length > 0) throw refuse(`is not whole ${layout.name} (${firstOf(check)})`);
  talk.progress.say(`${to} is there already`);
  const work = `${resolve(to)}.part`;
  if (existsSync(work)) atWork(work, to)(false); // of a process that was killed when it was all but done
  return check;
}

/** What the archive held is the dataset, or it is a bad archive. */
async function checkUnpacked(folder: string, talk: TerminalTalk, layout: Layout): Promise<Check> {
  const refuse = (why: string) =>
    new BadArchive(`what the archive holds is not whole ${layout.name} (${why})`);
  try {
    const check = await checkFolder(folder, talk, layout);
    if (check.problems.length > 0) throw refuse(firstOf(check));
    return check;
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof BadArchive) throw error;
    throw refuse(error.message.replaceAll(`${folder}/`, ""));
  }
}

/** What is wrong with a folder, in few words. */
function firstOf({ problems }: Check): string {
  const { file, message } = problems[0]!;
  const more = problems.length > 1 ? `; ${problems.length - 1} problems more` : "";
  return `${tame(`${file ?? ""} ${message}`.trimStart(), 300)}${more}`;
}

/** Makes the folder to work in, and keeps others out of it; returns what gives it back, emptied unless it is kept. */
function atWork(work: string, to: string): (keep: boolean) => void {
  const parent = dirname(work);
  const orphan = !existsSync(parent);
  makeFolder(work);
  const release = takeLock(join(work, "lock"), `${to} is being fetched`);
  return (keep) => {
    release();
    if (keep) return;
    rmSync(work, { recursive: true, force: true });
    if (orphan && readdirSync(parent).length === 0) rmdirSync(parent);
  };
}

function checkedDigest(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new UserError(`--sha256 wants 64 hexadecimal digits, got '${text}'`);
}

async function checkDigest(part: Part, wanted: string, { progress, stop }: TerminalTalk): Promise<void> {
  const hasher = new Bun.CryptoHasher("sha256");
  progress.beginBytes("checking", part.size);
  const started = performance.now();
  let done = 0;
  for await (const chunk of createReadStream(part.path, { highWaterMark: 2 ** 20 })) {
    hasher.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    progress.updateBytes(done, part.size, (done * 1000) / (performance.now() - started));
    if (stop.signal !== null) throw new Interrupted(stop.signal, "stopped");
  }
  progress.clear();
  const found = hasher.digest("hex");
  if (found !== wanted)
    throw new BadArchive(`the archive's SHA-256 is ${found}, not ${wanted}: it was thrown away`);
}

/** The clips that ESC-10 consists of, by the CSV's column esc10, and the CSV of these alone. */
const onlyEsc10: Choose = (csv) => {
  const text = csv.toString("utf8");
  let rows: { raw: string; record: Record<string, string> }[];
  try {
    rows = parse(text, { bom: true, columns: true, raw: true, skip_empty_lines: true });
  } catch (error) {
    throw new BadArchive("the archive's meta/esc50.csv is not a well-formed CSV", { cause: error });
  }
  const own = rows.filter(({ record }) => record.esc10 === "True");
  const lines = [text.split(/\r?\n/, 1)[0]!, ...own.map(({ raw }) => raw.trim())];
  return {
    csv: Buffer.from(`${lines.join("\n")}\n`),
    clips: new Set(own.map(({ record }) => record.filename ?? "")),
  };
};

function putInPlace(unpacked: string, destination: string, to: string): void {
  try {
    renameSync(unpacked, destination);
  } catch (error) {
    const why = existsSync(destination) ? "something has come to be there meanwhile" : reason(error);
    throw new UserError(`cannot put the dataset at ${to}: ${why}`, { cause: error });
  }
}

/** The error, with what has been kept for the next time. */
function saying(error: unknown, part: Part, folder: string, to: string): unknown {
  const { size } = part;
  const kept =
    size === 0 ? "" : `; ${formatBytes(size)} are kept in ${folder}, and the same command goes on from there`;
  if (error instanceof Interrupted)
    return new Interrupted(error.signal, `stopped before ${to} was there${kept || "; nothing is kept"}`);
  if (error instanceof UserError && kept !== "")
    return new UserError(`${error.message}${kept}`, { cause: error.cause });
  return error;
}
