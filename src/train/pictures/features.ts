// A picture of what the network hears: the log-mel spectrogram and, where it has them, its deltas over time, with axes and words.
import { fileURLToPath } from "node:url";
import { createCanvas, GlobalFonts, type SKRSContext2D } from "@napi-rs/canvas";
import { hzToMel } from "../../audio/melScale.ts";
import type { Features } from "../features/features.ts";
import { type Extent, heardRate, nearestSpan } from "../features/segment-times.ts";
import type { LogMel } from "../recipes/recipe.ts";
import { lengthText, timeText } from "../terminal/words.ts";
import { type ColorMap, LEVELS, paint, rangeOf, SIGNED } from "./spectrogram.ts";

export interface FeaturesView {
  title: string;
  /** How many segments of what it is, in words. */
  summary: string;
  extent: Extent;
  /** Of one sound. */
  features: Features;
  /** `[segments, nMels, frames]`, dB a frame; null where the network has none. */
  deltas: Float32Array | null;
  /** Whose front end it is. */
  recipe: string;
  frontEnd: LogMel;
}

/** Pixels. */
const WIDTH = 1600;
const LEFT = 100;
const RIGHT = 128;
const TOP = 92;
const PLOT = WIDTH - LEFT - RIGHT;
const LEVEL_HEIGHT = 420;
const STRIP_HEIGHT = 18;
const GAP = 18;
const DELTA_HEIGHT = 240;
const BOTTOM = 64;
const HEIGHT = TOP + LEVEL_HEIGHT + GAP + STRIP_HEIGHT + BOTTOM;

const INK = "#1c1b22";
const FAINT = "#6b6a75";
const LINE = "#c9c8d0";
const UNHEARD = "#f3f2f6";
const SILENCE = "#d5d4dc";
const SEGMENT = "#5b3f8c";

/** Draws it as a PNG file. A sound that is shorter than a segment is shown repeated until it fills one, as the network hears it. */
export function featuresPicture(sound: FeaturesView): Uint8Array {
  const height = HEIGHT + (sound.deltas === null ? 0 : GAP + DELTA_HEIGHT);
  const canvas = createCanvas(WIDTH, height);
  const context = canvas.getContext("2d");
  registerFonts();
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, WIDTH, height);
  drawTitle(context, sound);

  const { frontEnd } = sound;
  const segment = frontEnd.segmentSamples / heardRate(frontEnd, sound.extent);
  const extent = { ...sound.extent, seconds: Math.max(sound.extent.seconds, segment) };
  const overTime = (values: Float32Array) => stitch(values, sound.features, frontEnd, extent, PLOT);
  const panel = (values: Float32Array, look: Colors, box: Box) => {
    drawValues(context, values, frontEnd.nMels, look, box);
    drawFrequencies(context, frontEnd, extent, box);
    drawColors(context, look, { ...box, x: box.x + box.width + 24, width: 18 });
  };

  const levels = overTime(sound.features.values);
  const [lowest, highest] = rangeOf(levels);
  const levelBox = { x: LEFT, y: TOP, width: PLOT, height: LEVEL_HEIGHT };
  const range: Range = [Math.max(Math.min(lowest, highest - 10), highest - frontEnd.topDb), highest];
  panel(levels, { range, colors: LEVELS, unit: "dB" }, levelBox);

  const strip = { x: LEFT, y: TOP + LEVEL_HEIGHT + GAP, width: PLOT, height: STRIP_HEIGHT };
  drawSegments(context, { ...sound, extent }, strip);

  if (sound.deltas === null) {
    drawTimes(context, extent.seconds, strip);
    return canvas.encodeSync("png");
  }
  const deltas = overTime(sound.deltas);
  const deltaBox = { x: LEFT, y: strip.y + STRIP_HEIGHT + GAP, width: PLOT, height: DELTA_HEIGHT };
  const most = quantile(deltas, 0.995) || 1; // the few that are larger would leave the rest pale
  panel(deltas, { range: [-most, most], colors: SIGNED, unit: "dB a frame" }, deltaBox);
  drawTimes(context, extent.seconds, deltaBox);
  return canvas.encodeSync("png");
}

type Range = readonly [low: number, high: number];
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
interface Colors {
  range: Range;
  colors: ColorMap;
  unit: string;
}

/** The font comes along: a machine without a screen may have none. */
function registerFonts(): void {
  if (GlobalFonts.has(FONT)) return;
  for (const weight of [400, 600]) {
    const file = import.meta.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff2`);
    GlobalFonts.registerFromPath(fileURLToPath(file), FONT);
  }
}
const FONT = "otograd Inter";

interface Type {
  size?: number;
  weight?: number;
  color?: string;
  align?: CanvasTextAlign;
  /** The widest that the words may be; longer ones end in "…". */
  most?: number;
}

/** Writes words beside, or around, a point. */
function text(context: SKRSContext2D, words: string, x: number, y: number, type: Type = {}): void {
  const { size = 17, weight = 400, color = INK, align = "left", most = Number.POSITIVE_INFINITY } = type;
  context.font = `${weight} ${size}px "${FONT}", sans-serif`;
  context.fillStyle = color;
  context.textAlign = align;
  context.textBaseline = "middle";
  let shown = words;
  for (let kept = words.length; context.measureText(shown).width > most; )
    shown = `${words.slice(0, --kept)}…`;
  context.fillText(shown, x, y);
}

function drawTitle(context: SKRSContext2D, { title, summary, extent, recipe, frontEnd }: FeaturesView): void {
  const { sampleRate, nFft, hopLength } = frontEnd;
  const how = `${recipe}: windows of ${nFft} every ${hopLength} samples at ${sampleRate / 1000} kHz`;
  text(context, title, LEFT, 34, { size: 26, weight: 600, most: PLOT });
  const facts = [lengthText(extent.seconds), summary, how].join("   ·   ");
  text(context, facts, LEFT, 66, { color: FAINT, most: PLOT });
}

/** Values `[nMels, width of the box]`. */
function drawValues(
  context: SKRSContext2D,
  values: Float32Array,
  nMels: number,
  look: Colors,
  box: Box,
): void {
  context.fillStyle = UNHEARD;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(paint(values, [nMels, box.width], look), box.x, box.y, box.width, box.height);
  frame(context, box);
}

function frame(context: SKRSContext2D, { x, y, width, height }: Box): void {
  context.strokeStyle = LINE;
  context.lineWidth = 1;
  context.strokeRect(x - 0.5, y - 0.5, width + 1, height + 1);
}

/** The sound's own frequencies beside the bands that are about them. */
function drawFrequencies(context: SKRSContext2D, frontEnd: LogMel, sound: Extent, box: Box): void {
  const { sampleRate, nMels, melScale } = frontEnd;
  const pitch = sampleRate / heardRate(frontEnd, sound); // below 1 where a sound at a higher rate was not resampled
  const top = hzToMel(sampleRate / 2, melScale);
  let last = Number.POSITIVE_INFINITY;
  for (const hz of [100, 200, 500, 1000, 2000, 4000, 8000, 16000]) {
    // Bands are triangles with equally spaced corners: band m, the corner m + 1 of nMels + 2, is at its highest there.
    const band = (hzToMel(hz * pitch, melScale) / top) * (nMels + 1) - 1;
    const y = box.y + box.height * (1 - (band + 0.5) / nMels);
    if (y < box.y || y > box.y + box.height || last - y < 18) continue;
    last = y;
    tick(context, box.x - 7, y, 6, 0);
    text(context, hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`, box.x - 12, y, { align: "right" });
  }
}

function tick(context: SKRSContext2D, x: number, y: number, dx: number, dy: number): void {
  context.strokeStyle = FAINT;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + dx, y + dy);
  context.stroke();
}

function drawColors(context: SKRSContext2D, { range: [low, high], colors, unit }: Colors, box: Box): void {
  const ramp = Float32Array.from({ length: 256 }, (_, i) => i);
  context.drawImage(paint(ramp, [256, 1], { range: [0, 256], colors }), box.x, box.y, box.width, box.height);
  frame(context, box);
  const step = STEPS.find((each) => ((high - low) / each) * 34 <= box.height) ?? 100;
  for (let i = Math.ceil(low / step); i * step <= high; i++) {
    const value = i * step;
    const y = box.y + box.height * (1 - (value - low) / (high - low || 1));
    tick(context, box.x + box.width + 1, y, 6, 0);
    text(context, signed(value, step), box.x + box.width + 12, y);
  }
  text(context, unit, box.x, box.y - 14, { color: FAINT });
}
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

function signed(value: number, step: number): string {
  return value.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0).replace("-", "−");
}

/** A strip in which each segment is where it is nearest; silent ones are pale. */
function drawSegments(context: SKRSContext2D, { features, extent, frontEnd }: FeaturesView, box: Box): void {
  const { silent } = features;
  const middle = box.y + box.height / 2;
  text(context, "segments", box.x - 12, middle, { align: "right" });
  const spans = Array.from(silent, (_, i) => nearestSpan(i, silent.length, frontEnd, extent));
  const toX = (t: number) => Math.round(box.x + (t / extent.seconds) * box.width);
  let silence = box.x; // where the silence began that goes on
  for (const [i, span] of spans.entries()) {
    const [x, end] = [toX(span.start), toX(span.end)];
    const gap = end - x > 6 ? 1 : 0;
    context.fillStyle = silent[i] === 1 ? SILENCE : SEGMENT;
    context.fillRect(x + gap, box.y, end - x - 2 * gap, box.height);
    if (silent[i] === 0) silence = end;
    else if (silent[i + 1] !== 1 && end - silence > 60)
      text(context, "silent", (silence + end) / 2, middle, { size: 13, color: FAINT, align: "center" });
  }
}

function drawTimes(context: SKRSContext2D, seconds: number, box: Box): void {
  const step =
    TIME_STEPS.find((each) => (each / seconds) * box.width >= 80) ?? 3600 * Math.ceil(seconds / 36000);
  for (let i = 0; i * step <= seconds; i++) {
    const x = box.x + ((i * step) / seconds) * box.width;
    tick(context, x, box.y + box.height + 1, 0, 6);
    text(context, timeText(i * step, step), x, box.y + box.height + 22, { align: "center" });
  }
}
const TIME_STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600,
];

/**
 * Segments `[segments, nMels, frames]` side by side as `[nMels, width]` over all of the sound: each column is the mean of
 * what the segments that are nearest say of its time, NaN where none is.
 */
export function stitch(
  values: Float32Array,
  { shape, silent }: Pick<Features, "shape" | "silent">,
  frontEnd: LogMel,
  sound: Extent,
  width: number,
): Float32Array {
  const [nMels, frames] = shape as [number, number];
  const rate = heardRate(frontEnd, sound);
  const hop = frontEnd.hopLength / rate;
  const each = sound.seconds / width;
  const looks = Math.max(1, Math.round(each / hop)); // at a column's time
  const out = new Float32Array(nMels * width).fill(Number.NaN);
  const spans = Array.from(silent, (_, i) => nearestSpan(i, silent.length, frontEnd, sound));
  let segment = 0;
  for (let column = 0; column < width; column++) {
    const found: number[] = []; // where in the values the frames begin
    for (let look = 0; look < looks; look++) {
      const t = (column + (look + 0.5) / looks) * each;
      while (segment < spans.length && spans[segment]!.end <= t) segment++;
      if (segment === spans.length) break;
      const start = (segment * frontEnd.segmentStep) / rate;
      const frame = Math.min(frames - 1, Math.round((t - start) / hop));
      found.push(segment * nMels * frames + frame);
    }
    if (found.length === 0) continue;
    for (let mel = 0; mel < nMels; mel++) {
      const sum = found.reduce((total, at) => total + values[at + mel * frames]!, 0);
      out[mel * width + column] = sum / found.length;
    }
  }
  return out;
}

/** The magnitude below which this share of the finite values is. */
function quantile(values: Float32Array, share: number): number {
  const sizes = values.filter(Number.isFinite).map(Math.abs).sort();
  return sizes[Math.floor(share * (sizes.length - 1))] ?? 0;
}
