// Preloaded by `bun test --preload ./test/build/minified.ts --preload ./test/setup.ts test/kernels test/audio`: all
// kernels are checked with their WGSL minified, as pages get it.
import { readFileSync } from "node:fs";
import { plugin } from "bun";
import { minifyWgsl } from "../../build/wgsl.ts";

plugin({
  name: "minified WGSL",
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/ }, ({ path }) => ({
      exports: { default: minifyWgsl(readFileSync(path, "utf8")) },
      loader: "object",
    }));
  },
});
