// `bun run evaluate RUN`: how well a trained network tells its test fold apart.
import { foldName } from "../dataset/dataset.ts";
import type { Opening } from "../dataset/opening.ts";
import { networkOf } from "../learning/checkpoint.ts";
import { evaluate } from "../learning/evaluate.ts";
import { datasetOf, openRun, otherData } from "../learning/open-run.ts";
import { refusalOf } from "../learning/openset/file.ts";
import { openSetOf } from "../learning/openset/learn.ts";
import { openGpu, prepare } from "../learning/prepare.ts";
import { testing } from "../learning/training.ts";
import { balancedAccuracyOf, classScores, isBalanced } from "../runs/confusion.ts";
import { openSetLine } from "../runs/folds.ts";
import { jsonLine } from "../terminal/json.ts";
import type { Session } from "../terminal/session.ts";
import { terminalSize } from "../terminal/stdout.ts";
import { throwIfStopped } from "../terminal/talk.ts";
import { confusionTable } from "./confusion-table.ts";

export interface EvaluateOptions {
  data?: string;
  /** Of that CSV, instead of those of the run's. */
  columns?: Opening["columns"];
  /** One line of JSON instead. */
  json?: boolean;
  cache?: string | false;
}

/** Tests a run's model on its test fold anew, and prints the result with the confusion matrix. */
export async function evaluateCommand(
  path: string,
  options: EvaluateOptions,
  session: Session,
): Promise<void> {
  const run = openRun(path);
  const { recipe, classes, folds, standardization } = run.config;
  const weights = run.folder.readModel();
  const refusal = refusalOf(run.folder, run.config, (line) => session.progress.warn(line));
  const dataset = datasetOf(run, options.data, options.columns);
  await openGpu();
  const model = networkOf(run, weights);
  const prepared = await prepare(dataset, recipe, options.cache, session, model);
  const other = otherData(run, dataset, prepared.content);
  if (other !== null) session.progress.warn(other);
  const { store, set } = testing(prepared, folds.test, standardization);
  const unlessStopped = () => throwIfStopped(session.stop, "stopped before every clip was tested");
  const { votes, ...evaluation } = await evaluate(model, store, set, classes.length, recipe, unlessStopped);
  const learned = { model, config: run.config };
  const openSet = refusal === null ? null : (await openSetOf(prepared, learned, refusal)).openSet;
  if (options.json === true) {
    session.print(
      jsonLine({
        fold: folds.test,
        ...evaluation,
        ...classScores(evaluation.confusion),
        ...(openSet !== null && { openSet }),
      }),
    );
    return;
  }
  const { accuracy, accuracyMajority, segmentAccuracy, clips, confusion } = evaluation;
  const trained = folds.test === null && other === null ? ", which it was trained on" : "";
  session.print(`${path}, ${foldName(folds.test)}: ${clips} clips${trained}`);
  session.print(`accuracy by probability voting  ${accuracy.toFixed(4)}`);
  session.print(`accuracy by majority voting     ${accuracyMajority.toFixed(4)}`);
  if (!isBalanced(confusion))
    session.print(`balanced over the classes       ${balancedAccuracyOf(confusion).toFixed(4)}`);
  session.print(`segments told right             ${segmentAccuracy.toFixed(4)}`);
  if (openSet !== null) session.print(openSetLine(openSet));
  const columns = process.stdout.isTTY ? terminalSize().columns : undefined;
  for (const line of confusionTable(classes, confusion, columns)) session.print(line);
}
