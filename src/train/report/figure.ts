// What the report's figures share. They are drawn by Observable Plot as SVG; colours are the page's CSS variables, so
// that one drawing serves light and dark: --s0 … --s7 tell runs apart, and shapes and dashes do so too for whom colours do not.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { Html, html } from "./html.ts";

const COLORS = 8;
const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "wye", "cross"] as const;

const { document } = parseHTML("<html></html>");

/** How many times its size a figure may grow to fill its column: letters grow with it. */
const MOST_GROWTH = 1.3;

/** A figure with a name for those who do not see it; its style is the page's. */
export function draw(label: string, options: Plot.PlotOptions & { width: number }): Html {
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
export function appearance(series: Look) {
  if (series === "mean") return { color: "var(--ink)", symbol: "circle", dash: undefined } as const;
  return {
    color: `var(--s${series % COLORS})`,
    symbol: SYMBOLS[series % SYMBOLS.length]!,
    dash: series < COLORS ? undefined : "6 3",
  };
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
export function short(name: string, most = 18): string {
  const readable = readableName(name);
  return readable.length > most ? `${readable.slice(0, most - 1)}…` : readable;
}

/** "crying_baby" as people write it. */
export function readableName(name: string): string {
  return name.replaceAll("_", " ");
}

/** About as wide as a letter is on average, a little large. */
const LETTER = 7;

/** What the longest of some names takes beside an axis. */
export function widest(names: readonly string[]): number {
  return Math.max(...names.map((name) => short(name).length)) * LETTER;
}
