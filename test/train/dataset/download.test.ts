// `dataset fetch` from a server that is not to be trusted: it stalls, hangs up, lies about lengths and ranges, and
// sends what nobody asked for. Whatever it does, there is a whole dataset afterwards, or none and one line that says why.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "../../../src/train/terminal/errors.ts";
import { expectWhole, fetchTiny, forEach, SOON, testFolder } from "./fetch-tiny.ts";
import { head, honest, type Request, serve } from "./hostile-server.ts";
import { tinyArchive, tinyEntries, tinyFiles } from "./tiny-esc.ts";
import { zip } from "./zip.ts";

setDefaultTimeout(60_000);
const root = testFolder();
afterAll(() => rmSync(root, { recursive: true }));

const ARCHIVE = tinyArchive();
const SHA256 = new Bun.CryptoHasher("sha256").update(new Uint8Array(ARCHIVE)).digest("hex");

type Answer = (socket: Socket, request: Request) => unknown;
const send = (content: Buffer | string, headers = {}, status = "200 OK"): Answer => {
  const body = Buffer.from(content as string);
  return (socket) =>
    socket.write(
      Buffer.concat([Buffer.from(head(status, { "Content-Length": body.length, ...headers })), body]),
    );
};
const only = (status: string, headers = {}): Answer => send("", headers, status);

// ---------------------------------------------------------------------------------------------- it ends well all the same

const HALF = Math.floor(ARCHIVE.length / 2);
/** Hangs up half-way at first; then it is what the case is about. */
const halfThen =
  (answer: Answer, etag = '"v1"'): Answer =>
  (socket, request) =>
    request.count === 1 ? honest(socket, request, ARCHIVE, { etag, upTo: HALF }) : answer(socket, request);
const rest: Answer = (socket, request) => honest(socket, request, ARCHIVE);

const DIFFICULT: [what: string, answer: Answer, said: RegExp, ranges: string[]][] = [
  ["nothing at all", rest, /^$/, ["all"]],
  [
    "a connection closed half-way",
    halfThen(rest),
    /closed the connection early; trying again/,
    ["all", `bytes=${HALF}-`],
  ],
  [
    "hangs up all the time, but some progress between",
    (socket, request) => {
      const from = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
      honest(socket, request, ARCHIVE, { upTo: from + 4000 });
    },
    /early/,
    [],
  ],
  ["a server that ignores ranges", halfThen(send(ARCHIVE)), /early/, ["all", `bytes=${HALF}-`]],
  [
    "weak names of versions",
    halfThen((socket, request) => honest(socket, request, ARCHIVE, { etag: 'W/"v1"' }), 'W/"v1"'),
    /early/,
    ["all", `bytes=${HALF}-`],
  ],
  [
    "no names of versions",
    halfThen((socket, request) => honest(socket, request, ARCHIVE, { etag: "" }), ""),
    /early/,
    ["all", `bytes=${HALF}-`],
  ],
  [
    "a file that has changed meanwhile",
    halfThen((socket, request) => honest(socket, request, ARCHIVE, { etag: '"v2"' })),
    /early/,
    ["all", `bytes=${HALF}-`],
  ],
  [
    "a 206 of a file that has changed",
    halfThen((socket, request) => {
      const headers = { ...request.headers, "if-range": '"v2"' };
      honest(socket, request.count === 2 ? { ...request, headers } : request, ARCHIVE, { etag: '"v2"' });
    }),
    /another file now/,
    ["all", `bytes=${HALF}-`, "all"],
  ],
  [
    "a range that nobody has any more",
    halfThen((socket, request) =>
      (request.count === 2 ? only("416 Range Not Satisfiable", { "Content-Range": "bytes */10" }) : rest)(
        socket,
        request,
      ),
    ),
    /another file now/,
    ["all", `bytes=${HALF}-`, "all"],
  ],
  [
    "a stall half-way",
    (socket, request) => {
      if (request.count > 1) return rest(socket, request);
      socket.write(head("200 OK", { "Content-Length": ARCHIVE.length, ETag: '"v1"' }));
      socket.write(ARCHIVE.subarray(0, HALF));
    },
    /sent nothing for 0.5 s/,
    ["all", `bytes=${HALF}-`],
  ],
  [
    "drops so rare that they are as good as a stall",
    (socket, request) => {
      if (request.count > 1) return rest(socket, request);
      socket.write(head("200 OK", { "Content-Length": ARCHIVE.length }));
      let at = 0;
      const drip = setInterval(
        () => (socket.destroyed ? clearInterval(drip) : socket.write(ARCHIVE.subarray(at, ++at))),
        20,
      );
    },
    /sent next to nothing for 0.5 s/,
    [],
  ],
  [
    "no answer at first",
    (socket, request) => request.count > 1 && rest(socket, request),
    /sent nothing for 0.5 s/,
    ["all", "all"],
  ],
  [
    "a header without end",
    (socket, request) => {
      if (request.count > 1) return rest(socket, request);
      socket.write("HTTP/1.1 200 OK\r\nX-Endless: ");
    },
    /sent nothing/,
    ["all", "all"],
  ],
  [
    "503, then 429, then the file",
    (socket, request) =>
      (
        [only("503 Service Unavailable"), only("429 Too Many Requests", { "Retry-After": "0" })][
          request.count - 1
        ] ?? rest
      )(socket, request),
    /answers 503 Service Unavailable; trying again/,
    ["all", "all", "all"],
  ],
  [
    "a longer length than there is, once",
    (socket, request) => {
      if (request.count > 1) return rest(socket, request);
      socket.end(
        Buffer.concat([
          Buffer.from(head("200 OK", { "Content-Length": ARCHIVE.length })),
          ARCHIVE.subarray(0, 100),
        ]),
      );
    },
    /early/,
    [],
  ],
  [
    "chunks of unknown number",
    (socket) => {
      socket.write(head("200 OK", { "Transfer-Encoding": "chunked" }));
      for (let at = 0; at < ARCHIVE.length; at += 1000) {
        const part = ARCHIVE.subarray(at, at + 1000);
        socket.write(
          Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]),
        );
      }
      socket.write("0\r\n\r\n");
    },
    /^$/,
    ["all"],
  ],
  [
    "no length but the connection's end",
    (socket) => {
      socket.end(Buffer.concat([Buffer.from(head("200 OK", { Connection: "close" })), ARCHIVE]));
    },
    /^$/,
    ["all"],
  ],
  [
    "a redirect",
    (socket, request) =>
      (request.path === "/x.zip" ? only("302 Found", { Location: "/y/z.zip" }) : rest)(socket, request),
    /^$/,
    ["all", "all"],
  ],
];

/** Only where a stall is what is to be said: a busy machine may be silent for half a second, too. */
const stallOf = (said: RegExp) => (/sent n/.test(said.source) ? SOON : undefined);

test.concurrent("a difficult server: it is tried again, gone on with or begun anew until the dataset is whole", async () => {
  let requests = 0;
  const conditions: string[] = [];
  await forEach(DIFFICULT, async ([what, answer, said, ranges]) => {
    const server = await serve(answer);
    const options = { url: `${server.url}/x.zip`, sha256: SHA256, stallMs: stallOf(said) };
    const result = await fetchTiny(options, root);
    expect({ what, error: result.error }).toEqual({ what, error: null });
    expect(result.said).toMatch(said);
    await expectWhole(result.to);
    const asked = server.requests.map(({ headers }) => headers.range ?? "all");
    if (ranges.length > 0) expect({ what, asked }).toEqual({ what, asked: ranges });
    for (const { headers } of server.requests.slice(1)) conditions.push(headers["if-range"] ?? "");
    requests += server.requests.length;
    server.close();
  });
  console.log(
    `fetch: ${DIFFICULT.length} difficult servers, ${requests} requests, a whole dataset from each`,
  );
});

// ------------------------------------------------------------------------------------------------------- it does not end well

const truncated = (length: number): Answer => send(ARCHIVE.subarray(0, length));
const range = (text: string | undefined, body = ARCHIVE.subarray(HALF)): Answer =>
  halfThen(send(body, { "Content-Range": text }, "206 Partial Content"));
const total = ARCHIVE.length;

const HOSTILE: [what: string, answer: Answer, error: RegExp][] = [
  [
    "404",
    only("404 Not Found"),
    /^cannot download http:\S+\/x.zip: \S+ answers 404 Not Found \(--url names another/,
  ],
  ["403", only("403 Forbidden"), /answers 403 Forbidden$/],
  ["an escape sequence in the answer", only("400 \x1b[2J"), /does not speak HTTP, 3 times in a row$/],
  ["500 for ever", only("500 Internal Server Error"), /answers 500 Internal Server Error, 3 times in a row$/],
  [
    "206 though no range was asked for",
    send(ARCHIVE, { "Content-Range": `bytes 0-${total - 1}/${total}` }, "206 Partial Content"),
    /answers 206 Partial Content$/,
  ],
  ["204", (socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n"), /answers 204 No Content$/],
  [
    "a connection closed at once",
    (socket) => socket.destroy(),
    /closed the connection early, 3 times in a row$/,
  ],
  ["a reset before anything came", (socket) => socket.resetAndDestroy(), /early, 3 times in a row$/],
  ["silence", () => {}, /sent nothing for 0.5 s, 3 times in a row$/],
  [
    "no HTTP",
    (socket) => socket.end("220 mail.example ESMTP\r\n\r\n"),
    /does not speak HTTP, 3 times in a row$/,
  ],
  [
    "a length of abc",
    (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nPK"),
    /a length that is no number, 3 times/,
  ],
  [
    "two lengths",
    (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nPK"),
    /a length that is no number, 3 times/,
  ],
  [
    "a longer length than there is",
    (socket, request) => {
      const from = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
      const range = from > 0 ? { "Content-Range": `bytes ${from}-${total + 9}/${total + 10}` } : {};
      socket.write(
        head(from > 0 ? "206 Partial Content" : "200 OK", { "Content-Length": total + 10 - from, ...range }),
      );
      socket.write(ARCHIVE.subarray(from), () => setTimeout(() => socket.destroy(), 20));
    },
    /closed the connection early, 3 times in a row; \d\S* KiB are kept/,
  ],
  [
    "a shorter length than there is",
    (socket) => socket.end(Buffer.concat([Buffer.from(head("200 OK", { "Content-Length": HALF })), ARCHIVE])),
    /^the archive is damaged, or no zip archive: /,
  ],
  ["an empty file", send(""), /^the archive is damaged, or no zip archive: /],
  [
    "half the file, called whole",
    truncated(HALF),
    /^the archive is damaged, or no zip archive: .*End of central directory/,
  ],
  ["all but the last byte", truncated(total - 1), /^the archive is damaged/],
  [
    "chunks that end early",
    (socket) => {
      socket.write(head("200 OK", { "Transfer-Encoding": "chunked" }));
      socket.end("400\r\nPK\x03\x04");
    },
    /closed the connection early, 3 times/,
  ],
  [
    "a close instead of a length, half-way",
    (socket) => {
      socket.end(
        Buffer.concat([Buffer.from(head("200 OK", { Connection: "close" })), ARCHIVE.subarray(0, HALF)]),
      );
    },
    /^the archive is damaged/,
  ],
  [
    "an announced terabyte",
    (socket) => socket.write(head("200 OK", { "Content-Length": 1e12 })),
    /the server sends more than 976.6 KiB, which cannot be ESC-50$/,
  ],
  [
    "a stream without end",
    (socket) => {
      socket.write(head("200 OK", { "Transfer-Encoding": "chunked" }));
      const chunk = Buffer.concat([
        Buffer.from("10000\r\nPK\x03\x04", "latin1"),
        Buffer.alloc(65532),
        Buffer.from("\r\n"),
      ]);
      const pour = () => !socket.destroyed && socket.write(chunk, pour);
      pour();
    },
    /the server sends more than 976.6 KiB, which cannot be ESC-50$/,
  ],
  [
    "a page of HTML",
    send("<!DOCTYPE html><title>Sign in</title>", { "Content-Type": "text/html" }),
    /is not a zip archive but something that begins with "<!DO"$/,
  ],
  ["control characters", send("\x1b[2J\n\n\n"), /begins with "\?\[2J"$/],
  [
    "a tar.gz",
    send(gzipSync(Buffer.alloc(99))),
    /is not a zip archive but a gzip file \(a .tar.gz, perhaps\)$/,
  ],
  ["a zip that travels gzipped", send(gzipSync(ARCHIVE), { "Content-Encoding": "gzip" }), /but a gzip file/],
  ["redirects in a circle", only("302 Found", { Location: "/x.zip" }), /x.zip redirects more than 10 times$/],
  [
    "a redirect to a file",
    only("302 Found", { Location: "file:///etc/passwd" }),
    /redirects to file:\/\/…, which is not followed$/,
  ],
  ["a redirect to nowhere", only("301 Moved Permanently"), /redirects to nowhere$/],
  [
    "a redirect to a port where nobody is",
    only("307 Temporary Redirect", { Location: "http://127.0.0.1:1/" }),
    /nobody answers at .*, 3 times in a row$/,
  ],
  [
    "a range that begins elsewhere",
    range(`bytes 5-${total - 1}/${total}`),
    /was asked for the bytes from \d+ on and answers with "bytes 5-/,
  ],
  [
    "a range that begins where it should and is of another length",
    range(`bytes ${HALF}-${total - 2}/${total}`),
    /answers with "bytes /,
  ],
  [
    "a range of another file",
    range(`bytes ${HALF}-${total}/${total + 1}`, Buffer.concat([ARCHIVE.subarray(HALF), Buffer.from("x")])),
    /answers with "bytes /,
  ],
  ["a range backwards", range(`bytes ${HALF}-3/${total}`), /answers with "bytes /],
  ["a range beyond the end", range(`bytes ${HALF}-${total}/${total}`), /answers with "bytes /],
  ["a range of nonsense", range("bytes=0-oo"), /answers with "bytes=0-oo"/],
  ["no range at all", range(undefined), /answers with "no range"/],
  [
    "another half after the first",
    range(`bytes ${HALF}-${total - 1}/${total}`, Buffer.alloc(total - HALF, 7)),
    /^the archive is damaged/,
  ],
  [
    "an honest archive of something else",
    send(zip([{ name: "x/readme", data: "hi" }])),
    /^the archive holds no meta\/esc50.csv$/,
  ],
  [
    "a dataset that lacks a clip",
    send(zip(tinyEntries().filter(({ name }) => !name.includes("3-1007")))),
    /^what the archive holds is not whole tiny ESC \(3-1007-A-1.wav is missing\)$/,
  ],
  [
    "a dataset with a clip that is cut off",
    send(
      zip(
        tinyEntries().map((entry) =>
          entry.name.includes("3-1007") ? { ...entry, data: entry.data.slice(0, 500) } : entry,
        ),
      ),
    ),
    /\(3-1007-A-1.wav is truncated: 882 bytes of samples announced, 456 there\)$/,
  ],
  [
    "a list that is no CSV",
    send(zip(tinyEntries({ ...tinyFiles(), "meta/esc50.csv": Buffer.from('filename,"fold\n') }))),
    /^what the archive holds is not whole tiny ESC \(meta\/esc50.csv, line \d: not a well-formed CSV/,
  ],
  [
    "a list that leaves out a fold",
    send(
      zip(
        tinyEntries({
          ...tinyFiles(),
          "meta/esc50.csv": Buffer.from(
            tinyFiles()["meta/esc50.csv"]!.toString().split("\n").slice(0, -4).join("\n"),
          ),
        }),
      ),
    ),
    /\(it has 12 clips; tiny ESC has 15; 6 problems more\)$/,
  ],
];

test.concurrent("a hostile server: one line, nothing at the destination, and an honest server afterwards is believed", async () => {
  let kept = 0;
  await forEach(HOSTILE, async ([what, answer, expected]) => {
    let turned = false;
    const server = await serve((socket, request) => (turned ? rest : answer)(socket, request));
    const options = { url: `${server.url}/x.zip`, stallMs: stallOf(expected) };
    const { to, error, part } = await fetchTiny(options, root);
    expect({ what, error }).toEqual({ what, error: expect.any(UserError) });
    const { message } = error!;
    expect({ what, message }).toEqual({ what, message: expect.stringMatching(expected) });
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(existsSync(to)).toBe(false);
    expect(existsSync(part)).toBe(message.includes("are kept in"));
    if (existsSync(part)) expect(readdirSync(part).sort()).toEqual(["archive.zip", "download.json"]);
    else expect(existsSync(join(to, ".."))).toBe(false);
    kept += Number(existsSync(part));
    turned = true;
    const again = await fetchTiny({ url: `${server.url}/x.zip`, to }, root);
    expect({ what, error: again.error }).toEqual({ what, error: null });
    await expectWhole(to);
    server.close();
  });
  console.log(`fetch: ${HOSTILE.length} hostile servers, ${kept} beginnings kept, never a dataset`);
});
