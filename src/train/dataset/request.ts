// HTTP as a download wants it: GET with redirects that stay honest, and what headers and faults say, in words.
import { version } from "../../../package.json" with { type: "json" };
import { hasCode, oneLine, tame, UserError } from "../terminal/errors.ts";

const MOST_REDIRECTS = 10;
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Something that may be over when it is tried again. */
export class Passing extends Error {
  constructor(
    message: string,
    /** How long the server asks to be left alone. */
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

/** An http or https address, or a UserError. */
export function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new UserError(`--url wants an address that begins with https:// or http://, got '${text}'`);
}

/** An address without the name and password that may be in it. */
export function shown(url: URL): string {
  const { protocol, host, pathname } = url;
  return `${protocol}//${host}${pathname}`;
}

/** GET, uncompressed, wherever redirects lead; not from https to http, nor to anything that is neither. */
export async function get(
  start: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  const all = { "User-Agent": `otograd/${version}`, "Accept-Encoding": "identity", ...headers };
  let url = start;
  for (let hops = 0; ; hops++) {
    const response = await fetch(url, { headers: all, signal, redirect: "manual", decompress: false });
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    if (hops === MOST_REDIRECTS)
      throw new UserError(`${shown(start)} redirects more than ${MOST_REDIRECTS} times`);
    await response.body?.cancel();
    url = redirected(url, response.headers.get("location"));
  }
}

function redirected(from: URL, location: string | null): URL {
  const to = URL.parse(location ?? "", from);
  if (location === null || to === null) throw new UserError(`${shown(from)} redirects to nowhere`);
  const honest = to.protocol === "https:" || (to.protocol === "http:" && from.protocol === "http:");
  if (!honest) throw new UserError(`${shown(from)} redirects to ${to.protocol}//…, which is not followed`);
  return to;
}

/** Content-Length in bytes; null where there is none. */
export function contentLength({ headers }: Response): number | null {
  const text = headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** What a 206 says that it brings: bytes `start` to `end`, both included, of `total` (null where unknown). */
export function contentRange({
  headers,
}: Response): { start: number; end: number; total: number | null } | null {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers.get("content-range") ?? "");
  if (match === null) return null;
  const [, start, end, total] = match;
  return { start: Number(start), end: Number(end), total: total === "*" ? null : Number(total) };
}

/** A UserError or a Passing for an answer that brings no file. */
export function refusal(response: Response, url: URL): Error {
  const { status, statusText } = response;
  const says = `${url.host} answers ${status} ${tame(statusText, 60)}`.trimEnd();
  if (status >= 500 || [408, 425, 429].includes(status)) {
    const seconds = Number(response.headers.get("retry-after") ?? 0);
    return new Passing(says, Math.min(seconds > 0 ? seconds * 1000 : 0, LONGEST_RETRY_AFTER_MS));
  }
  const hint = status === 404 || status === 410 ? " (--url names another address)" : "";
  return new UserError(`cannot download ${shown(url)}: ${says}${hint}`);
}

/** Why a connection failed, in words. */
export function networkFault(error: unknown, { host }: URL): string {
  if (hasCode(error, "ECONNREFUSED", "FailedToOpenSocket")) return `nobody answers at ${host}`;
  if (hasCode(error, "ENOTFOUND", "EAI_AGAIN")) return `the name ${host} cannot be looked up`;
  if (hasCode(error, "ECONNRESET", "EPIPE")) return `${host} closed the connection early`;
  if (hasCode(error, "InvalidContentLength")) return `${host} gives a length that is no number`;
  if (hasCode(error, "Malformed_HTTP_Response", "InvalidHTTPResponse")) return `${host} does not speak HTTP`;
  return `${host}: ${oneLine(error).replace(/ For more information.*/, "")}`;
}
