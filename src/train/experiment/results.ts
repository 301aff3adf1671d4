// What an experiment's runs come to: accuracies by fold and seed, their means and spreads, and what each run gains or
// loses against the baseline.

import { balancedAccuracyOf } from "../runs/confusion.ts";
import { meanAndDeviation, sumOfOpenSets } from "../runs/folds.ts";
import type { History } from "../runs/history.ts";
import type { OpenSet } from "../runs/metrics.ts";
import type { RunSpec } from "./file.ts";
import type { Cell, State } from "./plan.ts";

/** A run with what became of it. */
export interface Outcome {
  readonly cell: Cell;
  readonly state: State;
  readonly history: History;
  /** On the validation fold after the last epoch, in recipes that hold one out. */
  readonly validation: number | null;
}

export type Done = Outcome & { readonly state: Extract<State, { kind: "done" }> };

/** A mean and a standard deviation or error, null where there is nothing to take it from. */
export interface Spread {
  readonly mean: number | null;
  readonly deviation: number | null;
}

/** One row of the table. */
export interface Summary {
  readonly spec: RunSpec;
  /** Runs that are done, of how many. */
  readonly done: number;
  readonly of: number;
  /** Each fold's accuracy, the mean over its seeds. */
  readonly folds: ReadonlyMap<number, number>;
  /** Over the folds' accuracies. */
  readonly acrossFolds: Spread;
  /** Over the seeds' means, of those seeds of which every fold is done. */
  readonly acrossSeeds: Spread;
  /** The same mean as acrossFolds, by majority voting. */
  readonly majority: number | null;
  /** … and on the validation folds after the last epoch, of those that hold one out. */
  readonly validation: number | null;
  /** … and of the balanced accuracy. */
  readonly balanced: number | null;
  /** Of all that are done, where they say "none of these". */
  readonly openSet: OpenSet | null;
  /** Over pairs of one fold and seed: accuracy minus the baseline's, and the standard error of that mean. */
  readonly gain: Spread & { readonly pairs: number };
  /** The fewest and the most that a run had. */
  readonly epochs: readonly number[];
  /** The mean of one run. */
  readonly seconds: number | null;
}

export function isDone(outcome: Outcome): outcome is Done {
  return outcome.state.kind === "done";
}

export function summarize(spec: RunSpec, outcomes: readonly Outcome[], baseline: string | null): Summary {
  const all = outcomes.filter(({ cell }) => cell.spec === spec);
  const done = all.filter(isDone);
  const accuracyOf = ({ state }: Done) => state.result.accuracy;
  const folds = perFold(spec, done, accuracyOf);
  const majority = perFold(spec, done, ({ state }) => state.result.accuracyMajority);
  const balanced = perFold(spec, done, ({ state }) => balancedAccuracyOf(state.result.confusion));
  const held = done.filter(({ validation }) => validation !== null);
  const validation = perFold(spec, held, ({ validation }) => validation!);
  const whole = spec.seeds.filter((seed) => spec.folds.every((fold) => find(done, fold, seed) !== undefined));
  const seedMeans = whole.map((seed) => mean(spec.folds.map((fold) => accuracyOf(find(done, fold, seed)!))));
  const base = outcomes.filter(isDone).filter(({ cell }) => cell.spec.name === baseline);
  const gains = done.flatMap((each) => {
    const other = find(base, each.cell.fold, each.cell.seed);
    return other === undefined || spec.name === baseline ? [] : [accuracyOf(each) - accuracyOf(other)];
  });
  const openSets = done.flatMap(({ state }) => state.result.openSet ?? []);
  const epochs = done.map(({ state }) => state.result.epochs);
  return {
    spec,
    done: done.length,
    of: all.length,
    folds,
    acrossFolds: spread([...folds.values()]),
    acrossSeeds: spread(seedMeans),
    majority: majority.size === 0 ? null : mean([...majority.values()]),
    validation: validation.size === 0 ? null : mean([...validation.values()]),
    balanced: balanced.size === 0 ? null : mean([...balanced.values()]),
    openSet: openSets.length === 0 ? null : sumOfOpenSets(openSets),
    gain: { ...standardError(gains), pairs: gains.length },
    epochs: epochs.length === 0 ? [] : [...new Set([Math.min(...epochs), Math.max(...epochs)])],
    seconds: done.length === 0 ? null : mean(done.map(({ state }) => state.result.seconds)),
  };
}

function find(done: readonly Done[], fold: number, seed: number): Done | undefined {
  return done.find(({ cell }) => cell.fold === fold && cell.seed === seed);
}

/** The mean over seeds, of the folds that have any. */
function perFold(spec: RunSpec, done: readonly Done[], of: (each: Done) => number): Map<number, number> {
  const entries = spec.folds.map((fold): [number, number[]] => [
    fold,
    done.filter(({ cell }) => cell.fold === fold).map(of),
  ]);
  return new Map(
    entries.filter(([, values]) => values.length > 0).map(([fold, values]) => [fold, mean(values)]),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean and sample standard deviation, as far as there are values enough. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) return { mean: null, deviation: null };
  const [mean, deviation] = meanAndDeviation(values);
  return { mean, deviation: values.length < 2 ? null : deviation };
}

/** Mean and standard error of the mean, s/√n. */
function standardError(values: readonly number[]): Spread {
  const { mean, deviation } = spread(values);
  return { mean, deviation: deviation === null ? null : deviation / Math.sqrt(values.length) };
}

/**
 * How many seconds these runs take, from the seconds an epoch of all that are done (of the same recipe where there are
 * such); null before one is.
 */
export function secondsFor(todo: readonly Outcome[], all: readonly Outcome[]): number | null {
  const done = all.filter(isDone);
  if (done.length === 0) return null;
  const perEpoch = (some: Done[]) =>
    mean(some.map(({ state: { result } }) => result.seconds / result.epochs));
  return todo.reduce((sum, { cell, state }) => {
    if (state.kind === "done") return sum;
    const alike = done.filter((each) => each.cell.spec === cell.spec);
    const epochs = cell.spec.recipe.epochs - (state.kind === "begun" ? state.epochs : 0);
    return sum + epochs * perEpoch(alike.length > 0 ? alike : done);
  }, 0);
}
