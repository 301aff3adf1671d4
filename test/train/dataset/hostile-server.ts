// An HTTP server on a bare socket, so that it can lie, stall and hang up.
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface Request {
  path: string;
  /** Header names in lower case. */
  headers: Record<string, string>;
  /** How many requests there have been, this one included. */
  count: number;
}

export interface Server {
  url: string;
  requests: Request[];
  close(): void;
}

/** Hears requests on a free port and has each answered by hand. */
export async function serve(answer: (socket: Socket, request: Request) => unknown): Promise<Server> {
  const requests: Request[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // whoever hung up
    socket.on("close", () => sockets.delete(socket));
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      for (let end = heard.indexOf("\r\n\r\n"); end >= 0; end = heard.indexOf("\r\n\r\n")) {
        const [first, ...lines] = heard.slice(0, end).split("\r\n");
        heard = heard.slice(end + 4);
        const pairs = lines.map((line) => /^([^:]+): *(.*)$/.exec(line)!);
        const headers = Object.fromEntries(pairs.map(([, name, value]) => [name!.toLowerCase(), value!]));
        const request = { path: first!.split(" ")[1]!, headers, count: requests.length + 1 };
        requests.push(request);
        answer(socket, request);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export function head(status: string, headers: Record<string, string | number | undefined>): string {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  const lines = given.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
}

/** Answers as an honest server with ranges does; `upTo` hangs up early, after so many bytes of the file. */
export function honest(
  socket: Socket,
  request: Request,
  file: Buffer,
  { etag = '"v1"', upTo = file.length } = {},
) {
  const [, range] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const condition = request.headers["if-range"];
  const from = range === undefined || (condition !== undefined && condition !== etag) ? 0 : Number(range);
  if (from >= file.length) {
    socket.write(
      head("416 Range Not Satisfiable", { "Content-Range": `bytes */${file.length}`, "Content-Length": 0 }),
    );
    return;
  }
  const fields = {
    ETag: etag === "" ? undefined : etag,
    "Content-Length": file.length - from,
    "Content-Range": from === 0 ? undefined : `bytes ${from}-${file.length - 1}/${file.length}`,
  };
  socket.write(head(from === 0 ? "200 OK" : "206 Partial Content", fields));
  const body = file.subarray(from, Math.max(from, upTo));
  if (upTo >= file.length) socket.write(body);
  else socket.write(body, () => setTimeout(() => socket.end(), 300)); // when the bytes have been read
}
