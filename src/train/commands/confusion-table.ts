// How `evaluate` shows which classes are taken for which: as a table of all by all, or, where a terminal is too narrow for
// that, by each class's mistakes.
import { type Confusion, recallOf } from "../runs/confusion.ts";
import { padded, widest } from "../terminal/padded.ts";

const CORNER = "said to be →";

/**
 * Rows are the true classes; columns the predicted ones, by number, and how many of the class were told right.
 * @param columns how wide it may be
 */
export function confusionTable(
  classes: readonly string[],
  confusion: Confusion,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const width = widest([CORNER, ...classes]);
  const cell = String(Math.max(classes.length - 1, ...confusion.flat())).length + 1;
  if (cell + width + 2 + cell * classes.length + 8 > columns) return mistakes(classes, confusion, columns);
  const header = classes.map((_, k) => String(k).padStart(cell)).join("");
  const recall = recallOf(confusion).map(shown);
  const rows = confusion.map((row, k) => {
    const counts = row.map((count) => (count === 0 ? "·" : String(count)).padStart(cell)).join("");
    return `${String(k).padStart(cell)} ${padded(classes[k]!, width)} ${counts}  ${recall[k]!.padStart(6)}`;
  });
  return ["", `${"".padStart(cell)} ${padded(CORNER, width)} ${header}  recall`, ...rows];
}

/** A line a class: how many were told right, and what the others were said to be, the most frequent first. */
function mistakes(classes: readonly string[], confusion: Confusion, columns: number): string[] {
  const width = Math.min(widest(["class", ...classes]), Math.floor(columns / 2));
  const recall = recallOf(confusion).map(shown);
  const rows = confusion.map((row, k) => {
    const wrong = [...row.entries()].filter(([other, count]) => other !== k && count > 0);
    const others = wrong.sort(([, a], [, b]) => b - a).map(([other, count]) => `${classes[other]} ${count}`);
    return `${padded(classes[k]!, width)}  ${recall[k]!.padStart(6)}  ${others.join(", ")}`.trimEnd();
  });
  return ["", `${padded("class", width)}  recall  said to be (--json has the whole table)`, ...rows];
}

const shown = (recall: number) => (Number.isFinite(recall) ? recall.toFixed(2) : "–");
