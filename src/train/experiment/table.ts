// The table of an experiment, in Markdown: a row a run, with what else was measured beside it.

import { adapterInWords, adaptersInWords, adaptersOf, mixedAdapters } from "../runs/adapters.ts";
import { isBalanced } from "../runs/confusion.ts";
import { counted, duration } from "../terminal/words.ts";
import type { Experiment, Reference, RunSpec } from "./file.ts";
import { nameOf } from "./plan.ts";
import { isDone, type Outcome, type Summary, spread, summarize } from "./results.ts";

/** What stands above a table besides what the runs say. */
export interface Making {
  /** What makes the runs, or goes on with them. */
  command: string;
  version: string;
  now: Date;
}

export function markdownTable(experiment: Experiment, outcomes: readonly Outcome[], making: Making): string {
  const { runs, references, baseline, title } = experiment;
  const summaries = runs.map((spec) => summarize(spec, outcomes, baseline));
  const shared = sharedSettings(runs);
  const columns = columnsOf(experiment, outcomes, shared);
  const cited = (beside: string | null) =>
    references
      .filter((each) => each.beside === beside)
      .map((each) => columns.map(({ reference }) => reference?.(each) ?? ""));
  const measured = summaries.flatMap((each) => [
    columns.map(({ run }) => run(each)),
    ...cited(each.spec.name),
  ]);
  return [
    `# ${title}`,
    "",
    ...header(experiment, outcomes, shared, making),
    "",
    row(columns.map((column) => column.title)),
    row(columns.map(({ left }) => (left ? "---" : "---:"))),
    ...[...measured, ...cited(null)].map(row),
    "",
    ...notes(experiment),
    ...places(outcomes),
    ...failures(outcomes),
    "",
  ].join("\n");
}

interface Column {
  title: string;
  left?: boolean;
  run(summary: Summary): string;
  reference?(reference: Reference): string;
}

function columnsOf({ runs, baseline }: Experiment, outcomes: readonly Outcome[], shared: Settings): Column[] {
  const perFold = foldsOf(runs).map((fold): Column => {
    return {
      title: `fold ${fold}`,
      run: (s) => fraction(s.folds.get(fold)),
      reference: (r) => fraction(r.folds?.[fold - 1]),
    };
  });
  const gain: Column = {
    title: `against ${baseline}`,
    run: (s) => (s.spec.name === baseline ? "" : gainOf(s)),
  };
  const unbalanced = outcomes.filter(isDone).some(({ state }) => !isBalanced(state.result.confusion));
  const validated = outcomes.some(({ validation }) => validation !== null);
  const validation: Column = { title: "validation", run: (s) => fraction(s.validation) };
  const balanced: Column = { title: "balanced", run: (s) => fraction(s.balanced) };
  return [
    { title: "run", left: true, run: (s) => s.spec.name, reference: (r) => `*${r.name}* (cited)` },
    ...perFold,
    { title: "mean", run: (s) => fraction(s.acrossFolds.mean), reference: (r) => fraction(r.mean) },
    {
      title: "± folds",
      run: (s) => fraction(s.acrossFolds.deviation),
      reference: (r) => fraction(spread(r.folds ?? []).deviation),
    },
    { title: "± seeds", run: (s) => fraction(s.acrossSeeds.deviation) },
    { title: "majority", run: (s) => fraction(s.majority), reference: (r) => fraction(r.majority) },
    ...(validated ? [validation] : []),
    ...(unbalanced ? [balanced] : []),
    ...(runs.some(({ other }) => other !== undefined) ? OPEN_SET : []),
    ...(baseline === null ? [] : [gain]),
    { title: "runs", run: (s) => (s.done === s.of ? String(s.of) : `${s.done} of ${s.of}`) },
    { title: "epochs", run: (s) => s.epochs.join("–") || NONE },
    { title: "time a run", run: (s) => (s.seconds === null ? NONE : duration(s.seconds)) },
    {
      title: "settings",
      left: true,
      run: (s) => inWords(settingsOf(s.spec), shared),
      reference: (r) => r.source,
    },
  ];
}

/** Of test clips of known classes, how many are not told to be none of these; of left-out classes, how many are. */
const OPEN_SET: Column[] = [
  {
    title: "known kept",
    run: ({ openSet }) => (openSet === null ? NONE : share(openSet.kept, openSet.known)),
  },
  {
    title: "unknown refused",
    run: ({ openSet }) => (openSet === null ? NONE : share(openSet.refused, openSet.unknown)),
  },
  { title: "AUROC", run: ({ openSet }) => fraction(openSet?.auroc) },
];

/** Those that any run tests on. */
function foldsOf(runs: readonly RunSpec[]): number[] {
  return [...new Set(runs.flatMap((spec) => spec.folds))].sort((a, b) => a - b);
}

/** "+.0125 ± .0060", and of how many pairs if not all have a counterpart. */
function gainOf({ gain: { mean, deviation, pairs }, of }: Summary): string {
  if (mean === null) return NONE;
  const signed = `${mean < 0 ? "−" : "+"}${fraction(Math.abs(mean))}`;
  return `${signed}${deviation === null ? "" : ` ± ${fraction(deviation)}`}${pairs < of ? ` (${pairs} of ${of})` : ""}`;
}

/** Who computed this, where, when and how; what differs between runs is listed. */
function header(
  { data, runs }: Experiment,
  outcomes: readonly Outcome[],
  shared: Settings,
  { command, version, now }: Making,
): string[] {
  const done = outcomes.filter(isDone);
  const configs = done.map(({ state }) => state.config);
  const days = configs.map(({ started }) => started.slice(0, 10)).sort();
  const items: [what: string, values: (string | number | null)[]][] = [
    ["command", [`\`${command}\``]],
    ["data", done.length === 0 ? [data] : configs.map((config) => config.data)],
    ["all runs", [inWords(shared)]],
    ["seeds", runs.flatMap((spec) => spec.seeds)],
    ["adapter", configs.flatMap((config) => adaptersOf(config).map(adapterInWords))],
    ["nodes", done.flatMap(({ history }) => history.nodes)],
    ["processor", done.flatMap(({ history }) => history.cpus)],
    ["otograd", done.length === 0 ? [version] : configs.map((config) => config.version)],
    ["commit", done.flatMap(({ history }) => (history.commits.length === 0 ? ["unknown"] : history.commits))],
    ["runs begun", [days[0] ?? null, days.at(-1) ?? null]],
    ["table made", [`${now.toISOString().slice(0, 16).replace("T", " ")} UTC`]],
  ];
  const line = ([what, values]: (typeof items)[number]) => {
    const text = [...new Set(values.filter((value) => value !== null && value !== ""))].join("; ");
    return text === "" ? [] : [`- ${what}: ${text}`];
  };
  return [
    `Clip accuracy by probability voting; ${done.length} of ${outcomes.length} runs done.`,
    "",
    ...items.flatMap(line),
  ];
}

function notes({ runs, baseline, references, folds }: Experiment): string[] {
  const seeds = runs.some((spec) => spec.seeds.length > 1);
  const fewer = foldsOf(runs).length < folds ? ` Its mean is over all ${folds} folds.` : "";
  return [
    "A fold's accuracy is the mean over its seeds. ± folds: standard deviation over the folds' accuracies.",
    seeds ? "± seeds: standard deviation over the seeds' means, of seeds of which every fold is done." : "",
    baseline === null
      ? ""
      : `Against ${baseline}: the mean difference over all pairs of one fold and seed, ± its standard error.`,
    references.length === 0 ? "" : `(cited): not measured here; the last column names the source.${fewer}`,
  ].filter((note) => note !== "");
}

/** Runs that are named where one adapter made them; of more it is said how many. */
const FEW = 8;

/** Which runs each adapter made and where, if there were several. */
function places(outcomes: readonly Outcome[]): string[] {
  const of = new Map<string, string[]>();
  const done = outcomes.filter(isDone);
  for (const { cell, state, history } of done) {
    const adapters = adaptersInWords(state.config);
    const place = history.nodes.length === 0 ? adapters : `${history.nodes.join(", then ")}: ${adapters}`;
    of.set(place, [...(of.get(place) ?? []), nameOf(cell)]);
  }
  if (of.size < 2) return [];
  const mixed = mixedAdapters(done.map(({ state }) => state.config));
  const named = (runs: string[]) => (runs.length <= FEW ? runs.join("; ") : counted(runs.length, "run"));
  const counts = [...of.values()].some((runs) => runs.length > FEW);
  return [
    "",
    ...(mixed === null ? [] : [mixed, ""]),
    `Made on${counts ? " (table.csv says where each run was)" : ""}:`,
    "",
    ...[...of].map(([place, runs]) => `- ${place}: ${named(runs)}`),
  ];
}

function failures(outcomes: readonly Outcome[]): string[] {
  const failed = outcomes.filter((each) => !isDone(each) && each.history.error !== null);
  if (failed.length === 0) return [];
  return ["", "Failed:", "", ...failed.map(({ cell, history }) => `- ${nameOf(cell)}: ${history.error}`)];
}

/** By path; the recipe's name is one of them. */
type Settings = Record<string, string>;

/** What the file says of a run, but for epochs, which have a column. */
function settingsOf({ recipe, set, without, other }: RunSpec): Settings {
  const pairs = set.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]);
  return {
    recipe: recipe.name,
    ...(without !== undefined && { without: without.join(", ") }),
    ...(other?.kind === "threshold" && { other: `${other.kind}, keep ${other.keep}` }),
    ...Object.fromEntries(pairs.filter(([path]) => path !== "epochs")),
  };
}

/** Those that all runs have in common. */
function sharedSettings(runs: readonly RunSpec[]): Settings {
  const all = runs.map(settingsOf);
  const common = Object.entries(all[0]!).filter(([path, value]) => all.every((each) => each[path] === value));
  return Object.fromEntries(common);
}

function inWords(settings: Settings, except: Settings = {}): string {
  const own = Object.entries(settings).filter(([path]) => !(path in except));
  return own.map(([path, value]) => (path === "recipe" ? value : `${path} = ${value}`)).join(", ");
}

const NONE = "–";

/** Four decimals, as ".7850". */
function fraction(value: number | null | undefined): string {
  return typeof value === "number" ? value.toFixed(4).replace(/^0/, "") : NONE;
}

/** "58 of 64, .9063" */
function share(part: number, all: number): string {
  return all === 0 ? NONE : `${part} of ${all}, ${fraction(part / all)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
