// The site's service worker: a browser takes it anew only where its own bytes differ.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listForKeeper } from "../../web/site.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-site-"));
afterAll(() => rmSync(root, { recursive: true }));

/** The keeper of a site of so many words. */
function keeperOf(name: string, says: string): string {
  const folder = join(root, name);
  mkdirSync(join(folder, "docs"), { recursive: true });
  writeFileSync(join(folder, "docs/index.html"), says);
  writeFileSync(join(folder, "keeper.js"), "work();\n");
  listForKeeper(folder);
  return readFileSync(join(folder, "keeper.js"), "utf8");
}

test("a page that has changed changes the service worker's own bytes, and nothing else does", () => {
  const [one, same, other] = [keeperOf("a", "one"), keeperOf("b", "one"), keeperOf("c", "two")];
  expect(same).toBe(one);
  expect(other).not.toBe(one);
  expect(one).toMatch(
    /^globalThis\.kept=\{"version":"[0-9a-f]{16}","files":\["docs\/index\.html"\]\};\nwork\(\);\n$/,
  );
});
