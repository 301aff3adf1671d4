// What the Train page draws: curves by epoch, the confusion matrix, and the filters of the first layer.
import type { Filters } from "./worker.ts";

const SVG = "http://www.w3.org/2000/svg";
/** The drawing, as page-html.ts has it, and what is left for the axes' numbers. */
const [WIDTH, HEIGHT] = [480, 260];
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 12, 12, 28];

function part(name: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/** About `count` even steps from 0 to `most`: 1, 2 or 5 of some power of ten. */
function ticks(most: number, count: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / count));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => most / n <= count)!;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step);
}

export interface Curve {
  values: readonly number[];
  /** How many epochs there will be. */
  epochs: number;
  /** The axis ends here; null: above the largest value. */
  most: number | null;
  /** A value that is worth a line of its own, and what it is called. */
  mark?: { value: number; label: string };
  format(value: number): string;
  /** What it is of, for those who hear it. */
  label: string;
}

export function drawCurve(chart: SVGSVGElement, { values, epochs, most, mark, format, label }: Curve): void {
  const high = most ?? (1.05 * Math.max(...values, 0) || 1);
  const x = (epoch: number) => LEFT + ((epoch - 1) / Math.max(1, epochs - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / high) * (HEIGHT - TOP - BOTTOM);
  const across = ticks(high, 5).flatMap((value) => [
    part("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }),
    part("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, format(value)),
  ]);
  const whole = ticks(epochs, 8).filter((epoch) => epoch >= 1 && Number.isInteger(epoch));
  const below = [...new Set([1, ...whole])].map((epoch) =>
    part("text", { x: x(epoch), y: HEIGHT - 8, "text-anchor": "middle" }, String(epoch)),
  );
  const marked =
    mark === undefined
      ? []
      : [
          part("line", { class: "mark", x1: LEFT, x2: WIDTH - RIGHT, y1: y(mark.value), y2: y(mark.value) }),
          part("text", { x: WIDTH - RIGHT, y: y(mark.value) - 5, "text-anchor": "end" }, mark.label),
        ];
  const points = values.map((value, i) => `${x(i + 1).toFixed(1)},${y(value).toFixed(1)}`);
  const line = part("polyline", { class: "line", points: points.join(" ") });
  const [lastX, lastY] = points.at(-1)?.split(",") ?? [];
  const dot = lastX === undefined ? [] : [part("circle", { class: "dot", cx: lastX, cy: lastY!, r: 4.5 })];
  chart.replaceChildren(...across, ...below, ...marked, line, ...dot);
  const last = values.at(-1);
  chart.ariaLabel =
    last === undefined
      ? `${label}: nothing yet`
      : `${label}: ${format(values[0]!)} after the first epoch, ${format(last)} after ${values.length} of ${epochs}`;
}

/** From which share of a row on a cell's number is written in the other colour. Between these no colour could be read. */
const FULL = 0.55;
const fill = (share: number) => (share > FULL ? 80 + 20 * share : 80 * share);

const readable = (name: string) => name.replaceAll("_", " ");

/** Rows are true classes, columns predicted ones. */
export function drawConfusion(
  table: HTMLTableElement,
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
): void {
  if (table.rows.length !== classes.length + 1 || table.dataset.classes !== classes.join("\n"))
    layOut(table, classes);
  table.classList.toggle("many", classes.length > 20);
  for (const [truth, row] of confusion.entries()) {
    const clips = row.reduce((sum, count) => sum + count, 0);
    for (const [said, count] of row.entries()) {
      const cell = table.rows[truth + 1]!.cells[said + 1]!;
      const share = clips === 0 ? 0 : count / clips;
      cell.textContent = count === 0 ? "" : String(count);
      cell.style.setProperty("--share", `${fill(share).toFixed(0)}%`);
      cell.classList.toggle("full", share > FULL);
      cell.title = `${readable(classes[truth]!)} taken for ${readable(classes[said]!)}: ${count} of ${clips}`;
    }
  }
}

function layOut(table: HTMLTableElement, classes: readonly string[]): void {
  table.dataset.classes = classes.join("\n");
  table.replaceChildren();
  const header = (row: HTMLTableRowElement, scope: string, name: string) => {
    const cell = document.createElement("th");
    cell.scope = scope;
    const text = cell.appendChild(document.createElement("span"));
    text.textContent = readable(name);
    row.append(cell);
  };
  const first = table.createTHead().insertRow();
  first.insertCell();
  for (const name of classes) header(first, "col", name);
  const body = table.createTBody();
  for (const [truth, name] of classes.entries()) {
    const row = body.insertRow();
    header(row, "row", name);
    for (const said of classes.keys()) row.insertCell().classList.toggle("right", said === truth);
  }
}

/** Orange and purple, as the report has them. */
const [FOR, AGAINST] = [
  [224, 130, 20],
  [128, 100, 190],
];
/** Of all weights, this share lies within the colours' range; a few large ones would make the rest pale. */
const WITHIN = 0.995;

/** A picture a filter: its channels side by side, a pixel a weight; the stronger, the less the page shows through. */
export function drawFilters(list: HTMLElement, { shape, data }: Filters, epoch: number): void {
  const [filters, channels, bands, frames] = shape as [number, number, number, number];
  const sizes = data.map(Math.abs).sort();
  const high = sizes[Math.floor(WITHIN * (sizes.length - 1))] || 1;
  const width = channels * (frames + 1) - 1;
  while (list.children.length > filters) list.lastElementChild!.remove();
  for (let filter = 0; filter < filters; filter++) {
    const canvas = (list.children[filter] ??
      list.appendChild(document.createElement("canvas"))) as HTMLCanvasElement;
    if (canvas.width !== width || canvas.height !== bands) [canvas.width, canvas.height] = [width, bands];
    const context = canvas.getContext("2d")!;
    const image = context.createImageData(width, bands);
    for (let channel = 0; channel < channels; channel++)
      for (let band = 0; band < bands; band++)
        for (let frame = 0; frame < frames; frame++) {
          const value = data[((filter * channels + channel) * bands + band) * frames + frame]!;
          const at = 4 * ((bands - 1 - band) * width + channel * (frames + 1) + frame);
          image.data.set([...(value > 0 ? FOR : AGAINST)!, 255 * Math.min(1, Math.abs(value) / high)], at);
        }
    context.putImageData(image, 0, 0);
  }
  list.ariaLabel = `The ${filters} filters of the first convolution after ${epoch} epochs`;
}
