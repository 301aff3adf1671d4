// The report as one page: no script, nothing that is fetched, and a policy that forbids the browser to try.
import { version } from "../../../package.json" with { type: "json" };
import { recallOf } from "../runs/confusion.ts";
import { easiestFirst, recallChart } from "./class-charts.ts";
import { learningCurves, type Series } from "./curves.ts";
import { key, type Look } from "./figure.ts";
import { type Content, Html, html, readableDate } from "./html.ts";
import { hasOpenSet, openSetPart } from "./open-set.ts";
import pageCss from "./page.css" with { type: "text" };
import paletteCss from "./palette.css" with { type: "text" };
import partsCss from "./parts.css" with { type: "text" };
import { results } from "./results.ts";
import { confusionFor, hasFilters, type Reported, runSection } from "./run-section.ts";
import type { FoldRun, Run } from "./runs.ts";
import { settings } from "./settings.ts";

const POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'";

/** The whole page. */
export function reportPage(reported: readonly Reported[], date: Date): string {
  const runs = reported.map(({ run }) => run);
  const sections: [id: string, title: string, body: Content][] = [
    ["runs", runs.length === 1 ? "Result" : "Results", results(runs)],
    ["learning", "Learning curves", learning(runs)],
    ["classes", "Recall by class", recall(reported)],
    ...(hasOpenSet(reported)
      ? [["other", "None of these", openSetPart(reported)] as [string, string, Content]]
      : []),
    ...reported.map((each, i): [string, string, Content] => [
      `run-${i + 1}`,
      runs.length > 1 ? each.run.label : hasFilters(each.run) ? "Mistakes and filters" : "Mistakes",
      runSection(each),
    ]),
    ["settings", "Settings and environment", settings(runs)],
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${`otograd: ${runs.map(({ label }) => label).join(", ")}`}</title>
<style>${new Html(`${paletteCss}\n${pageCss}\n${partsCss}`)}</style>
</head>
<body>
<header>
<h1>${runs.length === 1 ? runs[0]!.label : `${runs.length} runs compared`}</h1>
<p class="lead">${summary(runs)}</p>
<nav aria-label="Contents"><ul>${sections.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(([id, name, body]) => html`<section id="${id}">\n<h2>${name}</h2>\n${body}\n</section>\n`)}</main>
<footer>Written by otograd ${version} under Bun ${Bun.version}, ${readableDate(date.toISOString())}.</footer>
</body>
</html>
`;
  return page.toString();
}

/** What was learned from what, in one sentence. */
function summary(runs: readonly Run[]): string {
  const configs = runs.flatMap(({ folds }) => folds.map(({ config }) => config));
  const each = (of: (config: (typeof configs)[number]) => string | number) => [...new Set(configs.map(of))];
  const classes = each((config) => config.classes.length).join(" or ");
  return `Telling ${classes} classes of sounds apart, learned from ${each((config) => config.data).join(" and ")}.`;
}

function learning(runs: readonly Run[]): Content {
  if (runs.every(({ folds }) => folds.every(({ metrics }) => metrics.length === 0))) {
    return html`<p class="missing">No epoch was completed.</p>`;
  }
  const alone = runs.length === 1;
  const losses = runs.flatMap((run, i) => curves(run, i, alone, ({ loss }) => loss));
  const accuracies = runs.flatMap((run, i) => curves(run, i, alone, ({ accuracy }) => accuracy));
  const validations = runs.flatMap((run, i) =>
    curves(run, i, alone, ({ validationAccuracy = Number.NaN }) => validationAccuracy)
      .filter(({ values }) => values.some(Number.isFinite))
      .map((series): Series => ({ ...series, label: `${series.label}, validation`, weight: "dotted" })),
  );
  const sizes = new Set(runs.map(({ folds }) => folds[0]!.config.classes.length));
  const chance = sizes.size === 1 ? 1 / [...sizes][0]! : undefined;
  const legend = [...losses.filter(({ weight }) => weight === "normal")];
  return html`
<ul class="legend">${legend.map(({ label, look }) => html`<li>${key(look)}${label}</li>`)}${
    validations.length > 0 ? html`<li>dotted: on the validation fold</li>` : null
  }</ul>
<div class="pair">
${figure("Training loss", (name) => learningCurves(losses, "loss", name))}
${figure(accuracyOf(runs), (name) => learningCurves([...accuracies, ...validations], "accuracy", name, chance))}
</div>`;
}

const figure = (name: string, draw: (name: string) => Content) =>
  html`<figure><figcaption>${name}</figcaption>${draw(name)}</figure>`;

/** What the curves of accuracy are of. */
function accuracyOf(runs: readonly Run[]): string {
  const heldOut = runs.flatMap(({ folds }) => folds.map(({ config }) => config.fold !== null));
  if (heldOut.every(Boolean)) return "Clip accuracy on the test fold";
  return heldOut.some(Boolean)
    ? "Clip accuracy, on the test fold where one was held out"
    : "Clip accuracy on what was trained on";
}

type Of = (metrics: FoldRun["metrics"][number]) => number;

/** A run's curve, or its folds' and their mean: in colours of their own where there is no other run. */
function curves({ folds, label, crossValidation }: Run, index: number, alone: boolean, of: Of): Series[] {
  const each = folds.map(({ metrics }) => metrics.map(of));
  if (!crossValidation) return [{ label, look: index, weight: "normal", values: each[0]! }];
  const shortest = Math.min(...each.map((values) => values.length));
  const mean = Array.from(
    { length: shortest },
    (_, i) => each.reduce((sum, values) => sum + values[i]!, 0) / each.length,
  );
  const look = (fold: number): Look => (alone ? fold : index);
  return [
    ...folds.map(
      ({ config }, i): Series => ({
        label: alone ? `fold ${config.fold}` : `${label}, fold ${config.fold}`,
        look: look(i),
        weight: alone ? "normal" : "thin",
        values: each[i]!,
      }),
    ),
    {
      label: alone ? "mean of the folds" : `${label}, mean of the folds`,
      look: alone ? "mean" : index,
      weight: "normal",
      values: mean,
    },
  ];
}

/** More classes than this are two columns. */
const MOST_IN_ONE = 20;

/** A chart for each list of classes: runs on other classes cannot be laid over one another. */
function recall(reported: readonly Reported[]): Content {
  const groups = new Map<string, number[]>();
  const known = reported.map(confusionFor);
  reported.forEach(({ run }, i) => {
    if (known[i] === null) return;
    const id = JSON.stringify(run.folds[0]!.config.classes);
    groups.set(id, [...(groups.get(id) ?? []), i]);
  });
  if (groups.size === 0) return html`<p class="missing">No run has a test result yet.</p>`;
  return [
    html`<p>How many of each class's clips were told right, the easiest class first.</p>`,
    ...[...groups.values()].map((members) => {
      const { classes } = reported[members[0]!]!.run.folds[0]!.config;
      const labels = members.map((i) => reported[i]!.run.label);
      const legend = html`<ul class="legend">${members.map((i) => html`<li>${key(i)}${reported[i]!.run.label}</li>`)}</ul>`;
      const values = members.map((i) => recallOf(known[i]!));
      const order = easiestFirst(values);
      const half = order.length > MOST_IN_ONE ? Math.ceil(order.length / 2) : order.length;
      const columns = [order.slice(0, half), order.slice(half)].filter((column) => column.length > 0);
      return html`${reported.length > 1 ? legend : null}
<div class="pair">${columns.map((column) => html`<figure>${recallChart(classes, column, values, members, labels)}</figure>`)}</div>`;
    }),
  ];
}
