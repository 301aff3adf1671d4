// What stands in the way of serving the site is said as it is.
import { expect, spyOn, test } from "bun:test";
import { tmpdir } from "node:os";
import { serve } from "../../web/serve.ts";

test("a port that is taken is said to be, and another trouble is not", async () => {
  const first = serve(tmpdir(), 0);
  expect(() => serve(tmpdir(), first.port!)).toThrow(`port ${first.port} is taken: --port names another`);
  await first.stop(true);
  const refused = Object.assign(new Error("permission denied"), { code: "EACCES" });
  using _ = spyOn(Bun, "serve").mockImplementation(() => {
    throw refused;
  });
  expect(() => serve(tmpdir(), 80)).toThrow("cannot serve on port 80: permission denied");
});

test("a port is a whole number, and an empty one is none", () => {
  for (const port of ["", "1e3", "70000", "any"]) {
    const { exitCode, stderr } = Bun.spawnSync(["bun", "web/main.ts", "--port", port], { stderr: "pipe" });
    expect(stderr.toString()).toBe(`error: --port wants a whole number up to 65535, got '${port}'\n`);
    expect(exitCode).toBe(1);
  }
});
