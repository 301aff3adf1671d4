// The program of the Teach page.
import { showBars } from "../hearing/bars.ts";
import { Hearing } from "../hearing/client.ts";
import { needNetwork } from "../hearing/need.ts";
import { decode, type Microphone, openMicrophone, RATE } from "../hearing/sound.ts";
import { isNone, type Judge, likenessOf, readProject, type Taught, written } from "./project.ts";

const NONE = "none of these";
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

let hearing: Hearing | null = null;
let classes: Taught[] = [];
let judge: Judge | null = null;
let recording: { microphone: Microphone; end(): void } | null = null;

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
  teachButton.disabled = hearing === null || known.length < 2;
  tryButton.disabled = judge === null;
  tryFile.disabled = judge === null;
  saveButton.disabled = known.length === 0;
  runButton.disabled = judge === null;
  for (const control of document.querySelectorAll<HTMLButtonElement>(
    ".classes button.record, .classes input.clips",
  ))
    control.disabled = hearing === null;
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
  const add = (sounds: { name: string; samples: Float32Array }[]) =>
    trying(async () => {
      count.textContent = "Listening …";
      const embeddings = await hearing!.call(
        "embed",
        sounds.map(({ samples }) => samples),
      );
      for (const [i, windows] of embeddings.entries())
        one.clips.push({ name: sounds[i]!.name, embeddings: windows });
    }).then(counted);
  record.addEventListener("click", () =>
    trying(async () => {
      if (recording !== null) return recording.end();
      record.textContent = "Stop";
      const samples = await recordedSound(count);
      record.textContent = "Record";
      await add([{ name: `recording ${one.clips.length + 1}`, samples }]);
    }).finally(() => {
      record.textContent = "Record";
    }),
  );
  section.querySelector<HTMLInputElement>(".clips")!.addEventListener("change", async (event) => {
    const files = [...(event.target as HTMLInputElement).files!];
    const sounds: { name: string; samples: Float32Array }[] = [];
    const bad: string[] = [];
    for (const file of files)
      await decode(file, file.name).then(
        (samples) => sounds.push({ name: file.name, samples }),
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
    const end = () => {
      recording?.microphone.stop();
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
    }).then((microphone) => {
      recording = { microphone, end };
    }, reject);
  });
}

async function teach(): Promise<void> {
  const known = classes.filter(({ clips }) => clips.length > 0);
  teachButton.disabled = true;
  bar.hidden = false;
  curve.removeAttribute("hidden");
  const losses: number[] = [];
  const began = performance.now();
  const windows = known.flatMap(({ clips }, label) =>
    clips.flatMap(({ embeddings }) => embeddings.map((embedding) => ({ embedding, label }))),
  );
  await hearing!.call(
    "teach",
    {
      embeddings: windows.map(({ embedding }) => embedding),
      labels: windows.map(({ label }) => label),
      classes: known.length,
    },
    ({ share, loss }) => {
      bar.value = share;
      losses.push(loss!);
      drawCurve(losses);
      say(`loss ${loss!.toFixed(3)}`);
    },
  );
  bar.hidden = true;
  const clips = known.reduce((sum, one) => sum + one.clips.length, 0);
  judge = { names: known.map(({ name }) => name), clips, segments: windows.length, ...likenessOf(known) };
  say(
    `${known.length} sounds from ${clips} recordings, in ${((performance.now() - began) / 1000).toFixed(1)} s: try it`,
    true,
  );
}

function drawCurve(losses: readonly number[]): void {
  const most = Math.max(...losses);
  const points = losses.map((loss, i) => `${10 + (580 * i) / 60},${150 - (140 * loss) / most}`);
  curve.querySelector("polyline")!.setAttribute("points", points.join(" "));
}

/** What a sound is, as the page says it. */
async function judged(samples: Float32Array): Promise<{ name: string; probabilities: Float32Array }> {
  const [embeddings] = await hearing!.call("embed", [samples]);
  const probabilities = await hearing!.call("judge", embeddings!);
  const best = probabilities.indexOf(Math.max(...probabilities));
  return { name: isNone(embeddings!, judge!) ? NONE : judge!.names[best]!, probabilities };
}

function show({ name, probabilities }: { name: string; probabilities: Float32Array }): void {
  say(name, name === NONE ? null : true, answer);
  const list = find(".heard");
  showBars(list, judge!.names, probabilities, 6);
  const named = judge!.names.map((name, k) => [name, probabilities[k]!]);
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
    const last = new Float32Array(TRYING * RATE);
    let busy = false;
    microphone = await openMicrophone(root, (samples) => {
      last.copyWithin(0, samples.length);
      last.set(samples, last.length - samples.length);
      if (busy) return;
      busy = true;
      trying(async () => show(await judged(last.slice())), answer).finally(() => {
        busy = false;
      });
    });
    tryButton.textContent = "Stop";
  }, answer),
);

tryFile.addEventListener("change", () =>
  trying(async () => {
    const list = find(".answers");
    list.replaceChildren();
    for (const file of tryFile.files!) {
      const row = list.appendChild(document.createElement("li"));
      try {
        const one = await judged(await decode(file, file.name));
        show(one);
        row.textContent = `${file.name}: ${one.name} (${(100 * Math.max(...one.probabilities)).toFixed(0)} %)`;
        row.dataset.name = one.name;
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
  download(written(classes), "application/json", "otograd-project.json"),
);
runButton.addEventListener("click", () =>
  trying(async () => {
    const { names, means, least, clips, segments } = judge!;
    const zip = await hearing!.call("run", { classes: names, means, least, clips, segments });
    download(zip as Uint8Array<ArrayBuffer>, "application/zip", "otograd-run.zip");
  }),
);
find<HTMLInputElement>(".load").addEventListener("change", (event) =>
  trying(async () => {
    const [file] = (event.target as HTMLInputElement).files!;
    if (file === undefined) return;
    classes = readProject(await file.text());
    judge = null;
    showClasses();
    say(`${file.name} is loaded: teach it`);
  }),
);

classes = [1, 2].map((k) => ({ name: `sound ${k}`, clips: [] }));
showClasses();
await needNetwork(find(".need"), async (network) => {
  hearing = new Hearing();
  await hearing.call("load", network.weights);
  refresh();
});
