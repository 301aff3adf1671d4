// The program of the Teach page.
import { argmax } from "../../src/train/learning/voting.ts";
import type { Waveform } from "../../src/train/sound/waveform.ts";
import { NONE, showBars } from "../hearing/bars.ts";
import { Hearing } from "../hearing/client.ts";
import { Last } from "../hearing/last.ts";
import type { Teacher } from "../hearing/learner.ts";
import { needNetwork } from "../hearing/need.ts";
import type { Told } from "../hearing/opened.ts";
import { type Microphone, openMicrophone, RATE, wholeSound } from "../hearing/sound.ts";
import { readProject, type Taught, written } from "./project.ts";

/** Seconds that a recording lasts at most, and that are heard at once when it is tried. */
const RECORDING = 5;
const TRYING = 2;

const find = <E extends HTMLElement>(selector: string) => document.querySelector<E>(selector)!;
const root = document.documentElement.dataset.root!;
const verdict = find(".verdict");
const answer = find(".answer");
const bar = find<HTMLProgressElement>("progress");
const curve = find<HTMLElement>(".curve");
const teachButton = find<HTMLButtonElement>(".teach");
const tryButton = find<HTMLButtonElement>(".microphone");
const tryFile = find<HTMLInputElement>(".file");
const saveButton = find<HTMLButtonElement>(".save");
const runButton = find<HTMLButtonElement>(".run-folder");
const onnxButton = find<HTMLButtonElement>(".onnx");

const hearing = new Hearing();
let classes: Taught[] = [];
/** Whose network hears the recordings; it stays the same from the first one on. */
let teacher: Teacher = "small";
/** The names of what was taught, in the order of the probabilities; null before. */
let taught: readonly string[] | null = null;
let recording: { end(): void } | null = null;

function say(text: string, right: boolean | null = null, where = verdict): void {
  where.textContent = text;
  where.dataset.right = right === null ? "" : String(right);
}

/** Does something that may fail, and says why where it does. */
async function trying(body: () => Promise<void>, where = verdict): Promise<void> {
  try {
    await body();
  } catch (error) {
    bar.hidden = true;
    say((error as Error).message, false, where);
  }
}

function refresh(): void {
  const known = classes.filter(({ clips }) => clips.length > 0);
  teachButton.disabled = known.length < 2;
  saveButton.disabled = known.length === 0;
  for (const control of [tryButton, tryFile, runButton, onnxButton]) control.disabled = taught === null;
}

function showClasses(): void {
  find(".classes").replaceChildren(...classes.map(card));
  refresh();
}

function card(one: Taught, k: number): HTMLElement {
  const section = document.createElement("section");
  section.className = "class";
  section.ariaLabel = `Sound ${k + 1}`;
  section.innerHTML = `<label>Name <input class="name" type="text" autocomplete="off"></label>
<button type="button" class="record">Record</button>
<label class="button">Files <input type="file" accept="audio/*" multiple class="clips"></label>
<button type="button" class="remove">Remove</button>
<p class="count" role="status"></p>`;
  const name = section.querySelector<HTMLInputElement>(".name")!;
  const count = section.querySelector<HTMLElement>(".count")!;
  const record = section.querySelector<HTMLButtonElement>(".record")!;
  name.value = one.name;
  name.addEventListener("change", () => {
    one.name = name.value.trim() || `sound ${k + 1}`;
    name.value = one.name;
  });
  const counted = () => {
    const n = one.clips.length;
    count.textContent = n === 0 ? "No recording yet" : n === 1 ? "1 recording" : `${n} recordings`;
    refresh();
  };
  const add = (sounds: { name: string; wave: Waveform }[]) =>
    trying(async () => {
      count.textContent = "Listening …";
      const waves = sounds.map(({ wave }) => wave);
      const heard = await hearing.call("listen", { teacher, waves });
      for (const [i, features] of heard.entries()) one.clips.push({ name: sounds[i]!.name, features });
    }).then(counted);
  record.addEventListener("click", () =>
    trying(async () => {
      if (recording !== null) return recording.end();
      record.textContent = "Stop";
      const samples = await recordedSound(count);
      record.textContent = "Record";
      const wave = { samples, sampleRate: RATE };
      await add([{ name: `recording ${one.clips.length + 1}`, wave }]);
    }).finally(() => {
      record.textContent = "Record";
    }),
  );
  section.querySelector<HTMLInputElement>(".clips")!.addEventListener("change", async (event) => {
    const files = [...(event.target as HTMLInputElement).files!];
    const sounds: { name: string; wave: Waveform }[] = [];
    const bad: string[] = [];
    for (const file of files)
      await wholeSound(file, file.name).then(
        (wave) => sounds.push({ name: file.name, wave }),
        ({ message }: Error) => bad.push(message),
      );
    if (sounds.length > 0) await add(sounds);
    if (bad.length > 0) count.textContent += ` · ${bad.join("; ")}`;
  });
  section.querySelector(".remove")!.addEventListener("click", () => {
    classes.splice(classes.indexOf(one), 1);
    showClasses();
  });
  counted();
  return section;
}

/** Records until it is ended, or for five seconds. */
function recordedSound(says: HTMLElement): Promise<Float32Array> {
  return new Promise((resolve, reject) => {
    const blocks: Float32Array[] = [];
    let length = 0;
    let own: Microphone | null = null;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      own?.stop();
      recording = null;
      const all = new Float32Array(length);
      let at = 0;
      for (const block of blocks) {
        all.set(block, at);
        at += block.length;
      }
      if (length === 0) reject(new Error("nothing was recorded"));
      else resolve(all);
    };
    openMicrophone(root, (samples) => {
      blocks.push(samples);
      length += samples.length;
      says.textContent = `Recording, ${(length / RATE).toFixed(1)} s`;
      if (length >= RECORDING * RATE) end();
    }).then(
      (microphone) => {
        own = microphone;
        if (ended) microphone.stop(); // it was ended while it was still to be allowed
      },
      (error) => {
        if (!ended) recording = null;
        reject(error);
      },
    );
    recording = { end };
  });
}

async function teach(): Promise<void> {
  const known = classes.filter(({ clips }) => clips.length > 0);
  teachButton.disabled = true;
  bar.hidden = false;
  curve.removeAttribute("hidden");
  const epochs: { share: number; loss: number }[] = [];
  const began = performance.now();
  const clips = known.flatMap(({ clips }, label) => clips.map((clip) => ({ ...clip, label })));
  const names = known.map(({ name }) => name);
  const { refuses } = await hearing.call("teach", { teacher, classes: names, clips }, ({ share, epoch }) => {
    bar.value = share;
    if (epoch === undefined) return say("Finding out what is none of these");
    epochs.push(epoch);
    drawCurve(epochs);
    say(`loss ${epoch.loss.toFixed(3)}`);
  });
  bar.hidden = true;
  taught = names;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const more = refuses ? "" : `; it cannot say "${NONE}", which wants two recordings of two sounds`;
  say(`${known.length} sounds from ${clips.length} recordings, in ${seconds} s: try it${more}`, true);
}

function drawCurve(epochs: readonly { share: number; loss: number }[]): void {
  const most = Math.max(...epochs.map(({ loss }) => loss));
  const points = epochs.map(({ share, loss }) => `${10 + 580 * share},${150 - (140 * loss) / most}`);
  curve.querySelector("polyline")!.setAttribute("points", points.join(" "));
}

/** What a sound is called. */
function nameOf({ probabilities, other }: Told): string {
  return other ? NONE : taught![argmax(probabilities)]!;
}

function show(told: Told): void {
  const { probabilities, other } = told;
  say(nameOf(told), other ? null : true, answer);
  const list = find(".heard");
  showBars(list, taught!, probabilities, 6);
  const named = taught!.map((name, k) => [name, probabilities[k]!]);
  list.dataset.probabilities = JSON.stringify(Object.fromEntries(named));
}

let microphone: Microphone | null = null;
tryButton.addEventListener("click", () =>
  trying(async () => {
    if (microphone !== null) {
      microphone.stop();
      microphone = null;
      tryButton.textContent = "Use the microphone";
      return;
    }
    const last = new Last(TRYING * RATE);
    let busy = false;
    tryButton.disabled = true; // or a second click would open a second one
    microphone = await openMicrophone(root, (samples) => {
      last.push(samples);
      if (busy) return;
      busy = true;
      const wave = { samples: last.samples(), sampleRate: RATE };
      trying(async () => show(await hearing.call("tell", wave)), answer).finally(() => {
        busy = false;
      });
    });
    tryButton.textContent = "Stop";
  }, answer).finally(refresh),
);

tryFile.addEventListener("change", () =>
  trying(async () => {
    const list = find(".answers");
    list.replaceChildren();
    for (const file of tryFile.files!) {
      const row = list.appendChild(document.createElement("li"));
      try {
        const told = await hearing.call("tell", await wholeSound(file, file.name));
        show(told);
        const name = nameOf(told);
        row.textContent = `${file.name}: ${name} (${(100 * Math.max(...told.probabilities)).toFixed(0)} %)`;
        row.dataset.name = name;
      } catch (error) {
        row.textContent = (error as Error).message;
      }
    }
  }, answer),
);

teachButton.addEventListener("click", () => trying(teach).finally(refresh));
find(".add").addEventListener("click", () => {
  classes.push({ name: `sound ${classes.length + 1}`, clips: [] });
  showClasses();
});
function download(bytes: BlobPart, type: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

saveButton.addEventListener("click", () =>
  download(written({ teacher, classes }), "application/json", "otograd-project.json"),
);
runButton.addEventListener("click", () =>
  trying(async () => {
    const zip = await hearing.call("run", null);
    download(zip as Uint8Array<ArrayBuffer>, "application/zip", "otograd-run.zip");
  }),
);
onnxButton.addEventListener("click", () =>
  trying(async () => {
    const model = await hearing.call("onnx", null);
    download(model as Uint8Array<ArrayBuffer>, "application/octet-stream", "otograd.onnx");
  }),
);
find<HTMLInputElement>(".load").addEventListener("change", (event) =>
  trying(async () => {
    const [file] = (event.target as HTMLInputElement).files!;
    if (file === undefined) return;
    ({ teacher, classes } = readProject(await file.text()));
    taught = null;
    showClasses();
    say(`${file.name} is loaded: teach it`);
  }),
);

classes = [1, 2].map((k) => ({ name: `sound ${k}`, clips: [] }));
showClasses();
await needNetwork(find(".need"), async (network) => {
  await hearing.call("load", network);
  if (classes.every(({ clips }) => clips.length === 0)) teacher = "transfer";
  else say("The weights are here; what was recorded before them is learned from without them");
});
