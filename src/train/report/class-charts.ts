// Figures about classes: which is taken for which, and how many clips of each are told right.
import * as Plot from "@observablehq/plot";
import { appearance, draw, type Look, readableName, short, widest } from "./figure.ts";
import { type Html, percent } from "./html.ts";

/** How many true clips of each class (rows) were told to be of each (columns). */
export function confusionMatrix(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
  label: string,
): Html {
  const k = classes.length;
  const cell = k > 20 ? 17 : 30;
  const margin = widest(classes) + 12;
  const cells = confusion.flatMap((row, truth) => {
    const clips = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, said) => ({ truth, said, count, share: clips === 0 ? 0 : count / clips, clips }));
  });
  const ticks = classes.map((_, i) => i);
  const tickFormat = (i: number) => short(classes[i]!);
  const title = ({ truth, said, count, clips }: (typeof cells)[number]) =>
    `${readableName(classes[truth]!)} taken for ${readableName(classes[said]!)}: ${count} of ${clips}`;
  const right = ({ truth, said }: (typeof cells)[number]) => truth === said;
  const numbers = [true, false].flatMap((dark) =>
    [true, false].map((bold) => {
      const mine = cells.filter((d) => d.count > 0 && d.share > DARK === dark && right(d) === bold);
      return Plot.text(mine, {
        x: "said",
        y: "truth",
        text: "count",
        fill: dark ? "var(--on-heat)" : "var(--on-cell)",
        fontSize: k > 20 ? 10 : 13,
        fontWeight: bold ? 700 : 400,
        title,
      });
    }),
  );
  return draw(label, {
    width: margin + k * cell + 6,
    height: margin + k * cell + 6,
    marginLeft: margin,
    marginTop: margin,
    marginRight: 6,
    marginBottom: 6,
    padding: 0,
    x: { domain: ticks, axis: "top", tickFormat, tickRotate: -90, tickSize: 0, label: null },
    y: { domain: ticks, tickFormat, tickSize: 0, label: null },
    marks: [
      Plot.cell(cells, { x: "said", y: "truth", fill: "var(--cell)", inset: 0.75, title }),
      Plot.cell(
        cells.filter(({ count }) => count > 0),
        { x: "said", y: "truth", fill: "var(--heat)", fillOpacity: "share", inset: 0.75, title },
      ),
      Plot.cell(cells.filter(right), { x: "said", y: "truth", stroke: "var(--rule)", inset: 0.75, title }),
      ...numbers,
    ],
    opacity: { domain: [0, 1], range: [0, 1] },
  });
}

/** The share from which on a cell is so full of --heat that its number is written in --on-heat: see page.css. */
const DARK = 0.68;

/** Classes in the order of their mean recall, the easiest first; `recall[r][c]` is run r's of class c. */
export function easiestFirst(recall: readonly (readonly number[])[]): number[] {
  const mean = recall[0]!.map((_, c) => {
    const known = recall.map((of) => of[c]!).filter(Number.isFinite);
    return known.reduce((sum, value) => sum + value, 0) / known.length || 0;
  });
  return mean.map((_, c) => c).sort((a, b) => mean[b]! - mean[a]! || a - b);
}

/** Recall of some classes, in this order: a dot a run. `recall[r][c]` is run r's of class c; NaN is left out. */
export function recallChart(
  classes: readonly string[],
  order: readonly number[],
  recall: readonly (readonly number[])[],
  looks: readonly Look[],
  labels: readonly string[],
): Html {
  const runs = recall.length;
  const row = Math.max(22, 9 * runs + 8);
  const margin = widest(classes) + 12;
  const marks = recall.flatMap((of, r) => {
    const { color, symbol } = appearance(looks[r]!);
    const dy = (r - (runs - 1) / 2) * Math.min(9, 40 / runs);
    const points = order.flatMap((c) => (Number.isFinite(of[c]) ? [{ c, value: of[c]! }] : []));
    return [
      Plot.ruleY(points, { y: "c", x1: 0, x2: "value", stroke: color, strokeWidth: 2, dy }),
      Plot.dot(points, {
        x: "value",
        y: "c",
        symbol,
        fill: color,
        r: 4,
        dy,
        title: ({ c, value }) => `${labels[r]}: ${percent(value)} of ${readableName(classes[c]!)} told right`,
      }),
    ];
  });
  return draw(`Recall of each class: ${labels.join(", ")}`, {
    width: 420,
    height: order.length * row + 44,
    marginLeft: margin,
    marginRight: 22,
    marginTop: 8,
    marginBottom: 36,
    x: { domain: [0, 1], tickFormat: "%", ticks: 5, label: "told right →", labelAnchor: "right" },
    y: {
      type: "band",
      domain: order,
      tickFormat: (c: number) => short(classes[c]!),
      tickSize: 0,
      label: null,
    },
    marks: [Plot.gridX({ stroke: "currentColor", strokeOpacity: 0.15 }), ...marks],
  });
}
