// Every setting in force and what computed, side by side for all runs.
import { adaptersOf, mixedAdapters } from "../runs/adapters.ts";
import type { Adapter } from "../runs/config.ts";
import { type Content, type Html, html, readableDate } from "./html.ts";
import type { FoldRun, Run } from "./runs.ts";

/** Shown elsewhere, or among the environment. */
const ELSEWHERE = [
  "classes",
  "adapter",
  "laterAdapters",
  "version",
  "started",
  "startedIn",
  "recipe.description",
];

export function settings(runs: readonly Run[]): Content {
  const values = runs.map(({ folds }) => {
    const { config } = folds[0]!;
    const flat = new Map(
      flatten(config).filter(
        ([name]) => !ELSEWHERE.some((each) => name === each || name.startsWith(`${each}.`)),
      ),
    );
    if (folds.length > 1) flat.set("fold", folds.map((fold) => fold.config.fold).join(", "));
    return flat;
  });
  const environment = runs.map(environmentOf);
  const names = [...new Set(values.flatMap((of) => [...of.keys()]))];
  const differing = names.filter((name) => new Set(values.map((of) => of.get(name))).size > 1);
  const folded = html`<details><summary>All ${names.length} settings</summary>${table("All settings", runs, values, names, differing)}</details>`;
  const mixed = mixedAdapters(runs.flatMap(({ folds }) => folds.map(({ config }) => config)));
  return [
    runs.length > 1 ? html`<h3>What differs</h3>${table("What differs", runs, values, differing, [])}` : null,
    folded,
    html`<h3>Environment</h3>${table("Environment", runs, environment, [...environment[0]!.keys()], [])}`,
    mixed === null ? null : html`<p class="note">${mixed}</p>`,
  ];
}

/** Where a run was made: of all its folds, and in their order. */
function environmentOf({ folds }: Run): Map<string, string> {
  const all = (of: (fold: FoldRun) => readonly string[]) => [...new Set(folds.flatMap(of))].join("; ");
  const adapters = (of: (adapter: Adapter) => string) => all(({ config }) => adaptersOf(config).map(of));
  const { version, started } = folds[0]!.config;
  return new Map([
    ["node", all(({ nodes }) => nodes) || "not said"],
    ["adapter", adapters(({ description, vendor }) => description || vendor)],
    ["kind", adapters(({ software }) => (software ? "software: computes on the CPU" : "a GPU"))],
    [
      "vendor, architecture",
      adapters(({ vendor, architecture }) => [vendor, architecture].filter((part) => part !== "").join(", ")),
    ],
    ["otograd", version],
    ["began", readableDate(started)],
  ]);
}

function table(
  title: string,
  runs: readonly Run[],
  values: readonly Map<string, string>[],
  names: readonly string[],
  marked: readonly string[],
): Html {
  if (names.length === 0) return html`<p>Nothing but what chance and clocks make.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="settings">
<thead><tr><th scope="col">Setting</th>${runs.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr></thead>
<tbody>${names.map((name) => {
    const cells = values.map((of) => html`<td>${of.get(name) ?? "–"}</td>`);
    const mark = marked.includes(name) ? html` class="differs"` : null;
    return html`<tr${mark}><th scope="row">${breakable(name)}</th>${cells}</tr>`;
  })}</tbody>
</table></div>`;
}

/** A path that may be broken after its dots, on narrow pages. */
function breakable(path: string): Content {
  return path.split(".").map((part, i) => (i === 0 ? part : html`.<wbr>${part}`));
}

/** An object's values by their paths ("recipe.optimizer.lr"), in words. */
function flatten(value: unknown, path = ""): [string, string][] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, each]) =>
      flatten(each, path === "" ? name : `${path}.${name}`),
    );
  }
  if (value === null) return [[path, "none"]];
  if (typeof value === "boolean") return [[path, value ? "yes" : "no"]];
  if (typeof value === "number") return [[path, numberInWords(value)]];
  return [[path, Array.isArray(value) ? value.map(String).join(", ") : String(value)]];
}

function numberInWords(value: number): string {
  if (Number.isInteger(value)) return value >= 100_000 ? value.toLocaleString("en") : String(value);
  return String(Number(value.toPrecision(7)));
}
