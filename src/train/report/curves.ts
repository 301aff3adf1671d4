// Learning curves: what a value was after each epoch, of several runs in one figure.
import * as Plot from "@observablehq/plot";
import { appearance, draw, type Look } from "./figure.ts";
import { type Html, percent } from "./html.ts";

export interface Series {
  readonly label: string;
  /** Which colour, symbol and dash; series that belong together share them. "mean" is the folds' in common. */
  readonly look: Look;
  /** "thin" is one fold of many, its symbols mere dots; "dotted" is the validation fold's line, and has none. */
  readonly weight: "normal" | "thin" | "dotted";
  /** Value by epoch, the first epoch's first; where it is no number, the line has a gap. */
  readonly values: readonly number[];
}

/** More than so many symbols on a line only hide it. */
const MOST_SYMBOLS = 20;

/** Curves by epoch, one over the other: losses from 0 up, or accuracies as percentages. */
export function learningCurves(
  series: readonly Series[],
  kind: "loss" | "accuracy",
  name: string,
  chance?: number,
): Html {
  const epochs = Math.max(1, ...series.map(({ values }) => values.length));
  const every = Math.ceil(epochs / MOST_SYMBOLS);
  const marks = series.flatMap(({ label, look, weight, values }) => {
    const { color, symbol, dash } = appearance(look);
    const points = values.map((value, i) => ({ epoch: i + 1, value, label }));
    const strokeDasharray = weight === "dotted" ? "2 2" : dash;
    const line = Plot.line(points, {
      x: "epoch",
      y: "value",
      stroke: color,
      strokeWidth: weight === "normal" ? 2 : 1,
      strokeOpacity: weight === "thin" ? 0.55 : 1,
      strokeDasharray,
    });
    const marked = (epoch: number) => epoch % every === 0 || epoch === values.length;
    const shown = points.filter(({ epoch, value }) => Number.isFinite(value) && marked(epoch));
    const dots = Plot.dot(shown, {
      x: "epoch",
      y: "value",
      symbol,
      fill: color,
      r: weight === "normal" ? 3.5 : 1.5,
      title: ({ epoch, value }) => `${label}, epoch ${epoch}: ${say(value, kind)}`,
    });
    return weight === "dotted" ? [line] : [line, dots];
  });
  const finite = series.flatMap(({ values }) => values.filter(Number.isFinite));
  const domain = kind === "accuracy" ? [0, 1] : [0, finite.length === 0 ? 1 : Math.max(...finite)];
  const guessing =
    kind === "accuracy" && chance !== undefined
      ? [
          Plot.ruleY([chance], { stroke: "currentColor", strokeOpacity: 0.6, strokeDasharray: "1 3" }),
          Plot.text([`guessing: ${percent(chance)}`], {
            frameAnchor: "right",
            y: chance,
            dy: -7,
            fill: "var(--soft)",
          }),
        ]
      : [];
  return draw(`${name} by epoch: ${series.map(({ label }) => label).join(", ")}`, {
    width: 400,
    height: 270,
    marginLeft: 44,
    marginRight: 12,
    marginBottom: 38,
    x: {
      domain: epochs === 1 ? [0.5, 1.5] : [1, epochs],
      label: "epoch →",
      labelAnchor: "right",
      ticks: wholeTicks(epochs),
      tickFormat: "d",
    },
    y: {
      domain,
      nice: kind === "loss",
      label: null,
      tickFormat: kind === "accuracy" ? "%" : undefined,
      ticks: 6,
    },
    marks: [Plot.gridY({ stroke: "currentColor", strokeOpacity: 0.15 }), ...guessing, ...marks],
  });
}

/** About six epochs to write at the axis, the first and even steps. */
function wholeTicks(epochs: number): number[] {
  const rough = epochs / 6;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough)!);
  const even = Array.from({ length: Math.floor(epochs / step) }, (_, i) => (i + 1) * step);
  return even[0] === 1 ? even : [1, ...even];
}

function say(value: number, kind: "loss" | "accuracy"): string {
  return kind === "accuracy" ? percent(value) : value.toFixed(4);
}
