// The report, over two small real trainings on classes with hostile names: complete, self-contained, nothing injected
// (Bun's HTMLRewriter reads it), what is missing said, and nothing written for a damaged folder.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { decodeWav } from "../../../src/audio/wav.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { reportCommand } from "../../../src/train/commands/report.ts";
import { trainCommand } from "../../../src/train/commands/train.ts";
import { DamagedFile } from "../../../src/train/files/arrays.ts";
import { easiestFirst } from "../../../src/train/report/class-charts.ts";
import { learningCurves, type Series } from "../../../src/train/report/curves.ts";
import { filterPictures } from "../../../src/train/report/filters.ts";
import { confusionOfRun, readRuns, stateOf } from "../../../src/train/report/runs.ts";
import { readConfig } from "../../../src/train/runs/config.ts";
import { recallOf } from "../../../src/train/runs/confusion.ts";
import { RunFolder } from "../../../src/train/runs/run-folder.ts";
import { readEvents } from "../../../src/train/runs/tensorboard.ts";
import { UserError } from "../../../src/train/terminal/errors.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import type { Session } from "../../../src/train/terminal/session.ts";

setDefaultTimeout(60_000);
const root = mkdtempSync(join(tmpdir(), "otograd-report-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...path: string[]) => join(root, ...path);

const SCRIPT = "<script>alert(1)</script>";
const BREAKOUT = `"'></title></svg><img src=x onerror=alert(2)>&quot;{{7*7}}`;

class Quiet extends Progress {
  override say(_line: string): void {}
  override begin(): void {}
  override beginEpoch(): void {}
}

const printed: string[] = [];
const session: Session = {
  progress: new Quiet(),
  stop: { signal: null, onFirst: "" },
  print: (line) => printed.push(line),
};

/** Both classes are the same noise: about half of the clips must be told wrong. */
function noise(seed: number): Uint8Array {
  const random = new HostRandom(seed);
  const samples = Int16Array.from({ length: 12000 }, () => 9000 * (2 * random.uniform() - 1));
  const wave = new WaveFile();
  wave.fromScratch(1, 8000, "16", samples);
  return wave.toBuffer();
}

function makeDataset(): void {
  mkdirSync(at("data", "audio"), { recursive: true });
  mkdirSync(at("data", "meta"));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const rows = ["filename,fold,target,category"];
  for (let i = 0; i < 20; i++) {
    writeFileSync(at("data", "audio", `<b>${i}.wav`), noise(i));
    rows.push(`<b>${i}.wav,${(i % 5) + 1},${i < 10 ? 0 : 1},${quoted(i < 10 ? SCRIPT : BREAKOUT)}`);
  }
  writeFileSync(at("data", "meta", "esc50.csv"), rows.join("\n"));
}

beforeAll(async () => {
  makeDataset();
  const common = {
    data: at("data"),
    epochs: 2,
    batchSize: 16,
    set: [{ path: ["network", "hidden"], value: [500] }],
    cache: false as const,
    tensorboard: true,
  };
  await trainCommand({ ...common, fold: 2, recipe: "blog-bn", seed: 1, run: at("first") }, session);
  await trainCommand({ ...common, fold: 2, recipe: "blog", seed: 2, run: at("second") }, session);
});

async function report(paths: string[], options: { data?: string; out?: string } = {}): Promise<string> {
  const { out = at("report.html"), data } = options;
  await reportCommand(paths, { out, data, cache: false }, session);
  return readFileSync(out, "utf8");
}

interface Page {
  tags: Map<string, number>;
  attributes: { tag: string; name: string; value: string }[];
  text: string;
}

/** A page as Bun's HTML parser sees it. */
function parse(page: string): Page {
  const found: Page = { tags: new Map(), attributes: [], text: "" };
  const rewriter = new HTMLRewriter().on("*", {
    element: ({ tagName, attributes }) => {
      found.tags.set(tagName, (found.tags.get(tagName) ?? 0) + 1);
      for (const [name, value] of attributes) found.attributes.push({ tag: tagName, name, value });
    },
    text: ({ text }) => {
      found.text += text;
    },
  });
  rewriter.transform(page);
  return found;
}

/** A page without its pictures and sounds: short enough to be shown where it is not as expected. */
const words = (page: string) => page.replace(/base64,[\w+/=]+/g, "").replace(/<style>.*?<\/style>/s, "");

const bytesOf = (uri: string) => Buffer.from(uri.slice(uri.indexOf(",") + 1), "base64");

/** A copy of the first run's folder, changed. */
function copy(name: string, change: (folder: string) => void): string {
  cpSync(at("first"), at(name), { recursive: true });
  change(at(name));
  return at(name);
}

/** Says that a run was made on another adapter, on some node. */
function onAnother(folder: string): void {
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  config.adapter.description = "another adapter";
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "log.jsonl"), '{"event":"begun","node":"node7"}\n{"event":"done"}\n');
}

test("two runs: everything is in one file, nothing is fetched, nothing of what files say becomes markup", async () => {
  const page = await report([at("first"), at("second")]);
  const { tags, attributes, text } = parse(page);
  for (const tag of ["script", "link", "iframe", "object", "embed", "base", "form", "b"])
    expect(tags.has(tag)).toBe(false);
  const references = attributes.filter(({ name }) =>
    ["src", "href", "xlink:href", "srcset", "action"].includes(name),
  );
  for (const { value } of references)
    expect(value).toMatch(/^(#[\w-]+$|data:(image\/png|audio\/wav);base64,)/);
  expect(attributes.filter(({ name }) => name.startsWith("on"))).toEqual([]);
  expect(page.match(/https?:|url\(|@import/)).toBeNull();
  expect(words(page)).not.toContain(SCRIPT);
  expect(words(page)).not.toContain("<img src=x");
  expect(words(page)).toContain(
    'http-equiv="Content-Security-Policy" content="default-src &#x27;none&#x27;;',
  );

  for (const section of [
    "Learning curves",
    "Recall by class",
    "Confusion matrix",
    "Worst mistakes",
    "Environment",
  ])
    expect(text).toContain(section);
  expect(text).toContain(Bun.escapeHTML(SCRIPT));
  expect(text).toContain("blog-bn: the blog&#x27;s replication with batch norm");
  const pictures = attributes.filter(({ tag, name }) => tag === "img" && name === "src");
  expect(pictures.length).toBe(160); // 80 filters a run
  for (const { tag, name, value } of attributes)
    if (tag === "img" && name === "alt") expect(value).toMatch(/filter \d+/);

  const sounds = attributes.filter(({ tag, name }) => tag === "audio" && name === "src");
  expect(sounds.length).toBeGreaterThan(0);
  expect(sounds.length).toBeLessThanOrEqual(12);
  for (const { value } of sounds) {
    const { samples, sampleRate } = decodeWav(bytesOf(value));
    expect([samples.length, sampleRate]).toEqual([12000, 8000]);
  }
  const figures = attributes.filter(({ tag, name }) => tag === "svg" && name === "role");
  const logMels = attributes.filter(({ tag, name }) => tag === "image" && name === "href");
  expect(logMels.length).toBe(sounds.length);
  const png = bytesOf(logMels[0]!.value);
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1 + Math.floor(33075 / 512), 60]);
  expect(printed.at(-1)).toMatch(/report\.html \(\d\S* KiB\)$/);
  console.log(
    `report: ${(page.length / 2 ** 20).toFixed(1)} MiB, ${figures.length} figures, ${sounds.length} mistakes, ${references.length} references, all to itself`,
  );
});

test("train --tensorboard tells the run's own numbers, and goes on when the run is resumed, on another adapter too", async () => {
  const resumed = copy("tensorboard", onAnother);
  await trainCommand({ resume: resumed, epochs: 3, cache: false, recipe: "", seed: 0 }, session);
  const folder = join(resumed, "tensorboard");
  const files = readdirSync(folder).sort();
  const events = files.flatMap((file) => [...readEvents(readFileSync(join(folder, file)))]);
  const of = (tag: string) => events.filter((event) => event.tag === tag);
  const { metrics } = readRuns([resumed])[0]!.folds[0]!;
  const steps = Math.ceil(readRuns([resumed])[0]!.folds[0]!.config.trainingSegments / 16);
  expect(files.length).toBe(2);
  expect(of("loss/train").map(({ step }) => step)).toEqual(
    Array.from({ length: 3 * steps }, (_, i) => i + 1),
  );
  const mean = of("loss/train")
    .slice(0, steps)
    .reduce((sum, { value }) => sum + value / steps, 0);
  expect(mean).toBeCloseTo(metrics[0]!.loss, 5); // all batches are of one size
  expect(of("accuracy/test").map(({ step, value }) => [step, value])).toEqual(
    metrics.map(({ epoch, accuracy }) => [epoch, Math.fround(accuracy)]),
  );
  expect(of("loss/acc").map(({ value }) => value)).toEqual(metrics.map(({ accuracy }) => 100 * accuracy));
  expect(of("learning_rate").map(({ value }) => value)).toEqual(metrics.map(() => Math.fround(0.002)));
  const [here, there] = ["first", "tensorboard"].map((run) => readConfig(new RunFolder(at(run))));
  expect(there).toMatchObject({
    adapter: { description: "another adapter" },
    laterAdapters: [here!.adapter],
  });
});

test("without the dataset it is still a report, and says what is missing; a wrong --data is refused", async () => {
  const elsewhere = copy("elsewhere", (folder) => {
    const config = join(folder, "config.json");
    writeFileSync(
      config,
      readFileSync(config, "utf8").replace(JSON.stringify(at("data")), '"gone/<i>ESC-50"'),
    );
  });
  const page = await report([elsewhere], { out: at("elsewhere.html") });
  const { tags, text } = parse(page);
  expect(text).toContain(
    "the sounds that it was tested on are not at gone/&lt;i&gt;ESC-50; --data says where they are",
  );
  expect(tags.has("audio")).toBe(false);
  expect(text).toContain("Confusion matrix");
  expect(
    parse(await report([elsewhere], { data: at("data"), out: at("elsewhere.html") })).tags.get("audio"),
  ).toBeGreaterThan(0);
  const refused = report([elsewhere], { data: at("nowhere"), out: at("refused.html") });
  expect(refused).rejects.toThrow(/not at .*nowhere; --data/);
  await refused.catch(() => {});
  expect(existsSync(at("refused.html"))).toBe(false);
});

test("a run that never ended, one that was stopped, one without a single epoch", async () => {
  const killed = copy("killed", (folder) => rmSync(join(folder, "result.json")));
  const stopped = copy("stopped", (folder) => {
    const path = join(folder, "result.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"fold"', '"interrupted": "SIGINT", "fold"'));
  });
  const unborn = copy("unborn", (folder) => {
    for (const file of ["result.json", "metrics.jsonl", "model.safetensors"]) rmSync(join(folder, file));
  });
  const states = readRuns([killed, stopped, unborn]).map(({ folds }) => stateOf(folds[0]!));
  expect(states).toEqual([
    "unfinished: 2 of 2 epochs",
    "stopped by Ctrl-C after 2 of 2 epochs",
    "unfinished: 0 of 2 epochs",
  ]);
  const page = await report([killed, stopped, unborn], { out: at("states.html") });
  expect(words(page)).not.toMatch(/NaN|undefined|Infinity/);
  const { text } = parse(page);
  for (const state of states) expect(text).toContain(state);
  expect(text).toContain("no model was saved in ");
});

test("folds of a cross-validation: a curve each, their mean, one confusion matrix of all", async () => {
  for (const fold of [1, 2, 3]) cpSync(at("first"), at("folds", `fold${fold}`), { recursive: true });
  onAnother(at("folds", "fold2"));
  const [run] = readRuns([at("folds")]);
  const one = run!.folds[0]!.result!.confusion;
  expect(run!.crossValidation).toBe(true);
  expect(confusionOfRun(run!)).toEqual(one.map((row) => row.map((count) => 3 * count)));
  const { text } = parse(await report([at("folds")], { out: at("folds.html") }));
  for (const part of ["fold by fold", "mean of the folds", "± 0.0 over the folds"])
    expect(text).toContain(part);
  for (const part of ["node7", "another adapter", "Not all runs were made on the same adapter"])
    expect(text).toContain(part);
  expect(
    recallOf([
      [3, 1],
      [0, 0],
    ]),
  ).toEqual([0.75, Number.NaN]);
  expect(
    easiestFirst([
      [0.5, 1, Number.NaN],
      [0.7, 0.4, Number.NaN],
    ]),
  ).toEqual([1, 0, 2]);
});

test("classes of unequal size: balanced accuracy beside accuracy", async () => {
  const path = copy("unequal", (folder) => {
    const result = JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));
    const told = {
      accuracy: 0.75,
      clips: 4,
      confusion: [
        [3, 0],
        [1, 0],
      ],
    };
    writeFileSync(join(folder, "result.json"), JSON.stringify({ ...result, ...told }));
  });
  const { text } = parse(await report([path], { out: at("unequal.html") }));
  expect(text).toContain("balanced accuracy is the mean of their recall");
  expect(text).toContain("50.0%");
  expect(parse(await report([at("first")])).text).not.toContain("balanced accuracy");
});

test("of a network that hears samples no filters are missed, and no picture is said to be what it hears", async () => {
  const set = [
    { path: ["network", "filters"], value: 8 },
    { path: ["frontEnd", "segmentSamples"], value: 8000 },
  ];
  const options = { data: at("data"), fold: 2, recipe: "m5", epochs: 1, batchSize: 16, seed: 1, set };
  await trainCommand({ ...options, cache: false, run: at("m5") }, session);
  const page = words(await report([at("m5")], { out: at("m5.html") }));
  expect(page).toContain("Mistakes</h2>");
  expect(page).toContain("the surest first, drawn as spectrograms: ");
  for (const missing of ["irst-layer", "and filters", "no model was saved", "as the network hears them"])
    expect(page).not.toContain(missing);
  const both = words(await report([at("m5"), at("first")], { out: at("m5.html") }));
  expect(both.match(/First-layer filters<\/h3>/g)).toHaveLength(1);
  const unsaved = copy("unsaved", (folder) => rmSync(join(folder, "model.safetensors")));
  expect(parse(await report([unsaved], { out: at("m5.html") })).text).toMatch(
    /First-layer filters\s*Not shown: no model was saved/,
  );
});

test("a damaged folder is named in one line, and the others are reported; nothing is written where there are none", async () => {
  const before = readdirSync(root).sort();
  const write = (file: string, text: string) => (folder: string) => writeFileSync(join(folder, file), text);
  const confusion = (table: unknown) => (folder: string) => {
    const result = JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));
    write("result.json", JSON.stringify({ ...result, confusion: table }))(folder);
  };
  const cases: [name: string, change: (folder: string) => void, says: RegExp][] = [
    ["config", write("config.json", "{"), /config\.json: it is not JSON$/],
    ["settings", write("config.json", "{}"), /config\.json is damaged, or of another version: version/],
    [
      "metrics",
      write("metrics.jsonl", '{"epoch":2}\n'),
      /metrics\.jsonl is damaged: line 1 is not of epoch 1$/,
    ],
    [
      "loss",
      write("metrics.jsonl", '{"epoch":1,"loss":null}\n'),
      /metrics\.jsonl is damaged: line 1 is not of epoch 1$/,
    ],
    ["lines", write("metrics.jsonl", "5\n"), /metrics\.jsonl is damaged: line 1 is not of epoch 1$/],
    ["result", write("result.json", '{"confusion":[[1,2]]}'), /result\.json is damaged: fold/],
    ["square", confusion([[1, 2]]), /result\.json is damaged: confusion is not a square$/],
    ["size", confusion([[1]]), /confusion is not a table of 2 × 2 counts$/],
    [
      "counts",
      confusion([
        [1, "<"],
        [0, 1],
      ]),
      /result\.json is damaged: confusion\.0\.1/,
    ],
    ["model", write("model.safetensors", "no model"), /model\.safetensors is not a usable safetensors file/],
  ];
  const folders: string[] = [];
  const messages: string[] = [];
  for (const [name, change, says] of cases) {
    const folder = copy(`damaged-${name}`, change);
    const error = await report([folder], { out: at("damaged.html") }).catch((caught) => caught);
    expect(error).toBeInstanceOf(name === "model" ? DamagedFile : UserError);
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain("\n");
    folders.push(folder);
    messages.push(`error: ${error.message}`);
  }
  const said: string[] = [];
  class Noted extends Quiet {
    override say(line: string): void {
      said.push(line);
    }
  }
  const several = (paths: string[]) =>
    reportCommand(
      paths,
      { out: at("damaged-several.html"), cache: false },
      { ...session, progress: new Noted() },
    );
  expect(several(folders)).rejects.toThrow(/^none of these runs can be reported$/);
  expect(existsSync(at("damaged-several.html"))).toBe(false);
  said.length = 0;
  expect(await several([...folders, at("first"), at("nowhere")])).toBe(folders.length + 1);
  expect(said.filter((line) => line.startsWith("error: ")).toSorted()).toEqual(
    [...messages, `error: there is no run folder ${at("nowhere")}`].toSorted(),
  );
  expect(readFileSync(at("damaged-several.html"), "utf8")).toContain("<h1");
  expect(report([at("nowhere")])).rejects.toThrow(/there is no run folder/);
  expect(report([at("data")])).rejects.toThrow(/is not a run folder: it has no config\.json/);
  expect(report([at("first"), at("second", "..", "first")])).rejects.toThrow(/is named twice$/);
  expect(report([at("first")], { out: root })).rejects.toThrow(/--out wants the name of a file/);
  expect(
    readdirSync(root)
      .filter((name) => !name.startsWith("damaged-"))
      .sort(),
  ).toEqual(before);
  console.log(`report: ${cases.length + 4} unusable folders and names, each answered in one line`);
});

test("a curve has a gap where a value is no number, and never a coordinate that is none", () => {
  const series = (values: number[]): Series => ({ label: "a", look: 0, weight: "normal", values });
  const drawn = (values: number[]) => String(learningCurves([series(values)], "loss", "Loss"));
  const line = (svg: string) =>
    /<path d="(M[^"]*)"[^>]*><\/path>|<path d="(M[^"]*L[^"]*)" \/>/.exec(svg)?.[0] ?? "";
  expect(drawn([3, 2, Number.NaN, 1, 0.5]).match(/<title>/g)?.length).toBe(4);
  for (const values of [[3, 2, Number.NaN, 1], [Number.NaN], [1], [], [Number.POSITIVE_INFINITY, 1]])
    expect(drawn(values)).not.toMatch(/NaN|Infinity|undefined/);
  expect(line(drawn([3, 2]))).not.toBe("");
});

test("filters: a picture each, channels side by side; of anything else, none", () => {
  const shape = [3, 2, 57, 6];
  const weight = { shape, data: Float32Array.from({ length: 3 * 2 * 57 * 6 }, (_, i) => Math.sin(i)) };
  const pictures = filterPictures(weight).map((png) => Buffer.from(png));
  expect(pictures.map((png) => [png.readUInt32BE(16), png.readUInt32BE(20)])).toEqual([
    [13, 57],
    [13, 57],
    [13, 57],
  ]);
  expect(filterPictures(undefined)).toEqual([]);
  expect(filterPictures({ shape: [4], data: new Float32Array(4) })).toEqual([]);
  expect(filterPictures({ shape, data: new Float32Array(3 * 2 * 57 * 6) }).length).toBe(3);
});
