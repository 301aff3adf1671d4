// The report's part about "none of these": the curve of what is refused against what is kept, and where each run stands on it.
import * as Plot from "@observablehq/plot";
import { meanCurve, rocCurve } from "../learning/openset/curve.ts";
import { sumOfOpenSets } from "../runs/folds.ts";
import type { OpenSet } from "../runs/metrics.ts";
import { appearance, draw, key, type Look, readableName } from "./figure.ts";
import { type Content, type Html, html, percent } from "./html.ts";
import type { FoldOpenSet } from "./mistakes.ts";
import type { Reported } from "./run-section.ts";

/** A run that says "none of these", with what its folder or a new test tells of it. */
interface Judged {
  readonly label: string;
  readonly look: Look;
  readonly crossValidation: boolean;
  readonly total: OpenSet;
  /** The share of known sounds that its threshold was to keep; null where it has none. */
  readonly keep: number | null;
  /** Tested anew; a sentence where that could not be. */
  readonly folds: readonly FoldOpenSet[] | string;
}

/** Whether there is such a part. */
export function hasOpenSet(reported: readonly Reported[]): boolean {
  return reported.some((each, i) => judge(each, i) !== null);
}

function judge({ run, examination }: Reported, index: number): Judged | null {
  const { label, crossValidation } = run;
  const written = run.folds.flatMap(({ result }) => result?.openSet ?? []);
  const tested = typeof examination === "string" ? [] : examination.openSets;
  const all = written.length > 0 ? written : tested.map(({ openSet }) => openSet);
  if (all.length === 0) return null;
  const { other } = run.folds[0]!.config;
  return {
    label,
    look: index,
    crossValidation,
    total: sumOfOpenSets(all),
    keep: other?.kind === "threshold" ? other.keep : null,
    folds: typeof examination === "string" ? examination : tested,
  };
}

export function openSetPart(reported: readonly Reported[]): Content {
  const judged = reported.flatMap((each, i) => judge(each, i) ?? []);
  const curved = judged.filter(({ folds }) => typeof folds !== "string" && folds.some(hasUnknown));
  const missing = judged.flatMap(({ label, folds }) =>
    typeof folds === "string" ? [html`<p class="missing">${label} has no curve: ${folds}</p>`] : [],
  );
  const several = judged.length > 1;
  const legend = html`<ul class="legend">${judged.map(({ look, label }) => html`<li>${key(look)}${label}</li>`)}</ul>`;
  const figure =
    curved.length === 0
      ? null
      : html`<figure><figcaption>What is refused against what is kept <small>every threshold there could be; ${
          curved.some(({ crossValidation }) => crossValidation)
            ? "the thick line is the mean of the folds, thin ones are the folds; "
            : ""
        }the large symbol is where it stands; dotted is chance</small></figcaption>${rocChart(curved)}</figure>`;
  return [
    html`<p>A sound that is not like any class is told to be none of these. Of known sounds as many as possible are to be kept, of unknown ones as many as possible refused: the nearer to the corner at the top right, the better. AUROC is the area under the curve, the chance that a known clip is more like its class than an unknown one is like any; 0.5 is guessing.</p>`,
    several ? legend : null,
    ...missing,
    html`<div class="pair">${figure}<div>${table(judged, several)}</div></div>`,
  ];
}

const hasUnknown = ({ scores }: FoldOpenSet) => scores.unknown.length > 0 && scores.known.length > 0;

function rocChart(judged: readonly Judged[]): Html {
  const marks = judged.flatMap(({ label, look, folds, total, crossValidation }) => {
    const { color, symbol } = appearance(look);
    const curves = (folds as readonly FoldOpenSet[]).filter(hasUnknown).map(({ scores }) => rocCurve(scores));
    const line = (points: readonly { kept: number; refused: number }[], thin: boolean) =>
      Plot.line([...points], {
        x: "kept",
        y: "refused",
        stroke: color,
        strokeWidth: thin ? 1 : 2,
        strokeOpacity: thin ? 0.4 : 1,
        curve: thin || crossValidation ? "linear" : "step-before",
      });
    const stands = [{ kept: total.kept / total.known, refused: total.refused / total.unknown }];
    return [
      ...(crossValidation ? curves.map((curve) => line(curve, true)) : []),
      line(crossValidation ? meanCurve(curves) : curves[0]!, false),
      Plot.dot(stands, {
        x: "kept",
        y: "refused",
        symbol,
        fill: color,
        stroke: "var(--paper)",
        r: 6,
        title: ({ kept, refused }) => `${label}: ${percent(kept)} kept, ${percent(refused)} refused`,
      }),
    ];
  });
  const names = judged.map(({ label, total }) => `${label}, AUROC ${total.auroc!.toFixed(3)}`);
  return draw(`Share of unknown clips refused by share of known clips kept: ${names.join("; ")}`, {
    width: 400,
    height: 330,
    marginLeft: 44,
    marginRight: 24,
    marginTop: 28,
    marginBottom: 38,
    x: { domain: [0, 1], tickFormat: "%", ticks: 5, label: "known kept →", labelAnchor: "right" },
    y: { domain: [0, 1], tickFormat: "%", ticks: 5, label: "unknown refused", labelAnchor: "top" },
    marks: [
      Plot.gridX({ stroke: "currentColor", strokeOpacity: 0.15 }),
      Plot.gridY({ stroke: "currentColor", strokeOpacity: 0.15 }),
      Plot.line(
        [
          { x: 0, y: 1 },
          { x: 1, y: 0 },
        ],
        {
          x: "x",
          y: "y",
          stroke: "currentColor",
          strokeOpacity: 0.6,
          strokeDasharray: "1 3",
        },
      ),
      ...marks,
    ],
  });
}

function table(judged: readonly Judged[], several: boolean): Html {
  const share = (part: number, all: number) =>
    html`<td class="number">${all === 0 ? "–" : percent(part / all)}</td>`;
  const row = (name: Content, part: number, all: number) => html`
<tr><th scope="row">${name}</th><td class="number">${part} of ${all}</td>${share(part, all)}</tr>`;
  return html`${judged.map(({ label, look, total, keep }) => {
    const { known, kept, unknown, refused, auroc, classes } = total;
    const wanted = keep === null ? null : html` <small class="soft">wanted: ${percent(keep)}</small>`;
    return html`<table><caption>${several ? key(look) : null}${several ? label : "Where it stands"}</caption>
<thead><tr><th scope="col">Test clips</th><th scope="col" class="number">clips</th><th scope="col" class="number">share</th></tr></thead>
<tbody>${row(html`Known, kept${wanted}`, kept, known)}${unknown === 0 ? null : row("Unknown, refused", refused, unknown)}${
      classes.length < 2
        ? null
        : classes.map((each) => row(`${readableName(each.name)}, refused`, each.refused, each.clips))
    }${
      auroc === null
        ? null
        : html`
<tr><th scope="row">AUROC</th><td></td><td class="number">${auroc.toFixed(3)}</td></tr>`
    }</tbody>
</table>`;
  })}`;
}
