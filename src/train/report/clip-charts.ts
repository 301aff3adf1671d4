// Figures about one clip: its sound as the network is given it, and what the network makes of it.
import * as Plot from "@observablehq/plot";
import { hzToMel } from "../../audio/melScale.ts";
import { draw, readableName, short, widest } from "./figure.ts";
import type { Html } from "./html.ts";
import type { Picture } from "./mistakes.ts";

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
    probabilities[c]! < 0.005 ? "< 1%" : `${(100 * probabilities[c]!).toFixed(0)}%`;
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
export function spectrogram({ png, seconds, sampleRate, frontEnd }: Picture, label: string): Html {
  const { nMels, melScale } = frontEnd;
  const mel = (hz: number) => hzToMel((hz * frontEnd.sampleRate) / sampleRate, melScale);
  // Band m is centred at (m + 1) of nMels + 1 equal steps on the mel scale.
  const band = (hz: number) => (mel(hz) / mel(sampleRate / 2)) * (nMels + 1) - 0.5;
  const ticks = apart(
    HERTZ.filter((hz) => hz <= sampleRate / 2),
    (hz) => band(hz) / nMels,
  );
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

/** Those of some ticks that have room for a number, a twelfth of the axis from one to the next. */
function apart(ticks: readonly number[], place: (tick: number) => number): number[] {
  const kept: number[] = [];
  for (const tick of ticks) {
    const before = kept.at(-1);
    if (
      place(tick) >= 0 &&
      place(tick) <= 1 &&
      (before === undefined || place(tick) - place(before) > 1 / 12)
    )
      kept.push(tick);
  }
  return kept;
}

export function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}
