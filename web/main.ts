#!/usr/bin/env bun
// `bun run web [--build] [--port N] [--weights [--half]]`: builds the site into dist/web, and serves it on this machine alone; with --build
// it is left there, for any server of static files, under any path.
import { parseArgs } from "node:util";
import { weightsFolder } from "../src/train/pretrained/kept.ts";
import { readPretrained } from "../src/train/pretrained/pretrained.ts";
import { oneLine, UserError } from "../src/train/terminal/errors.ts";
import { serve } from "./serve.ts";
import { buildSite, SITE } from "./site.ts";

const HELP = `bun run web [--build] [--port N] [--weights [--half]]

Builds the site into dist/web and serves it on 127.0.0.1.

  --build    only build: dist/web can be put on any server of static files, under any path
  --weights  put the published network beside the pages: "bun run weights fetch mn04_as" first
  --half     the network's numbers as float16: 2 MB instead of 4, names as likely to within .02
  --port N   serve on this port (default 8642; 0 takes a free one)
`;

try {
  const { values } = parseArgs({
    options: {
      build: { type: "boolean" },
      weights: { type: "boolean" },
      half: { type: "boolean" },
      port: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) console.log(HELP);
  else {
    const { port: asked = "8642" } = values;
    const port = Number(asked);
    if (!/^\d+$/.test(asked) || port > 65535)
      throw new UserError(`--port wants a whole number up to 65535, got '${asked}'`);
    const { weights = false, half = false } = values;
    if (half && !weights) throw new UserError("--half is for --weights: give both");
    const { files, bytes } = await buildSite(SITE, weights ? weightsAtHand() : null, { half });
    console.log(`dist/web: ${files} files, ${(bytes / 1e6).toFixed(1)} MB`);
    if (!values.build) console.log(`${serve(SITE, port).url} (Ctrl-C ends it)`);
  }
} catch (error) {
  console.error(`error: ${oneLine(error)}`);
  process.exitCode = 1;
}

/** The folder of the published network's files. Throws a UserError that says how to get them. */
function weightsAtHand(): string {
  readPretrained();
  return weightsFolder();
}
