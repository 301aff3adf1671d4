// The program of the Listen page: a few times a second the last two seconds go to the network.
import { interpolateMagma } from "d3-scale-chromatic";
import { showBars } from "../hearing/bars.ts";
import { Hearing } from "../hearing/client.ts";
import { needNetwork } from "../hearing/need.ts";
import { decode, type Microphone, openMicrophone, RATE } from "../hearing/sound.ts";

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

let hearing: Hearing | null = null;
let classes: readonly string[] = [];
let microphone: Microphone | null = null;
const last = new Float32Array(WINDOW);
let fresh = 0;
let busy = false;
/** Sums over a file's windows. */
let sums: Float64Array | null = null;

drawing.fillStyle = "#000004";
drawing.fillRect(0, 0, canvas.width, canvas.height);

await needNetwork(find(".need"), async (network) => {
  hearing ??= new Hearing();
  await hearing.call("load", network.weights);
  classes = network.classes;
});

/** Adds sound; every quarter of a second it is looked at, unless the look before still lasts. */
function add(samples: Float32Array): void {
  last.copyWithin(0, samples.length);
  last.set(samples, WINDOW - samples.length);
  fresh += samples.length;
  if (fresh < STEP || busy) return;
  look(Math.min(COLUMNS * Math.floor(fresh / STEP), 150)).catch((error: Error) => fail(error));
  fresh %= STEP;
}

async function look(columns: number): Promise<void> {
  busy = true;
  const began = performance.now();
  try {
    hearing ??= new Hearing();
    const { bands, picture, probabilities } = await hearing.call("hear", last.slice());
    const frames = picture.length / bands;
    draw(picture, bands, frames, columns);
    let square = 0;
    for (const sample of last.subarray(WINDOW - STEP)) square += (sample * sample) / STEP;
    level.value = Math.max(-80, 10 * Math.log10(square + 1e-9));
    find(".speed").textContent = `A look takes ${(performance.now() - began).toFixed(0)} ms.`;
    if (probabilities === null) return;
    if (sums !== null) for (const [k, p] of probabilities.entries()) sums[k]! += p;
    showBars(find(".heard"), classes, probabilities, 8);
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

button.addEventListener("click", async () => {
  if (microphone !== null) {
    stop();
    verdict.textContent = "";
    return;
  }
  try {
    sums = null;
    microphone = await openMicrophone(document.documentElement.dataset.root!, add);
    button.textContent = "Stop";
    verdict.textContent = "Listening";
    verdict.dataset.right = "";
  } catch (error) {
    fail(error as Error);
  }
});

input.addEventListener("change", async () => {
  const [file] = input.files!;
  if (file === undefined) return;
  stop();
  verdict.dataset.right = "";
  verdict.textContent = `Hearing ${file.name} …`;
  try {
    const samples = await decode(file, file.name);
    last.fill(0);
    sums = new Float64Array(classes.length);
    let looks = 0;
    for (let at = 0; at < samples.length; at += STEP) {
      const part = samples.subarray(at, at + STEP);
      last.copyWithin(0, part.length);
      last.set(part, WINDOW - part.length);
      await look(COLUMNS);
      looks++;
    }
    const seconds = (samples.length / RATE).toFixed(1);
    if (classes.length > 0)
      showBars(
        find(".heard"),
        classes,
        sums.map((sum) => sum / looks),
        8,
      );
    verdict.textContent = `${file.name}, ${seconds} s${classes.length > 0 ? ": the likeliest, over all of it" : ""}`;
    verdict.dataset.right = "true";
    sums = null;
  } catch (error) {
    fail(error as Error);
  }
});
