// One large file over HTTP: resumed, retried, and believed only as far as what the server says fits together.
import { closeSync, openSync } from "node:fs";
import { formatBytes } from "../../gpu/bytes.ts";
import { checkRoom, reason, writeAll } from "../files/files.ts";
import { tame, UserError } from "../terminal/errors.ts";
import type { TerminalTalk } from "../terminal/session.ts";
import { pause } from "../terminal/signals.ts";
import { throwIfStopped } from "../terminal/talk.ts";
import { duration } from "../terminal/words.ts";
import type { Origin, Part } from "./part.ts";
import { contentLength, contentRange, get, networkFault, Passing, refusal, shown } from "./request.ts";

/** What is fetched as a rule, in an archive. */
const ARCHIVE = "ESC-50";

/** When a download is given up. */
export interface Limits {
  /** A connection that brings less than `stallBytes` in so many milliseconds is closed. */
  stallMs: number;
  stallBytes: number;
  /** Failures in a row before giving up; after `progressBytes` of new data they are counted anew. */
  attempts: number;
  progressBytes: number;
  /** The wait after the first failure; it doubles with each further one. */
  backoffMs: number;
  /** The largest file that is taken. */
  maxBytes: number;
}

export const LIMITS: Limits = {
  stallMs: 30_000,
  stallBytes: 1000,
  attempts: 5,
  progressBytes: 1e6,
  backoffMs: 1000,
  maxBytes: 2e9,
};

/**
 * Fetches a zip archive (or where `what` says something else, that), going on where an earlier download of it stopped. Throws UserError where it cannot be
 * had, and Interrupted where a signal arrived; what has arrived stays for the next time, unless it cannot be right.
 */
export async function download(
  url: URL,
  part: Part,
  talk: TerminalTalk,
  limits = LIMITS,
  what = ARCHIVE,
): Promise<void> {
  let most = part.origin(url) === null ? 0 : part.size;
  for (let failures = 0; ; ) {
    try {
      await new Attempt(url, part, talk, limits, what).run();
      return;
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      failures = part.size >= most + limits.progressBytes ? 1 : failures + 1;
      most = Math.max(most, part.size);
      if (failures >= limits.attempts)
        throw new UserError(`cannot download ${shown(url)}: ${error.message}, ${failures} times in a row`);
      const wait = Math.max(error.waitMs, limits.backoffMs * 2 ** (failures - 1));
      talk.progress.warn(`${error.message}; trying again in ${duration(wait / 1000)}`);
      await pause(wait, talk.stop);
      throwIfStopped(talk.stop, "stopped");
    } finally {
      talk.progress.clear();
    }
  }
}

/** One connection's worth of a download. */
class Attempt {
  private readonly abort = new AbortController();
  /** Bytes that have come since the watch last looked. */
  private recent = 0;

  constructor(
    private readonly url: URL,
    private readonly part: Part,
    private readonly talk: TerminalTalk,
    private readonly limits: Limits,
    private readonly what: string,
  ) {}

  async run(): Promise<void> {
    const had = this.part.origin(this.url);
    if (had === null) this.part.discard();
    const from = this.part.size;
    if (had !== null && (had.complete || had.total === from)) return;
    const watch = this.watch();
    try {
      const response = await this.orAbort(get(this.url, askFor(from, had), this.abort.signal));
      await this.take(response, from, had);
    } finally {
      clearInterval(watch);
      this.abort.abort(); // whatever is left of the connection
    }
  }

  /** Ends the attempt when a signal arrives, or nothing else does for too long. */
  private watch() {
    const { stallMs, stallBytes } = this.limits;
    let since = performance.now();
    const look = () => {
      if (this.talk.stop.signal !== null) this.abort.abort();
      if (performance.now() - since < stallMs) return;
      if (this.recent < stallBytes) {
        const amount = this.recent === 0 ? "nothing" : "next to nothing";
        this.abort.abort(
          new Passing(`${this.url.host} sent ${amount} for ${Number((stallMs / 1000).toPrecision(2))} s`),
        );
      }
      since = performance.now();
      this.recent = 0;
    };
    return setInterval(look, Math.min(100, stallMs / 4));
  }

  /** The result of some waiting for the network, which the watch may end. Its faults are passing ones. */
  private async orAbort<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.abort;
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([work, aborted.promise]);
    } catch (error) {
      throwIfStopped(this.talk.stop, "stopped");
      if (error instanceof Passing || error instanceof UserError) throw error;
      throw new Passing(networkFault(error, this.url));
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Takes what an answer brings, if it answers what was asked. */
  private async take(response: Response, from: number, had: Origin | null): Promise<void> {
    if (response.status === 200) return this.receive(response, 0, contentLength(response));
    if (response.status === 206 && had !== null)
      return this.receive(response, from, this.rangeTotal(response, from, had), had);
    if (response.status !== 416 || had === null) throw refusal(response, this.url);
    // Nothing begins at byte `from`: the file ends there, or is another one now.
    if (response.headers.get("content-range") !== `bytes */${from}`) throw this.changed();
    this.part.remember({ ...had, total: from, complete: true });
  }

  /** The whole file's length, by a 206 that brings the rest of it from `from` on, or some of that. */
  private rangeTotal(response: Response, from: number, had: Origin): number | null {
    const etag = response.headers.get("etag");
    if (had.etag !== null && etag !== null && etag !== had.etag) throw this.changed();
    const range = contentRange(response);
    const length = contentLength(response);
    const total = range?.total ?? had.total;
    if (
      range !== null &&
      range.start === from &&
      range.end >= from &&
      (total === null || range.end < total) &&
      (had.total === null || total === had.total) &&
      (length === null || length === range.end - from + 1)
    )
      return total;
    this.part.discard();
    const said = tame(response.headers.get("content-range") ?? "no range", 60);
    throw new UserError(
      `${this.url.host} was asked for the bytes from ${from} on and answers with "${said}": what had arrived was ` +
        "thrown away; run it again to begin anew",
    );
  }

  private changed(): Passing {
    this.part.discard();
    return new Passing(`${this.url.host} has another file now; beginning anew`);
  }

  /** Writes what comes, from byte `from` of the file on. */
  private async receive(response: Response, from: number, total: number | null, had?: Origin): Promise<void> {
    if ((total ?? 0) > this.limits.maxBytes) throw this.tooLong(total!);
    checkRoom(this.part.folder, (total ?? from) - from, "the download");
    const { headers } = response;
    const origin: Origin = {
      url: this.url.href,
      etag: headers.get("etag") ?? had?.etag ?? null,
      lastModified: headers.get("last-modified") ?? had?.lastModified ?? null,
      total,
      complete: false,
    };
    const out = new Output(this.part.path, from);
    try {
      this.part.remember(origin);
      await this.pour(response, out, from, total);
      if (total !== null && out.size < total) {
        const came = `${formatBytes(out.size)} of ${formatBytes(total)}`;
        throw new Passing(`${this.url.host} closed the connection after ${came}`);
      }
      this.part.remember({ ...origin, total: out.size, complete: true });
    } finally {
      out.close();
    }
  }

  private async pour(response: Response, out: Output, from: number, total: number | null): Promise<void> {
    const { progress } = this.talk;
    progress.beginBytes(from === 0 ? "downloading" : `downloading from ${formatBytes(from)} on`, total);
    const started = performance.now();
    const reader = response.body?.getReader();
    const head: number[] = [];
    while (reader !== undefined) {
      const { done, value } = await this.orAbort(reader.read());
      if (done) break;
      this.recent += value.length;
      if (from === 0 && head.length < 4) {
        head.push(...value.subarray(0, 4 - head.length));
        if (head.length === 4) this.checkBeginning(head);
      }
      if (out.size + value.length > (total ?? this.limits.maxBytes))
        throw this.tooLong(out.size + value.length);
      out.write(value);
      progress.updateBytes(out.size, total, ((out.size - from) * 1000) / (performance.now() - started));
    }
  }

  /** Refuses an error page, say, before more of it is fetched. */
  private checkBeginning(head: number[]): void {
    if (this.what !== ARCHIVE || head.join() === "80,75,3,4") return; // "PK\3\4"
    this.part.discard();
    const gzip = head[0] === 0x1f && head[1] === 0x8b;
    const kind = gzip
      ? "a gzip file (a .tar.gz, perhaps)"
      : `something that begins with "${tame(String.fromCharCode(...head))}"`;
    throw new UserError(`${shown(this.url)} is not a zip archive but ${kind}`);
  }

  private tooLong(bytes: number): UserError {
    this.part.discard();
    const { maxBytes } = this.limits;
    const why =
      bytes > maxBytes
        ? `more than ${formatBytes(maxBytes)}, which cannot be ${this.what}`
        : "more than the length that it announced";
    return new UserError(`cannot download ${shown(this.url)}: the server sends ${why}`);
  }
}

/** What to ask for where `from` bytes are here: the rest, if the file is still the one that they are of. */
function askFor(from: number, had: Origin | null): Record<string, string> {
  if (had === null) return {};
  const range = { Range: `bytes=${from}-` };
  const strong = had.etag?.startsWith("W/") ? null : had.etag; // RFC 9110, 13.1.5: a weak one may not be sent
  const version = strong ?? had.lastModified;
  return typeof version === "string" ? { ...range, "If-Range": version } : range;
}

/** A file that grows. */
class Output {
  private readonly file: number;

  /** @param size how much of the file there is; 0 begins it anew */
  constructor(
    private readonly path: string,
    public size: number,
  ) {
    this.file = this.saying(() => openSync(path, size === 0 ? "w" : "a"));
  }

  write(bytes: Uint8Array): void {
    this.saying(() => writeAll(this.file, bytes));
    this.size += bytes.length;
  }

  close(): void {
    closeSync(this.file);
  }

  private saying<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new UserError(`cannot write ${this.path}: ${reason(error)}`, { cause: error });
    }
  }
}
