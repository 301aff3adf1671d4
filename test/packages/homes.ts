// The homes of the package `otograd`: fresh folders, each with what a user of that home installs, from the packed
// tarball, and the way the program is run there.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipped } from "../../build/page.ts";
import manifest from "../../package.json";
import { DENO_VERSION } from "../everywhere/deno.ts";
import { inChromium } from "./page.ts";

/** What the program said (program.js). */
export interface Said {
  adapter: string;
  numbers: Record<string, number[]>;
  /** Of a page: bytes of all its scripts, gzipped. */
  size?: number;
}

export interface Home {
  name: string;
  /** What `npm i` is asked for beside `otograd`. */
  packages: Record<string, string>;
  /** Runs the program in its folder. */
  run: (folder: string) => Said | Promise<Said>;
}

const { webgpu } = manifest.dependencies;
/** The package of Node's binary alone, which the npm package `node` would fetch by a script of its own. */
const NODE = `node-${process.platform}-${process.arch}`;

export const homes: Home[] = [
  {
    name: "Node 20",
    packages: { webgpu, [NODE]: "20.20.2" },
    run: (folder) => {
      run(folder, node(folder), "--eval", 'require("otograd").init()', "--input-type=commonjs");
      return parsed(run(folder, node(folder), "say.js"));
    },
  },
  {
    name: "Node 26",
    packages: { webgpu, [NODE]: "26.10.0" },
    run: (folder) => parsed(run(folder, node(folder), "say.js")),
  },
  {
    name: "Node 26, bundled by Bun",
    packages: { webgpu, [NODE]: "26.10.0" },
    run: (folder) => {
      run(
        folder,
        process.execPath,
        "build",
        "say.js",
        "--target=node",
        "--minify",
        "--outfile=out/bundle.js",
      );
      return parsed(run(folder, node(folder), "out/bundle.js"));
    },
  },
  {
    name: `Bun ${Bun.version}`,
    packages: { webgpu },
    run: (folder) => parsed(run(folder, process.execPath, "say.js")),
  },
  {
    name: "Deno 2.9",
    packages: { deno: DENO_VERSION },
    run: (folder) => parsed(run(folder, "node_modules/.bin/deno", "run", "--allow-all", "say.js")),
  },
  {
    name: "Chromium, Vite 8",
    packages: { vite: "8.3.8" },
    run: async (folder) => {
      run(folder, "node_modules/.bin/vite", "build", "--logLevel=warn");
      const scripts = [...new Bun.Glob("assets/*.js").scanSync(join(folder, "dist"))];
      const sizes = scripts.map((file) => gzipped(readFileSync(join(folder, "dist", file), "utf8")));
      const size = sizes.reduce((a, b) => a + b);
      return { ...(await inChromium<Said>(join(folder, "dist"), "index.html")), size };
    },
  },
  {
    name: "Chromium, no bundler",
    packages: {},
    run: async (folder) => {
      const map = '{ "imports": { "otograd": "./node_modules/otograd/otograd.min.js" } }';
      const page = readFileSync(join(folder, "index.html"), "utf8");
      writeFileSync(join(folder, "plain.html"), `<script type="importmap">${map}</script>\n${page}`);
      const size = gzipped(readFileSync(join(folder, "node_modules/otograd/otograd.min.js"), "utf8"));
      return { ...(await inChromium<Said>(folder, "plain.html")), size };
    },
  },
];

const node = (folder: string) => join(folder, "node_modules", NODE, "bin/node");

/** Makes a home's folder and installs what belongs there. */
export function settle(home: Pick<Home, "packages">, folder: string, tarball: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of ["program.js", "say.js", "page.html"])
    cpSync(join(import.meta.dir, file), join(folder, file === "page.html" ? "index.html" : file));
  const dependencies = { otograd: `file:${tarball}`, ...home.packages };
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies }),
  );
  run(folder, "npm", "install", "--no-fund", "--no-audit", "--loglevel=error");
}

/** A command's stdout. Throws with all that it said where it fails. */
export function run(folder: string, ...command: string[]): string {
  const { success, stdout, stderr } = Bun.spawnSync(command, { cwd: folder });
  if (!success) throw new Error(`${command.join(" ")} (in ${folder}) failed:\n${stdout}${stderr}`);
  return stdout.toString();
}

/** What say.js printed, which is its last line. */
export const parsed = (printed: string): Said => JSON.parse(printed.trim().split("\n").at(-1)!) as Said;
