// The program of the Train page: takes the fields, has the worker train, and shows what becomes of it.
import type { EpochMetrics } from "../../src/train/runs/metrics.ts";
import type { Standing } from "../../src/train/terminal/talk.ts";
import { duration } from "../../src/train/terminal/words.ts";
import { chosen, onDrop } from "../hearing/dropped.ts";
import { decode } from "../hearing/sound.ts";
import { download } from "../shell/download.ts";
import { drawConfusion, drawCurve, drawFilters } from "./charts.ts";
import type { Dropped } from "./dropped.ts";
import type { Asked, Fields, Filters, Told } from "./worker.ts";

const find = <E extends Element>(selector: string) => document.querySelector<E>(selector)!;
const form = find<HTMLFormElement>("form.order");
const [start, stop, goOn, runFolder] = [".start", ".stop", ".go-on", ".run-folder"].map((name) =>
  find<HTMLButtonElement>(name),
) as [HTMLButtonElement, HTMLButtonElement, HTMLButtonElement, HTMLButtonElement];
const verdict = find<HTMLElement>(".verdict");
const bar = find<HTMLProgressElement>("progress");
const standing = find<HTMLElement>(".standing");
const log = find<HTMLElement>(".log");
const esc10 = find<HTMLInputElement>(".esc10");
const changes = find<HTMLInputElement>(".changes");
const synthetic = find<HTMLButtonElement>(".synthetic");

/** At which the browser decodes what is no WAV file. */
const SAMPLE_RATE = 44100;

let worker: Worker | null = null;
let data: "synthetic" | Dropped = "synthetic";
let classes: readonly string[] = [];
let epochs = 0;
/** How many of them can be gone on from; null where nothing was begun. */
let done: number | null = null;
let metrics: EpochMetrics[] = [];
/** The filters before training, and those that were told last. */
let filters: { first: Filters; last: Filters; epoch: number } | null = null;

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

function say(text: string, right: boolean | null = null): void {
  verdict.textContent = text;
  verdict.dataset.right = right === null ? "" : String(right);
}

function fields(): Fields {
  return Object.fromEntries(
    [...new FormData(form)].map(([name, value]) => [name, String(value)]),
  ) as unknown as Fields;
}

/** What would do the same on the command line, in a terminal that takes quotes. */
function showCommand(): void {
  const { set, ...rest } = fields();
  const where = data === "synthetic" ? data : data.name.replace(/\.zip$/i, "");
  const quoted = (word: string) => (/^[\w.,=/:-]*$/.test(word) ? word : `'${word}'`);
  const flags = Object.entries({ data: where, ...rest }).flatMap(([name, value]) =>
    value.trim() === "" ? [] : [`--${name} ${quoted(value.trim())}`],
  );
  const sets = set.split(/\s+/).flatMap((word) => (word === "" ? [] : [`--set ${quoted(word)}`]));
  find(".command code").textContent = ["bun run train", ...flags, ...sets].join(" ");
}

function showCurves(): void {
  const { most, mark } = { most: 1, mark: { value: 1 / (classes.length || 1), label: "guessing" } };
  drawCurve(find<SVGSVGElement>(".chart.loss"), {
    values: metrics.map(({ loss }) => loss),
    epochs: epochs || 20,
    most: null,
    format: (loss) => String(Number(loss.toFixed(loss < 0.1 ? 3 : 2))),
    label: "Training loss by epoch",
  });
  drawCurve(find<SVGSVGElement>(".chart.accuracy"), {
    values: metrics.map(({ accuracy }) => accuracy),
    epochs: epochs || 20,
    most,
    ...(classes.length > 0 && { mark }),
    format: percent,
    label: "Clip accuracy by epoch",
  });
  const last = metrics.at(-1);
  find(".now-loss").textContent = last === undefined ? "" : last.loss.toFixed(3);
  find(".now-accuracy").textContent = last === undefined ? "" : percent(last.accuracy);
}

function showNumbers(): void {
  const body = find<HTMLTableElement>("table.epochs").tBodies[0]!;
  while (body.rows.length > metrics.length) body.deleteRow(-1);
  for (const line of metrics.slice(body.rows.length)) {
    const { epoch, loss, accuracy, accuracyMajority, segmentAccuracy, seconds } = line;
    const row = body.insertRow();
    const shares = [accuracy, accuracyMajority, segmentAccuracy].map((share) => share.toFixed(4));
    for (const text of [String(epoch), loss.toFixed(4), ...shares, seconds.toFixed(2)])
      row.insertCell().textContent = text;
  }
}

function showFilters(): void {
  if (filters === null) return;
  const { first, last, epoch } = filters;
  const data = changes.checked ? last.data.map((value, i) => value - first.data[i]!) : last.data;
  drawFilters(find(".filters"), { ...last, data }, epoch);
}

function showStanding({ epoch, epochs, loss, samplesPerSecond, secondsLeft }: Standing): void {
  const rate = Number.isFinite(samplesPerSecond) ? `, ${samplesPerSecond.toFixed(0)} segments a second` : "";
  const soFar = Number.isFinite(loss) ? `, loss ${loss.toFixed(3)}` : "";
  standing.textContent = `Epoch ${epoch} of ${epochs}${soFar}${rate}; ${duration(secondsLeft)} left`;
}

/** What can be clicked, while it trains and when it does not. */
function running(is: boolean): void {
  const held = document.activeElement;
  start.disabled = is;
  stop.hidden = !is;
  stop.disabled = false;
  goOn.hidden = is || done === null || done >= (Number(fields().epochs) || epochs);
  runFolder.disabled = is || metrics.length === 0;
  bar.hidden = !is;
  if (!is) standing.textContent = "";
  // Whoever has no mouse stays where the button was that did it.
  if (is && (held === start || held === goOn)) stop.focus();
  if (!is && held === stop) (goOn.hidden ? start : goOn).focus();
}

function ask(asked: Asked): void {
  worker ??= opened();
  worker.postMessage(asked);
}

function opened(): Worker {
  const made = new Worker(new URL("./train-worker.js", import.meta.url), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<Told>) => take(data);
  made.onerror = ({ message }) => {
    worker = null;
    running(false);
    say(`The training could not be run: ${message}`, false);
  };
  return made;
}

function take(told: Told): void {
  switch (told.tell) {
    case "line":
      log.append(`${told.line}\n`);
      log.scrollTop = log.scrollHeight;
      return;
    case "work":
      if (told.standing === undefined) {
        bar.value = told.share;
        standing.textContent = told.what;
      } else {
        bar.value = (told.standing.epoch - 1 + told.share) / told.standing.epochs;
        showStanding(told.standing);
      }
      return;
    case "begun":
      ({ classes, epochs } = told);
      say("Training");
      showCurves();
      return;
    case "epoch":
      metrics = [...metrics.slice(0, told.metrics.epoch - 1), told.metrics];
      find<HTMLElement>(".learned").hidden = false;
      find<HTMLElement>(".numbers").hidden = false;
      showCurves();
      showNumbers();
      drawConfusion(find("table.confusion"), classes, told.confusion);
      return;
    case "filters":
      filters = {
        first: told.epoch === 0 ? told.filters : filters!.first,
        last: told.filters,
        epoch: told.epoch,
      };
      showFilters();
      return;
    case "ended":
      metrics = metrics.slice(0, told.epochs ?? 0);
      showCurves();
      showNumbers();
      done = told.epochs;
      running(false);
      say(told.says, told.how === "stopped" ? null : told.how === "done");
      return;
    case "zip":
      download(told.zip as Uint8Array<ArrayBuffer>, "application/zip", "otograd-run.zip");
      return;
    case "decode":
      decode(told.bytes.buffer as ArrayBuffer, told.name, SAMPLE_RATE).then(
        (samples) => ask({ ask: "decoded", id: told.id, sound: { samples, sampleRate: SAMPLE_RATE } }),
        ({ message }: Error) => ask({ ask: "decoded", id: told.id, sound: message }),
      );
  }
}

/** What is trained on from now on: `dropped`, or the synthetic sounds. */
function takeData(dropped: Dropped | null): void {
  data = dropped ?? "synthetic";
  find(".data").textContent = dropped === null ? "Synthetic: 8 kinds, 160 clips" : dropped.name;
  synthetic.hidden = dropped === null;
  esc10.parentElement!.hidden = dropped === null;
  showCommand();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  metrics = [];
  log.textContent = "";
  running(true);
  say("Opening the GPU …");
  ask({
    ask: "train",
    fields: fields(),
    data: data === "synthetic" ? data : { ...data, esc10: esc10.checked },
  });
});
form.addEventListener("input", () => {
  showCommand();
  if (stop.hidden) running(false);
});
changes.addEventListener("input", showFilters);
stop.addEventListener("click", () => {
  stop.disabled = true;
  ask({ ask: "stop" });
});
goOn.addEventListener("click", () => {
  running(true);
  ask({ ask: "go on", epochs: fields().epochs });
});
runFolder.addEventListener("click", () => ask({ ask: "zip" }));
synthetic.addEventListener("click", () => takeData(null));
for (const name of [".archive", ".folder"])
  find<HTMLInputElement>(name).addEventListener("change", ({ target }) => {
    const bundle = chosen(target as HTMLInputElement);
    if (bundle !== null) takeData({ ...bundle, esc10: false });
  });
// Both may be dropped anywhere.
onDrop(
  (bundle) => {
    if (stop.hidden) takeData({ ...bundle, esc10: false });
  },
  ({ message }) => {
    if (stop.hidden) say(message, false);
  },
);
showCommand();
showCurves();
