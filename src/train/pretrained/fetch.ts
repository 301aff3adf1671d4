// Published weights from the network, or from a file, to the cache: each file checked against its hash before it has its
// name there.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatBytes } from "../../gpu/bytes.ts";
import { download, LIMITS } from "../dataset/download.ts";
import { Part } from "../dataset/part.ts";
import { makeFolder, reason, writeWhole } from "../files/files.ts";
import { takeLock } from "../files/lock.ts";
import { Interrupted, UserError } from "../terminal/errors.ts";
import type { TerminalTalk } from "../terminal/session.ts";
import { misfit, shortPath, weightsFolder } from "./kept.ts";
import type { Published, PublishedFile } from "./published.ts";

export interface FetchWeightsOptions {
  /** The weights, already here. */
  from?: string;
  /** The class names; by default beside `from`, under their published name. */
  classes?: string;
}

/**
 * Sees to it that a network's weights and class names are in the folder. Throws UserError and Interrupted; what has arrived of
 * a download is kept for the next time. `limits` serve the tests.
 */
export async function fetchWeights(
  network: Published,
  { from, classes }: FetchWeightsOptions,
  talk: TerminalTalk,
  folder = weightsFolder(),
  limits = LIMITS,
): Promise<string[]> {
  if (classes !== undefined && from === undefined)
    throw new UserError("--classes names the file that goes with --from: give both");
  makeFolder(folder);
  const release = takeLock(join(folder, `${network.name}.lock`), `${network.name} is being fetched`);
  try {
    const paths: string[] = [];
    for (const file of [network.weights, network.classes]) {
      const path = join(folder, file.name);
      const named = file === network.weights ? from : classes;
      // Whoever names a wrong file is told, be the right one there already or not.
      const given = named === undefined ? null : read(file, named);
      if (isThere(file, path)) talk.progress.say(`${shortPath(path)} is there already`);
      else if (given !== null) writeWhole(path, given);
      else if (from === undefined) await downloaded(file, path, talk, limits);
      else
        writeWhole(path, read(file, join(dirname(from), file.name), "; name the class names by --classes"));
      paths.push(path);
    }
    return paths;
  } finally {
    release();
  }
}

function isThere(file: PublishedFile, path: string): boolean {
  return existsSync(path) && misfit(file, readFileSync(path)) === null;
}

/** A published file that is here already. Throws UserError where it cannot be read, or is another. */
function read(file: PublishedFile, path: string, hint = ""): Uint8Array {
  const bytes = bytesOf(path, hint);
  const wrong = misfit(file, bytes);
  if (wrong !== null) throw new UserError(`${path} is not the published ${file.name}: ${wrong}`);
  return bytes;
}

function bytesOf(path: string, hint: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${reason(error)}${hint}`, { cause: error });
  }
}

async function downloaded(
  file: PublishedFile,
  to: string,
  talk: TerminalTalk,
  limits: typeof LIMITS,
): Promise<void> {
  const work = `${to}.part`;
  makeFolder(work);
  const part = new Part(work);
  try {
    await download(new URL(file.url), part, talk, { ...limits, maxBytes: file.bytes }, file.name);
    const bytes = readFileSync(part.path);
    const wrong = misfit(file, bytes);
    if (wrong !== null) {
      part.discard();
      throw new UserError(`${file.url} is not the published ${file.name}: ${wrong}; it was thrown away`);
    }
    writeWhole(to, bytes);
    part.discard();
  } catch (error) {
    throw part.size === 0 ? error : saying(error, part.size, work);
  } finally {
    if (part.size === 0) rmSync(work, { recursive: true, force: true });
  }
}

/** The error, with what has been kept for the next time. */
function saying(error: unknown, size: number, work: string): unknown {
  const kept = `${formatBytes(size)} are kept in ${shortPath(work)}, and the same command goes on from there`;
  if (error instanceof Interrupted) return new Interrupted(error.signal, `stopped; ${kept}`);
  if (error instanceof UserError) return new UserError(`${error.message}; ${kept}`, { cause: error.cause });
  return error;
}
