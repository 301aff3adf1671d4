// A run's own part of the report: what it takes for what, its worst mistakes, its first layer.
import { foldName } from "../dataset/dataset.ts";
import type { HostArray } from "../files/arrays.ts";
import type { Confusion } from "../runs/confusion.ts";
import { confusionMatrix } from "./class-charts.ts";
import { dataUri, probabilityBars, spectrogram } from "./clip-charts.ts";
import { readableName } from "./figure.ts";
import { filterPictures } from "./filters.ts";
import { type Content, type Html, html } from "./html.ts";
import type { Examination, Mistake } from "./mistakes.ts";
import { confusionOfRun, type Run } from "./runs.ts";

/** A run with what was found out about it for the report. */
export interface Reported {
  readonly run: Run;
  /** A sentence where the run could not be tested anew. */
  readonly examination: Examination | string;
  /** The first layer's weights; of a cross-validation its first fold's. */
  readonly filters: HostArray | undefined;
}

/** The confusion matrix that the run wrote, or else that of its model as it is; null where there is neither. */
export function confusionFor({ run, examination }: Reported): Confusion | null {
  return confusionOfRun(run) ?? (typeof examination === "string" ? null : examination.confusion);
}

/** Whether the first layer can be drawn: only Piczak's network has filters as tall as a spectrogram. */
export function hasFilters({ folds }: Run): boolean {
  return folds[0]!.config.recipe.network.kind === "piczak";
}

export function runSection(reported: Reported): Content {
  const { run, examination, filters } = reported;
  const { classes, recipe } = run.folds[0]!.config;
  return [
    html`<p class="lead">${recipe.name}: ${recipe.description}.</p>`,
    html`<h3>What is taken for what</h3>`,
    confusionPart(classes, confusionFor(reported), run),
    html`<h3>Worst mistakes</h3>`,
    mistakesPart(classes, examination, run),
    hasFilters(run) ? [html`<h3>First-layer filters</h3>`, filtersPart(filters, run)] : null,
  ];
}

/** So many confusions are listed beside the matrix. */
const LISTED = 8;

function confusionPart(classes: readonly string[], confusion: Confusion | null, { label }: Run): Html {
  if (confusion === null) return html`<p class="missing">There is no test result yet.</p>`;
  const wrong = confusion
    .flatMap((row, truth) => row.map((count, said) => ({ truth, said, count })))
    .filter(({ truth, said, count }) => truth !== said && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, LISTED);
  const matrix = html`<figure><figcaption>Confusion matrix <small>a row is a true class, a column what was said; the fuller the colour, the larger the share of the row</small></figcaption>
<div${classes.length > 20 ? html` class="scroll" tabindex="0" role="region" aria-label="Confusion matrix, scrollable"` : null}>${confusionMatrix(classes, confusion, `Confusion matrix of ${label}`)}</div></figure>`;
  const list = html`<div><table><caption>Most often</caption>
<thead><tr><th scope="col">True class</th><th scope="col">was taken for</th><th scope="col" class="number">clips</th></tr></thead>
<tbody>${wrong.map(({ truth, said, count }) => html`<tr><td>${readableName(classes[truth]!)}</td><td>${readableName(classes[said]!)}</td><td class="number">${count}</td></tr>`)}</tbody></table></div>`;
  const beside = wrong.length > 0 ? list : html`<p>Every clip was told right.</p>`;
  return classes.length > 20
    ? html`${matrix}\n<div class="pair">${beside}</div>`
    : html`<div class="pair">${matrix}\n${beside}</div>`;
}

function mistakesPart(classes: readonly string[], examination: Examination | string, run: Run): Html {
  if (typeof examination === "string") {
    return html`<p class="missing">Not shown: ${examination}</p>`;
  }
  const { mistakes, wrong, clips, confusion } = examination;
  const written = confusionOfRun(run);
  const differs = written !== null && JSON.stringify(written) !== JSON.stringify(confusion);
  const note = differs
    ? html`<p class="missing">Tested again here, the model answers otherwise than result.json says: on another adapter, on other sounds, or trained on since.</p>`
    : null;
  if (wrong === 0) return html`${note}<p>None: all ${clips} clips were told right.</p>`;
  const { kind } = run.folds[0]!.config.recipe.frontEnd;
  const how = kind === "log-mel" ? "as the network hears them" : "drawn as spectrograms";
  const which = mistakes.length === wrong ? "All of them" : `The ${mistakes.length} it was surest of`;
  return html`${note}<p>${wrong} of ${clips} clips were told wrong. ${which}, the surest first, ${how}: time from left to right, pitch from low to high in Hz, brighter is louder.</p>
<div class="mistakes">${mistakes.map((mistake) => card(classes, mistake))}</div>`;
}

function card(classes: readonly string[], mistake: Mistake): Html {
  const { clip, fold, label, said, probabilities, picture, wav, cut } = mistake;
  const [truth, wrong] = [readableName(classes[label]!), readableName(classes[said]!)];
  return html`
<article class="mistake">
<h4>${truth}, taken for ${wrong}</h4>
<p class="note">${clip}, ${foldName(fold)}${cut ? `, its first ${picture.seconds.toFixed(0)} seconds` : ""}</p>
${spectrogram(picture, `Log-mel spectrogram of ${clip}: ${truth}`)}
<audio controls preload="metadata" aria-label="${`${clip}: ${truth}`}" src="${dataUri("audio/wav", wav)}"></audio>
${probabilityBars(classes, probabilities, label, said)}
</article>`;
}

function filtersPart(weight: HostArray | undefined, { crossValidation, folds }: Run): Html {
  const pictures = filterPictures(weight);
  if (pictures.length === 0) return html`<p class="missing">Not shown: no model was saved.</p>`;
  const [, , mels, frames] = weight!.shape;
  const whose = crossValidation ? ` Of fold ${folds[0]!.config.fold}'s network.` : "";
  return html`<p>Each filter looks at ${mels} mel bands (low at the bottom) and ${frames} frames: on the left at the log-mel spectrogram, on the right at its deltas. Orange answers to more, purple to less than the mean.${whose}</p>
<ul class="filters" aria-label="First-layer filters">${pictures.map(
    (png, i) => html`
<li><img src="${dataUri("image/png", png)}" alt="Weights of filter ${i + 1}" width="26" height="114">${i + 1}</li>`,
  )}</ul>`;
}
