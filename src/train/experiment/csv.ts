// The table of an experiment, in CSV and in long form: a line for each run, fold and seed, to be computed with.
import { adapterInWords, adaptersOf } from "../runs/adapters.ts";
import { balancedAccuracyOf } from "../runs/confusion.ts";
import type { Experiment, Reference } from "./file.ts";
import { isDone, type Outcome } from "./results.ts";

type Line = Record<string, unknown>;

export function csvTable({ references }: Experiment, outcomes: readonly Outcome[]): string {
  const runs = outcomes.map(lineOf);
  const columns = [...Object.keys(runs[0]!), "source"];
  const lines = [...runs, ...references.flatMap(citedLines)];
  const cells = [columns, ...lines.map((line) => columns.map((column) => line[column]))];
  return cells.map((line) => `${line.map(quoted).join(",")}\n`).join("");
}

function lineOf(outcome: Outcome): Line {
  const { cell, state, history, validation } = outcome;
  const { config, result } = isDone(outcome) ? outcome.state : { config: null, result: null };
  const failed = !isDone(outcome) && history.error !== null;
  return {
    kind: "run",
    name: cell.spec.name,
    recipe: cell.spec.recipe.name,
    settings: cell.spec.set.join(" "),
    fold: cell.fold,
    seed: cell.seed,
    status: failed ? "failed" : { done: "done", begun: "begun", new: "missing" }[state.kind],
    accuracy: result?.accuracy,
    accuracy_majority: result?.accuracyMajority,
    balanced_accuracy: result === null ? null : balancedAccuracyOf(result.confusion),
    known: result?.openSet?.known,
    known_kept: result?.openSet?.kept,
    unknown: result?.openSet?.unknown,
    unknown_refused: result?.openSet?.refused,
    auroc: result?.openSet?.auroc,
    validation_accuracy: validation,
    clips: result?.clips,
    epochs: result?.epochs,
    seconds: result?.seconds,
    data: config?.data,
    adapter: config === null ? null : adaptersOf(config).map(adapterInWords).join("; "),
    node: history.nodes.join("; "),
    cpu: history.cpus.join("; "),
    version: config?.version,
    commit: history.commits.join("; "),
    started: config?.started,
    error: failed ? history.error : null,
    folder: cell.path,
  };
}

/** A line for each fold, or one without a fold where only the mean is known. */
function citedLines({ name, folds, mean, source }: Reference): Line[] {
  const line = { kind: "reference", name, source };
  if (folds === null) return [{ ...line, accuracy: mean }];
  return folds.map((accuracy, i) => ({ ...line, fold: i + 1, accuracy }));
}

/** RFC 4180: quotes where they are needed, and doubled inside. */
function quoted(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
