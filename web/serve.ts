// Serves a folder of static files, as any server of them would.
import { statSync } from "node:fs";
import { join, normalize } from "node:path";
import { UserError } from "../src/train/terminal/errors.ts";

/** Serves the folder on this machine alone, below `base` ("/" or "/some/path/"). Throws UserError where the port cannot be had. */
export function serve(folder: string, port: number, base = "/"): Bun.Server<undefined> {
  const answer = ({ url }: Request): Response => {
    const path = normalize(decodeURIComponent(new URL(url).pathname));
    if (!path.startsWith(base)) return new Response("not here", { status: 404 });
    const named = join(folder, path.slice(base.length));
    const file = statSync(named, { throwIfNoEntry: false })?.isDirectory()
      ? join(named, "index.html")
      : named;
    if (!statSync(file, { throwIfNoEntry: false })?.isFile())
      return new Response("not here", { status: 404 });
    return new Response(Bun.file(file), { headers: { "cache-control": "no-cache" } });
  };
  try {
    return Bun.serve({ hostname: "127.0.0.1", port, fetch: answer });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const why =
      code === "EADDRINUSE"
        ? `port ${port} is taken: --port names another`
        : `cannot serve on port ${port}: ${message}`;
    throw new UserError(why, { cause: error });
  }
}
