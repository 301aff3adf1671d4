// The program of the Teach page.
import { argmax } from "../../src/train/learning/voting.ts";
import type { Waveform } from "../../src/train/sound/waveform.ts";
import { NONE, showBars } from "../hearing/bars.ts";
import { Hearing } from "../hearing/client.ts";
import { chosenFiles } from "../hearing/dropped.ts";
import { Last } from "../hearing/last.ts";
import type { Teacher } from "../hearing/learner.ts";
import { needNetwork } from "../hearing/need.ts";
import type { Told } from "../hearing/opened.ts";
import { type Microphone, openMicrophone, RATE, wholeSound } from "../hearing/sound.ts";
import { download } from "../shell/download.ts";
import { newName, readProject, type Taught, written } from "./project.ts";

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
const load = find<HTMLInputElement>(".load");

const hearing = new Hearing();
let classes: Taught[] = [];
/** Whose network hears the recordings; it stays the same from the first one on. */
let teacher: Teacher = "small";
/** The names of what was taught, in the order of the probabilities; null before. */
let taught: readonly string[] | null = null;
let teaching = false;
/** Of which sound, and what ends it, kept or thrown away. */
let recording: { of: Taught; end(): void; drop(): void } | null = null;
/** How many cards wait for the network to hear what they were given. */
let listening = 0;
/** Counts what was tried: an answer that comes when something else is tried, or was taught, is passed over. */
let tries = 0;

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
  teachButton.disabled = teaching || known.length < 2;
  load.disabled = teaching;
  saveButton.disabled = known.length === 0;
  for (const control of [tryButton, tryFile, runButton, onnxButton]) control.disabled = taught === null;
}

/** Numbers the cards as they stand. One that stays is not made anew: something may be going on in it. */
function numberCards(): void {
  for (const [k, section] of [...find(".classes").children].entries()) section.ariaLabel = `Sound ${k + 1}`;
  refresh();
}

function showClasses(): void {
  find(".classes").replaceChildren(...classes.map(card));
  numberCards();
}

function card(one: Taught): HTMLElement {
  const section = document.createElement("section");
  section.className = "class";
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
    one.name = name.value.trim() || newName(classes.filter((other) => other !== one));
    name.value = one.name;
  });
  let waiting = 0;
  let notes: string[] = [];
  const counted = () => {
    const n = one.clips.length;
    const says = n === 0 ? "No recording yet" : n === 1 ? "1 recording" : `${n} recordings`;
    count.textContent = waiting > 0 ? "Listening …" : [says, notes.join("; ")].filter(Boolean).join(" · ");
    refresh();
  };
  const add = async (sounds: { name: string; wave: Waveform }[]) => {
    waiting++;
    listening++;
    counted();
    await trying(async () => {
      const waves = sounds.map(({ wave }) => wave);
      const heard = await hearing.call("listen", { teacher, waves });
      for (const [i, features] of heard.entries()) one.clips.push({ name: sounds[i]!.name, features });
    });
    waiting--;
    listening--;
    counted();
  };
  record.addEventListener("click", () =>
    trying(async () => {
      if (recording !== null) return recording.end();
      record.textContent = "Stop";
      notes = [];
      const samples = await recordedSound(one, count);
      if (samples === null) return;
      record.textContent = "Record";
      const wave = { samples, sampleRate: RATE };
      await add([{ name: `recording ${one.clips.length + 1}`, wave }]);
    }).finally(() => {
      record.textContent = "Record";
    }),
  );
  section.querySelector<HTMLInputElement>(".clips")!.addEventListener("change", async (event) => {
    const sounds: { name: string; wave: Waveform }[] = [];
    const said: string[] = [];
    for (const file of chosenFiles(event.target as HTMLInputElement))
      await wholeSound(file, file.name).then(
        ({ wave, flaw }) => {
          sounds.push({ name: file.name, wave });
          if (flaw !== null) said.push(`${file.name} ${flaw}`);
        },
        ({ message }: Error) => said.push(message),
      );
    notes = said;
    if (sounds.length > 0) await add(sounds);
    else counted();
  });
  section.querySelector(".remove")!.addEventListener("click", () => {
    if (recording?.of === one) recording.drop();
    classes.splice(classes.indexOf(one), 1);
    section.remove();
    numberCards();
  });
  counted();
  return section;
}

/** Records until it is ended, or for five seconds; gives null where it is thrown away. */
function recordedSound(of: Taught, says: HTMLElement): Promise<Float32Array | null> {
  return new Promise((resolve, reject) => {
    const blocks: Float32Array[] = [];
    let length = 0;
    let own: Microphone | null = null;
    let ended = false;
    const stopped = () => {
      ended = true;
      own?.stop();
      recording = null;
    };
    const drop = () => {
      stopped();
      resolve(null);
    };
    const end = () => {
      if (ended) return;
      stopped();
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
    recording = { of, end, drop };
  });
}

async function teach(): Promise<void> {
  const known = classes.filter(({ clips }) => clips.length > 0);
  teaching = true;
  refresh();
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
  forget();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const more = refuses ? "" : `; it cannot say "${NONE}", which wants two recordings of two sounds`;
  say(`${known.length} sounds from ${clips.length} recordings, in ${seconds} s: try it${more}`, true);
}

function drawCurve(epochs: readonly { share: number; loss: number }[]): void {
  const most = Math.max(...epochs.map(({ loss }) => loss));
  const points = epochs.map(({ share, loss }) => `${10 + 580 * share},${150 - (140 * loss) / most}`);
  curve.querySelector("polyline")!.setAttribute("points", points.join(" "));
}

/** Forgets what was told of sounds. */
function forget(): void {
  tries++;
  say("", null, answer);
  for (const list of [".heard", ".answers"]) find(list).replaceChildren();
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

function stopMicrophone(): void {
  microphone?.stop();
  microphone = null;
  tryButton.textContent = "Use the microphone";
}

tryButton.addEventListener("click", () =>
  trying(async () => {
    if (microphone !== null) return stopMicrophone();
    const last = new Last(TRYING * RATE);
    let busy = false;
    tryButton.disabled = true; // or a second click would open a second one
    const opened = await openMicrophone(root, (samples) => {
      last.push(samples);
      if (busy || microphone === null) return;
      busy = true;
      const wave = { samples: last.samples(), sampleRate: RATE };
      trying(async () => {
        const told = await hearing.call("tell", wave);
        if (microphone === opened) show(told);
      }, answer).finally(() => {
        busy = false;
      });
    });
    if (taught === null) return opened.stop(); // a project was loaded while it was still to be allowed
    microphone = opened;
    tryButton.textContent = "Stop";
  }, answer).finally(refresh),
);

tryFile.addEventListener("change", () =>
  trying(async () => {
    forget();
    const mine = tries;
    for (const file of chosenFiles(tryFile)) {
      const row = find(".answers").appendChild(document.createElement("li"));
      try {
        const { wave, flaw } = await wholeSound(file, file.name);
        const told = await hearing.call("tell", wave);
        if (tries !== mine) return;
        show(told);
        const name = nameOf(told);
        const note = flaw === null ? "" : ` · it ${flaw}`;
        row.textContent = `${file.name}: ${name} (${(100 * Math.max(...told.probabilities)).toFixed(0)} %)${note}`;
        row.dataset.name = name;
      } catch (error) {
        row.textContent = (error as Error).message;
      }
    }
  }, answer),
);

teachButton.addEventListener("click", () =>
  trying(teach).finally(() => {
    teaching = false;
    refresh();
  }),
);
find(".add").addEventListener("click", () => {
  const one: Taught = { name: newName(classes), clips: [] };
  classes.push(one);
  find(".classes").append(card(one));
  numberCards();
});

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
load.addEventListener("change", () =>
  trying(async () => {
    const [file] = chosenFiles(load);
    if (file === undefined) return;
    const project = readProject(await file.text());
    recording?.drop();
    stopMicrophone();
    ({ teacher, classes } = project);
    taught = null;
    forget();
    showClasses();
    say(`${file.name} is loaded: teach it`);
  }),
);

classes = [1, 2].map((k) => ({ name: `sound ${k}`, clips: [] }));
showClasses();
await needNetwork(find(".need"), async (network) => {
  await hearing.call("load", network);
  if (listening === 0 && classes.every(({ clips }) => clips.length === 0)) teacher = "transfer";
  else say("The weights are here; what was recorded before them is learned from without them");
});
