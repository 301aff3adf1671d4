// The report's first table: how well each run does, and fold by fold where it is a cross-validation.
import { balancedAccuracyOf, isBalanced } from "../runs/confusion.ts";
import { meanAndDeviation } from "../runs/folds.ts";
import { counted, duration } from "../terminal/words.ts";
import { key } from "./figure.ts";
import { type Content, type Html, html, percent } from "./html.ts";
import { type FoldRun, type Run, stateOf } from "./runs.ts";

export function results(runs: readonly Run[]): Content {
  const rows = runs.map((run) => ({ run, ...outcome(run) }));
  const best = Math.max(...rows.map(({ accuracy }) => accuracy || 0));
  const unbalanced = runs.some(isUnbalanced);
  const table = html`<table class="runs">
<thead><tr><th scope="col">Run</th><th scope="col">Recipe</th><th scope="col">Tested on</th><th scope="col">Accuracy</th><th scope="col">By majority</th>${unbalanced ? html`<th scope="col">Balanced</th>` : null}<th scope="col">Time</th><th scope="col">State</th></tr></thead>
<tbody>${rows.map(({ run, accuracy, majority, balanced, basis, seconds }, i) => {
    const isBest = runs.length > 1 && accuracy === best;
    return html`
<tr><th scope="row">${runs.length > 1 ? key(i) : null}${run.label}</th>
<td data-label="Recipe">${run.folds[0]!.config.recipe.name}</td>
<td data-label="Tested on">${testedOn(run)}</td>
<td data-label="Accuracy"><span>${isBest ? html`<strong>${percent(accuracy)}</strong>` : percent(accuracy)}${basis}</span></td>
<td data-label="By majority">${percent(majority)}</td>
${unbalanced ? html`<td data-label="Balanced">${percent(balanced)}</td>` : null}<td data-label="Time">${duration(seconds)}</td>
<td data-label="State">${states(run)}</td></tr>`;
  })}</tbody>
</table>
<p class="note">Accuracy is the share of the test fold's clips told right when the probabilities of a clip's segments are averaged; by majority, when each segment has one vote.${
    unbalanced
      ? " Classes have unequal numbers of clips: balanced accuracy is the mean of their recall, in which all classes count alike."
      : null
  }${
    runs.some(({ folds }) => folds.some(({ config }) => config.fold === null))
      ? " Where no fold was held out, it is of the clips that were trained on, and says little of others."
      : null
  }</p>`;
  return [table, ...runs.filter(({ crossValidation }) => crossValidation).map(foldsTable)];
}

function testedOn({ folds }: Run): string {
  const numbers = folds.map(({ config }) => config.fold);
  if (numbers.includes(null)) return "what it was trained on";
  return numbers.length === 1 ? `fold ${numbers[0]}` : `folds ${numbers.join(", ")}`;
}

function states({ folds }: Run): string {
  const all = folds.map(stateOf);
  if (folds.length === 1 || new Set(all).size === 1) return all[0]!;
  return folds.map(({ config }, i) => `fold ${config.fold} ${all[i]}`).join("; ");
}

/** Of the last epoch where a run has no result; the mean over folds, with their standard deviation. */
function outcome(run: Run) {
  const ends = run.folds.map(endOf);
  const [accuracy, spread] = meanAndDeviation(ends.map((end) => end.accuracy));
  return {
    accuracy,
    majority: meanAndDeviation(ends.map((end) => end.accuracyMajority))[0],
    balanced: meanAndDeviation(run.folds.map(balancedOf))[0],
    seconds: ends.reduce((sum, end) => sum + end.seconds, 0),
    basis: run.crossValidation ? overFolds(spread) : basisOf(run.folds[0]!),
  };
}

function overFolds(spread: number): string {
  return Number.isFinite(spread) ? ` ± ${(100 * spread).toFixed(1)} over the folds` : "";
}

/** Whether there are test results, of classes that have unequal numbers of clips. */
function isUnbalanced({ folds }: Run): boolean {
  return folds.some(({ result }) => result !== null && !isBalanced(result.confusion));
}

function balancedOf({ result }: FoldRun): number {
  return result === null ? Number.NaN : balancedAccuracyOf(result.confusion);
}

/** What an accuracy is of: clips counted, and epochs where they are not all. */
function basisOf({ result, metrics }: FoldRun): string {
  if (result === null) return metrics.length > 0 ? ` after ${counted(metrics.length, "epoch")}` : "";
  const { accuracy, clips, epochs } = result;
  if (!Number.isFinite(accuracy * clips)) return "";
  const when = epochs === metrics.length ? "" : `, after ${counted(epochs, "epoch")}`;
  return ` (${Math.round(accuracy * clips)} of ${clips} clips${when})`;
}

function endOf({ result, metrics }: FoldRun) {
  const last = metrics.at(-1) ?? { accuracy: Number.NaN, accuracyMajority: Number.NaN };
  const seconds = metrics.reduce((sum, each) => sum + each.seconds, 0);
  return result ?? { accuracy: last.accuracy, accuracyMajority: last.accuracyMajority, seconds };
}

function foldsTable(run: Run): Html {
  const { label, folds } = run;
  const unbalanced = isUnbalanced(run);
  return html`<h3>${label}, fold by fold</h3>
<table class="runs">
<thead><tr><th scope="col">Fold</th><th scope="col">Accuracy</th><th scope="col">By majority</th>${unbalanced ? html`<th scope="col">Balanced</th>` : null}<th scope="col">Clips</th><th scope="col">State</th></tr></thead>
<tbody>${folds.map((fold) => {
    const { accuracy, accuracyMajority } = endOf(fold);
    return html`
<tr><th scope="row">fold ${fold.config.fold}</th>
<td data-label="Accuracy">${percent(accuracy)}</td>
<td data-label="By majority">${percent(accuracyMajority)}</td>
${unbalanced ? html`<td data-label="Balanced">${percent(balancedOf(fold))}</td>` : null}<td data-label="Clips">${fold.result?.clips ?? "–"}</td>
<td data-label="State">${stateOf(fold)}</td></tr>`;
  })}</tbody>
</table>`;
}
