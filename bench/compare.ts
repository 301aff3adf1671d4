// What a change did: two reports side by side, row by row.
import type { Quantity } from "./measure.ts";
import { digits, quantity, type Report, type Section, table } from "./report.ts";

export interface Difference {
  section: string;
  row: string;
  column: string;
  before: Quantity;
  after: Quantity;
  /** How many times better it is now: 2 is twice as fast, or half the cost. */
  factor: number;
  /** "same" where the quartiles of the two overlap: the difference may be noise. */
  verdict: "better" | "worse" | "same";
}

/** Every value that both reports have and of which one way is better. */
export function differences(before: Report, after: Report): Difference[] {
  return after.sections.flatMap((section) => {
    const old = before.sections.find((each) => each.name === section.name);
    return old === undefined ? [] : sectionDifferences(old, section);
  });
}

function sectionDifferences(before: Section, after: Section): Difference[] {
  return after.rows.flatMap((row) => {
    const old = before.rows.find((each) => each.name === row.name);
    return Object.entries(row.values).flatMap(([column, now]) => {
      const then = old?.values[column];
      if (typeof now === "string" || now.better === undefined) return [];
      if (then === undefined || typeof then === "string") return [];
      const where = { section: after.name, row: row.name, column };
      return [{ ...where, before: then, after: now, ...judge(then, now) }];
    });
  });
}

/** How two measurements of one thing compare. */
export function judge(before: Quantity, after: Quantity): Pick<Difference, "factor" | "verdict"> {
  const more = after.better === "more";
  const factor =
    before.median === after.median ? 1 : more ? after.median / before.median : before.median / after.median;
  const apart = after.low > before.high || after.high < before.low;
  return { factor, verdict: !apart ? "same" : factor > 1 ? "better" : "worse" };
}

/** The differences as a table, and what the two reports do not share. */
export function renderComparison(before: Report, after: Report): string {
  const found = differences(before, after);
  const lines = found.map(({ section, row, column, before: then, after: now, factor, verdict }) => [
    `${section}: ${row}`,
    column,
    quantity(then),
    quantity(now),
    `×${digits(factor)}`,
    verdict,
  ]);
  const missing = missingRows(before, after);
  return [
    `Compared with ${before.machine.commit} of ${before.machine.date} (× above 1 is better; "same": the quartiles overlap)`,
    ...warnings(before, after),
    ...(lines.length === 0 ? ["the two reports have no row in common"] : [""]),
    ...(lines.length === 0 ? [] : [table([["", "", "before", "now", "", ""], ...lines])]),
    ...(missing.length === 0 ? [] : [`only before: ${missing.join("; ")}`]),
  ].join("\n");
}

/** Rows of the sections that both have, which the later report lacks. */
function missingRows(before: Report, after: Report): string[] {
  return before.sections.flatMap((section) => {
    const now = after.sections.find((each) => each.name === section.name);
    if (now === undefined) return [];
    const names = new Set(now.rows.map((row) => row.name));
    return section.rows.filter((row) => !names.has(row.name)).map((row) => `${section.name}: ${row.name}`);
  });
}

function warnings({ machine: before }: Report, { machine: after }: Report): string[] {
  const differing = (["adapter", "cpu", "bun", "quick"] as const).filter((key) => before[key] !== after[key]);
  return differing.map((key) => `note: ${key} was ${before[key]}, is ${after[key]}`);
}
