// Pages that show where public names are written: a file of the sources each, whose lines can be linked to.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { comments } from "../code.ts";
import { escaped, type Page } from "../html.ts";
import type { Name } from "./names.ts";

const ROOT = join(import.meta.dir, "../..");

/** Where "src/nn/init.ts:12" is shown, seen from the reference's own pages. */
export const sourceLink = (place: string): string => `source/${place.replace(/:(\d+)$/, ".html#L$1")}`;

/** A page for every file that a name is written in. Only lines that a name begins at have an id: pages stay small. */
export function sourcePages(names: readonly Name[]): Page[] {
  const lines = new Map<string, Set<number>>();
  for (const { place } of names) {
    const [, file, line] = /^(.*):(\d+)$/.exec(place)!;
    lines.set(file!, (lines.get(file!) ?? new Set()).add(Number(line)));
  }
  return [...lines].map(([file, linked]) => {
    const text = readFileSync(join(ROOT, file), "utf8").trimEnd();
    const rows = comments(text, "typescript").split("\n");
    const shown = rows.map((row, i) => (linked.has(i + 1) ? `<a id="L${i + 1}"></a>${row}` : row));
    const numbers = rows.map((_, i) => i + 1).join("\n");
    const up = "../".repeat(file.split("/").length);
    return {
      path: `api/source/${file}.html`,
      title: `${file} · otograd`,
      description: `The source text of ${file}.`,
      section: "API",
      body: `<p class="up"><a href="${up}index.html">API reference</a></p>
<h1 class="file">${escaped(file)}</h1>
<div class="source"><pre aria-hidden="true">${numbers}</pre><pre tabindex="0" role="region" aria-label="${escaped(file)}"><code>${shown.join("\n")}</code></pre></div>`,
    };
  });
}
