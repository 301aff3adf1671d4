// The engine of the pages that hear, in a worker, so that the page stays awake: a published network, a run, what is taught.
// Calls come by name, and each is answered once; while a call lasts it may tell how far it is.
import { compile, DeviceError, init, noGrad, type Tensor, tensor } from "../../src/index.ts";
import { toOnnx } from "../../src/train/export/export.ts";
import { AUDIO_SET, pictures } from "../../src/train/features/audio-set.ts";
import type { ClipFeatures } from "../../src/train/features/features.ts";
import { largestArray } from "../../src/train/learning/model.ts";
import {
  buildPretrained,
  type Pretrained,
  type PretrainedFiles,
} from "../../src/train/pretrained/network.ts";
import type { Waveform } from "../../src/train/sound/waveform.ts";
import { UserError } from "../../src/train/terminal/errors.ts";
import { type DroppedFile, droppedRun } from "./dropped-run.ts";
import { type Lesson, listenTo, type Progress, type Teacher, teach } from "./learner.ts";
import { Opened, type Told } from "./opened.ts";

/** What can be asked of the worker. */
export interface Calls {
  /** Takes the published network's files. */
  load(files: PretrainedFiles): Promise<void>;
  /** Takes a run that was dropped; null: hears with the published network again. */
  open(dropped: { name: string; files: readonly DroppedFile[] } | null): Promise<OpenedRun | null>;
  /** What there is in the last samples. */
  hear(of: Look): Promise<Looked>;
  /** What a whole sound is, by the run, or by what was taught. */
  tell(wave: Waveform): Promise<Told>;
  /** What a teacher's network makes of sounds, to be learned from. */
  listen(to: { teacher: Teacher; waves: readonly Waveform[] }): Promise<ClipFeatures[]>;
  /** Trains. Tells the loss of each epoch. Answers whether it can say "none of these". */
  teach(lesson: Lesson): Promise<{ refuses: boolean }>;
  /** What was taught as a run's folder in a ZIP archive, which `bun run predict` takes. */
  run(_: null): Promise<Uint8Array>;
  /** The same as an ONNX model, as `bun run export` writes it. */
  onnx(_: null): Promise<Uint8Array>;
}

/** A run that was opened. */
export interface OpenedRun {
  classes: readonly string[];
  recipe: string;
  /** Whether it can say "none of these". */
  refuses: boolean;
  /** Samples at the pages' rate that it hears at once, and whether each sound is to be as loud as others. */
  window: number;
  levelled: boolean;
}

/** Sound at the pages' rate. */
export interface Look {
  /** The picture's, and what the published network hears. */
  samples: Float32Array;
  /** What a run hears. */
  window: Float32Array | null;
}

export interface Looked {
  /** The log-mel picture, [bands, frames] row-major. */
  bands: number;
  picture: Float32Array;
  /** Of each class; null where there is no network yet. */
  probabilities: Float32Array | null;
  silent: boolean;
  /** Whether it is none of the classes. */
  other: boolean;
}

export interface Call {
  id: number;
  name: keyof Calls;
  argument: unknown;
}

export type Answer =
  | { id: number; result: unknown }
  | { id: number; error: string }
  | { id: number; told: Progress };

/** What names AudioSet's sounds, … */
let pretrained: Pretrained | null = null;
/** The probabilities that the published network gives a picture: asked for all the time, always of as many frames. */
let probabilitiesOf: ((picture: Tensor) => Tensor) | null = null;
/** … and a run that was dropped or taught. */
let opened: Opened | null = null;

function ofRun(): Opened {
  if (opened === null) throw new Error("nothing was taught yet");
  return opened;
}

const base = () => pretrained?.network.stateDict() ?? null;

const calls: {
  [N in keyof Calls]: (
    argument: Parameters<Calls[N]>[0],
    tell: (told: Progress) => void,
  ) => ReturnType<Calls[N]>;
} = {
  async load(files) {
    pretrained = buildPretrained(files);
    const { network } = pretrained;
    probabilitiesOf = compile((picture: Tensor) => network.forward(picture).sigmoid());
  },

  async open(dropped) {
    if (dropped === null) {
      opened = null;
      return null;
    }
    const run = await droppedRun(dropped.name, dropped.files);
    opened = new Opened(run, largestArray(await init()));
    const { config, refusal, ear } = opened;
    const rate = ear.resamples ? AUDIO_SET.sampleRate : ear.cutting.sampleRate;
    return {
      classes: config.classes,
      recipe: config.recipe.name,
      refuses: refusal !== null,
      window: Math.ceil((ear.cutting.segmentSamples * rate) / ear.cutting.sampleRate),
      levelled: ear.levelled,
    };
  },

  async hear({ samples, window }) {
    const one = noGrad(() => pictures(tensor(samples, { shape: [1, samples.length] })));
    const looked = async (heard: Omit<Looked, "bands" | "picture">): Promise<Looked> => ({
      bands: AUDIO_SET.nMels,
      picture: (await one.data()) as Float32Array,
      ...heard,
    });
    if (opened !== null && window !== null) {
      const { probabilities, silent, known } = await opened.hear(window, AUDIO_SET.sampleRate);
      return looked({ probabilities, silent, other: !known });
    }
    const told = noGrad(() => probabilitiesOf?.(one));
    if (told === undefined) return looked({ probabilities: null, silent: false, other: false });
    const values = (await told.data()) as Float32Array;
    return looked({ probabilities: values, silent: false, other: false });
  },

  tell: (wave) => ofRun().tell(wave),

  async listen({ teacher, waves }, tell) {
    const heard: ClipFeatures[] = [];
    for (const wave of waves) {
      heard.push(await listenTo(teacher, wave, teacher === "transfer" ? base() : null));
      tell({ share: heard.length / waves.length });
    }
    return heard;
  },

  async teach(lesson, tell) {
    const weights = lesson.teacher === "transfer" ? base() : null;
    if (lesson.teacher === "transfer" && weights === null)
      throw new UserError("these sounds were heard by the published network, whose weights are not here");
    const run = await teach(lesson, weights, tell);
    opened = new Opened(run, largestArray(await init()));
    return { refuses: opened.refusal !== null };
  },

  async run() {
    return ofRun().run.zip();
  },

  async onnx() {
    const { model, config, refusal } = ofRun();
    return (await toOnnx(model, { ...config, refusal }, "wave")).bytes;
  },
};

const ready = init();
ready.catch(() => {}); // each call is told
/** One call after the other: they share the GPU. */
let before: Promise<unknown> = Promise.resolve();

/** What went wrong, and what a visitor can do: the networks are on a device that nothing can be read of any more. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof DeviceError)) return error.message;
  return `${error.message.replace(/; init\(\) opens a new one$/, "")}; reload this page`;
}

addEventListener("message", ({ data: { id, name, argument } }: MessageEvent<Call>) => {
  const tell = (told: Progress) => postMessage({ id, told } satisfies Answer);
  const call = calls[name] as (argument: unknown, tell: (told: Progress) => void) => Promise<unknown>;
  before = before
    .then(() => ready)
    .then(() => call(argument, tell))
    .then(
      (result) => postMessage({ id, result } satisfies Answer),
      (error) => postMessage({ id, error: told(error) } satisfies Answer),
    );
});
