// The program of the Listen page: a few times a second the last two seconds go to the network, or as many as a run wants.
import { interpolateMagma } from "d3-scale-chromatic";
import { argmax } from "../../src/train/learning/voting.ts";
import { Leveller } from "../../src/train/listen/level.ts";
import { NONE, showBars } from "../hearing/bars.ts";
import { Hearing } from "../hearing/client.ts";
import { type Bundle, chosen, onDrop } from "../hearing/dropped.ts";
import { Last } from "../hearing/last.ts";
import { needNetwork } from "../hearing/need.ts";
import { decode, type Microphone, openMicrophone, RATE, wholeSound } from "../hearing/sound.ts";
import type { OpenedRun } from "../hearing/worker.ts";

/** Seconds that the network hears at once. */
const WINDOW = 2 * RATE;
/** Samples from one look to the next: a quarter of a second, 25 columns of the picture. */
const STEP = RATE / 4;
const COLUMNS = 25;
/** The picture's last columns look beyond the end of the sound. */
const EDGE = 2;
/** What of a picture's values is dark, and what is bright. */
const [DARK, BRIGHT] = [-1.2, 1.2];

const find = <E extends HTMLElement>(selector: string) => document.querySelector<E>(selector)!;
const verdict = find(".verdict");
const button = find<HTMLButtonElement>(".microphone");
const input = find<HTMLInputElement>(".file");
const level = find<HTMLMeterElement>(".level");
const canvas = find<HTMLCanvasElement>(".picture");
const drawing = canvas.getContext("2d")!;
const COLOURS = Array.from({ length: 256 }, (_, i) => {
  const [, ...parts] = /^#(..)(..)(..)$/.exec(hex(interpolateMagma(i / 255)))!;
  return parts.map((part) => Number.parseInt(part, 16));
});

function hex(colour: string): string {
  if (colour.startsWith("#")) return colour;
  const parts = colour.match(/\d+/g)!.map((part) => Number(part).toString(16).padStart(2, "0"));
  return `#${parts.join("")}`;
}

const hearing = new Hearing();
let audioSet: readonly string[] = [];
let run: OpenedRun | null = null;
/** What `run` hears. */
let heard: { last: Last; leveller: Leveller | null } | null = null;
let microphone: Microphone | null = null;
const last = new Last(WINDOW);
let fresh = 0;
let busy = false;

drawing.fillStyle = "#000004";
drawing.fillRect(0, 0, canvas.width, canvas.height);

const classes = () => run?.classes ?? audioSet;

let before: Promise<void> = Promise.resolve();
let waiting = 0;

/** Does one thing after the other: several files that are dropped, a run, opening the microphone. */
function inTurn(body: () => Promise<void>): void {
  waiting++;
  button.disabled = true;
  before = before
    .then(body)
    .catch(fail)
    .then(() => {
      button.disabled = --waiting > 0;
    });
}

/** Hears with a run from now on. */
async function open({ name, files }: Bundle): Promise<void> {
  stop();
  verdict.dataset.right = "";
  verdict.textContent = `Opening ${name} …`;
  run = await hearing.call("open", { name, files });
  begin();
  const none = run!.refuses ? ", or none of these" : "";
  find(".hears").textContent = `${name} is heard with (${run!.recipe}): ${run!.classes.join(", ")}${none}.`;
  find(".close-run").hidden = false;
  find(".heard").replaceChildren();
  verdict.textContent = `${name} is open`;
  verdict.dataset.right = "true";
}

/** Forgets what was heard. */
function begin(): void {
  last.clear();
  heard = run && { last: new Last(run.window), leveller: run.levelled ? new Leveller() : null };
}

function push(samples: Float32Array): void {
  last.push(samples);
  heard?.last.push(heard.leveller?.push(samples, RATE) ?? samples);
}

/** Adds sound; every quarter of a second it is looked at, unless the look before still lasts. */
function add(samples: Float32Array): void {
  push(samples);
  fresh += samples.length;
  if (fresh < STEP || busy) return;
  look(Math.min(COLUMNS * Math.floor(fresh / STEP), 150)).catch((error: Error) => fail(error));
  fresh %= STEP;
}

/** Looks at the last samples; gives what the network hears in them, where there is one. */
async function look(columns: number): Promise<Float32Array | null> {
  busy = true;
  const began = performance.now();
  try {
    const of = { samples: last.samples(), window: heard?.last.samples() ?? null };
    const { bands, picture, probabilities, silent, other } = await hearing.call("hear", of);
    const frames = picture.length / bands;
    draw(picture, bands, frames, columns);
    let square = 0;
    for (const sample of last.samples().subarray(WINDOW - STEP)) square += (sample * sample) / STEP;
    level.value = Math.max(-80, 10 * Math.log10(square + 1e-9));
    find(".speed").textContent = `A look takes ${(performance.now() - began).toFixed(0)} ms.`;
    if (probabilities === null) return null;
    showBars(find(".heard"), classes(), probabilities, 8);
    if (microphone !== null) say(silent ? "Silence" : other ? NONE : "Listening");
    return probabilities;
  } finally {
    busy = false;
  }
}

/** Moves the picture to the left, and draws its newest columns. */
function draw(picture: Float32Array, bands: number, frames: number, columns: number): void {
  const width = 2; // pixels a column
  drawing.drawImage(canvas, -columns * width, 0);
  const image = drawing.createImageData(columns * width, bands * 2);
  for (let column = 0; column < columns; column++)
    for (let band = 0; band < bands; band++) {
      const value = picture[band * frames + frames - EDGE - columns + column]!;
      const shade = Math.round(255 * Math.min(1, Math.max(0, (value - DARK) / (BRIGHT - DARK))));
      for (let y = 0; y < 2; y++)
        for (let x = 0; x < width; x++) {
          const at = 4 * (((bands - 1 - band) * 2 + y) * columns * width + column * width + x);
          image.data.set([...COLOURS[shade]!, 255], at);
        }
    }
  drawing.putImageData(image, canvas.width - columns * width, 0);
}

function say(text: string): void {
  if (verdict.textContent !== text) verdict.textContent = text;
}

function fail({ message }: Error): void {
  verdict.textContent = message;
  verdict.dataset.right = "false";
  stop();
}

function stop(): void {
  microphone?.stop();
  microphone = null;
  button.textContent = "Use the microphone";
}

button.addEventListener("click", () => {
  if (microphone !== null) {
    stop();
    verdict.textContent = "";
    return;
  }
  inTurn(async () => {
    begin();
    microphone = await openMicrophone(document.documentElement.dataset.root!, add);
    button.textContent = "Stop";
    verdict.textContent = "Listening";
    verdict.dataset.right = "";
  });
});

input.addEventListener("change", () => {
  const bundle = chosen(input);
  if (bundle !== null) inTurn(() => hearFile(bundle));
});

for (const choice of [find<HTMLInputElement>(".run-folder"), find<HTMLInputElement>(".run-zip")])
  choice.addEventListener("change", () => {
    const bundle = chosen(choice);
    if (bundle !== null) inTurn(() => open(bundle));
  });

/** A file that the browser would hear is a sound; all else must be a run. */
onDrop((bundle) => {
  const { name, files } = bundle;
  const isSound = files.length === 1 && files[0]!.path === name && !/\.(zip|json|safetensors)$/i.test(name);
  inTurn(() => (isSound ? hearFile(bundle) : open(bundle)));
}, fail);

find(".close-run").addEventListener("click", () =>
  inTurn(async () => {
    stop();
    await hearing.call("open", null);
    run = null;
    begin();
    find(".hears").textContent = "";
    find(".close-run").hidden = true;
    find(".heard").replaceChildren();
    say("");
  }),
);

async function hearFile({ files }: Bundle): Promise<void> {
  const { path: name, file } = files[0]!;
  stop();
  verdict.dataset.right = "";
  verdict.textContent = `Hearing ${name} …`;
  const samples = await decode(await file.arrayBuffer(), name);
  begin();
  const sums = new Float64Array(classes().length);
  let looks = 0;
  for (let at = 0; at < samples.length; at += STEP) {
    push(samples.subarray(at, at + STEP));
    const probabilities = await look(COLUMNS);
    for (const [k, p] of probabilities?.entries() ?? []) sums[k]! += p;
    looks++;
  }
  const seconds = (samples.length / RATE).toFixed(1);
  let says = "";
  if (run !== null) {
    const { wave, flaw } = await wholeSound(file, name);
    const { probabilities, other } = await hearing.call("tell", wave);
    showBars(find(".heard"), run.classes, probabilities, 8);
    find(".heard").dataset.probabilities = JSON.stringify(
      Object.fromEntries(run.classes.map((each, k) => [each, probabilities[k]!])),
    );
    says = `: ${other ? NONE : run.classes[argmax(probabilities)]!}${flaw === null ? "" : ` (it ${flaw})`}`;
  } else if (audioSet.length > 0) {
    const means = sums.map((sum) => sum / looks);
    showBars(find(".heard"), audioSet, means, 8);
    says = ": the likeliest, over all of it";
  }
  verdict.textContent = `${name}, ${seconds} s${says}`;
  verdict.dataset.right = "true";
}

await needNetwork(find(".need"), async (network) => {
  await hearing.call("load", network);
  audioSet = network.classes;
});
