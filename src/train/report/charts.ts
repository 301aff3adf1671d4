// The report's figures, drawn by Observable Plot as SVG. Colours are the page's CSS variables, so that one drawing
// serves light and dark: --s0 … --s7 tell runs apart, and shape and dashes do so too for whom colours do not.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { hzToMel } from "../../audio/melScale.ts";
import { Html, html } from "./html.ts";
import type { Picture } from "./mistakes.ts";

const COLORS = 8;
const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "wye", "cross"] as const;

const { document } = parseHTML("<html></html>");

/** How many times its size a figure may grow to fill its column: letters grow with it. */
const MOST_GROWTH = 1.3;

/** A figure with a name for those who do not see it; its style is the page's. */
function draw(label: string, options: Plot.PlotOptions & { width: number }): Html {
  const most = Math.round(MOST_GROWTH * options.width);
  const name = Bun.escapeHTML(label);
  const begin = `<svg role="img" aria-label="${name}" style="max-width: ${most}px"`;
  return new Html(plot(options).replace("<svg", () => begin));
}

function plot(options: Plot.PlotOptions): string {
  const figure = Plot.plot({ ...options, document, className: "plot" });
  for (const style of figure.querySelectorAll("style")) style.remove();
  // Plot names the parts of a figure for its own makers ("line"); readers hear the figure's name.
  for (const part of figure.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  return figure.outerHTML;
}

export type Look = number | "mean";

/** How the n-th series looks. */
function appearance(series: Look) {
  if (series === "mean") return { color: "var(--ink)", symbol: "circle", dash: undefined } as const;
  return {
    color: `var(--s${series % COLORS})`,
    symbol: SYMBOLS[series % SYMBOLS.length]!,
    dash: series < COLORS ? undefined : "6 3",
  };
}

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
export function learningCurves(series: readonly Series[], kind: "loss" | "accuracy", chance?: number): Html {
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
          Plot.text([`guessing: ${say(chance, "accuracy")}`], {
            frameAnchor: "right",
            y: chance,
            dy: -7,
            fill: "var(--soft)",
          }),
        ]
      : [];
  const name = kind === "loss" ? "Training loss" : "Clip accuracy on the test fold";
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

function say(value: number, kind: "loss" | "accuracy"): string {
  return kind === "accuracy" ? `${(100 * value).toFixed(1)} %` : value.toFixed(4);
}

/** About six epochs to write at the axis, the first and even steps. */
function wholeTicks(epochs: number): number[] {
  const rough = epochs / 6;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough)!);
  const even = Array.from({ length: Math.floor(epochs / step) }, (_, i) => (i + 1) * step);
  return even[0] === 1 ? even : [1, ...even];
}

/** A piece of a series' line with its symbol, for legends and tables. */
export function key(look: Look): Html {
  const { color, symbol, dash } = appearance(look);
  const figure = plot({
    width: 34,
    height: 14,
    margin: 2,
    axis: null,
    x: { domain: [-1, 1] },
    y: { domain: [-1, 1] },
    marks: [
      Plot.line([-1, 1], { x: (x) => x, y: () => 0, stroke: color, strokeWidth: 2, strokeDasharray: dash }),
      Plot.dot([0], { x: 0, y: 0, symbol, fill: color, r: 4 }),
    ],
  });
  return html`<span class="key" aria-hidden="true">${new Html(figure)}</span>`;
}

/** Long names end in an ellipsis; the figure's tooltips have them in full. */
function short(name: string, most = 18): string {
  const readable = readableName(name);
  return readable.length > most ? `${readable.slice(0, most - 1)}…` : readable;
}

/** "crying_baby" as people write it. */
export function readableName(name: string): string {
  return name.replaceAll("_", " ");
}

/** About as wide as a letter is on average, a little large. */
const LETTER = 7;

function widest(names: readonly string[]): number {
  return Math.max(...names.map((name) => short(name).length)) * LETTER;
}

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
        title: ({ c, value }) =>
          `${labels[r]}: ${say(value, "accuracy")} of ${readableName(classes[c]!)} told right`,
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

/** The few classes that a network finds likeliest of a clip, and the true one. */
export function probabilityBars(
  classes: readonly string[],
  probabilities: readonly number[],
  label: number,
  said: number,
): Html {
  const ranked = classes.map((_, c) => c).sort((a, b) => probabilities[b]! - probabilities[a]!);
  const shown = [...new Set([...ranked.slice(0, 3), label])];
  const name = (c: number) => short(classes[c]!) + (c === label ? " ✓" : "");
  const text = (c: number) =>
    probabilities[c]! < 0.005 ? "< 1 %" : `${(100 * probabilities[c]!).toFixed(0)} %`;
  const alt = shown.map((c) => `${readableName(classes[c]!)} ${text(c)}`).join(", ");
  return draw(`Probabilities: ${alt}; true is ${readableName(classes[label]!)}`, {
    width: 300,
    height: shown.length * 20 + 4,
    marginLeft: widest(shown.map((c) => `${classes[c]} ✓`)) + 8,
    marginRight: 44,
    marginTop: 2,
    marginBottom: 2,
    x: { domain: [0, 1], axis: null },
    y: { type: "band", domain: shown, tickFormat: name, tickSize: 0, label: null, padding: 0.25 },
    marks: [
      Plot.barX(shown, {
        y: (c) => c,
        x: (c) => probabilities[c],
        fill: (c) => (c === label ? "var(--right)" : c === said ? "var(--wrong)" : "var(--other)"),
      }),
      Plot.text(shown, { y: (c) => c, x: (c) => probabilities[c], text, textAnchor: "start", dx: 5 }),
    ],
    color: { type: "identity" },
  });
}

const HERTZ = [100, 500, 1000, 2000, 5000, 10000];

/** A log-mel spectrogram with its axes: seconds, and where frequencies in Hz lie on the mel scale. */
export function spectrogram({ png, seconds, frontEnd }: Picture, label: string): Html {
  const { sampleRate, nMels, melScale } = frontEnd;
  const highest = hzToMel(sampleRate / 2, melScale);
  // Band m is centred at (m + 1) of nMels + 1 equal steps on the mel scale.
  const band = (hz: number) => (hzToMel(hz, melScale) / highest) * (nMels + 1) - 0.5;
  const ticks = HERTZ.filter((hz) => hz <= sampleRate / 2 && band(hz) >= 0 && band(hz) <= nMels);
  const [width, height, left, bottom, top, right] = [300, 150, 34, 22, 6, 10];
  return draw(label, {
    width,
    height,
    marginLeft: left,
    marginBottom: bottom,
    marginTop: top,
    marginRight: right,
    x: { domain: [0, seconds], ticks: 5, tickFormat: (s: number) => `${s} s`, label: null },
    y: {
      domain: [0, nMels],
      ticks: ticks.map(band),
      tickFormat: (_: number, i: number) => (ticks[i]! < 1000 ? String(ticks[i]) : `${ticks[i]! / 1000}k`),
      label: null,
    },
    marks: [
      Plot.image([dataUri("image/png", png)], {
        src: (uri) => uri,
        x: seconds / 2,
        y: nMels / 2,
        width: width - left - right,
        height: height - top - bottom,
        preserveAspectRatio: "none",
      }),
    ],
  });
}

export function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}
