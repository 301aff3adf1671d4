// `--data synthetic`: eight kinds of sound in five folds, made on the fly from seeded random numbers, so that
// training can be tried without a download. Kinds overlap on purpose (pitch, level, noise and timing are all
// drawn, and parts of most clips are silent), so that it takes some learning to tell them apart.
import { HostRandom } from "../../gpu/host-random.ts";
import type { Waveform } from "../sound/waveform.ts";
import { type Clip, type Dataset, foldsOf } from "./dataset.ts";

/** Part of the feature cache's key: raise it when the sounds change. */
const VERSION = 2;
const SAMPLE_RATE = 44100;
const FOLDS = 5;
const CLIPS_PER_CLASS_AND_FOLD = 4;
/** The dataset is the same for every training seed. */
const SEED = 20150917;

/** Writes one sound into `out` (zeros at first), at about full scale. */
type Sound = (out: Float32Array, random: HostRandom) => void;

const SOUNDS: Record<string, Sound> = {
  tone: (out, random) => {
    const pitch = logUniform(random, 200, 3000);
    const vibrato = 0.005 * random.uniform();
    const rate = 3 + 5 * random.uniform();
    oscillate(out, (t) => pitch * (1 + vibrato * Math.sin(2 * Math.PI * rate * t)));
  },
  chirp_up: (out, random) => sweep(out, random, 1),
  chirp_down: (out, random) => sweep(out, random, -1),
  siren: (out, random) => {
    const pitch = logUniform(random, 400, 2000);
    const depth = 0.3 + 0.4 * random.uniform();
    const rate = logUniform(random, 1, 4);
    oscillate(out, (t) => pitch * 2 ** (depth * Math.sin(2 * Math.PI * rate * t)));
  },
  noise: (out, random) => {
    bandNoise(out, random, logUniform(random, 300, 5000), 0.5 + random.uniform());
  },
  waves: (out, random) => {
    bandNoise(out, random, logUniform(random, 300, 5000), 0.5 + random.uniform());
    const rate = logUniform(random, 2, 8);
    const phase = random.uniform();
    shape(out, (t) => 0.5 - 0.5 * Math.cos(2 * Math.PI * (rate * t + phase)));
  },
  clicks: (out, random) => {
    const gap = logUniform(random, 0.08, 0.5);
    const ring = logUniform(random, 800, 6000);
    for (
      let at = gap * random.uniform();
      at * SAMPLE_RATE < out.length;
      at += gap * (0.8 + 0.4 * random.uniform())
    ) {
      burst(out, at, 0.03, (t) => Math.exp(-t * 200) * Math.sin(2 * Math.PI * ring * t));
    }
  },
  barks: (out, random) => {
    const pitch = logUniform(random, 150, 600);
    const gap = logUniform(random, 0.25, 0.8);
    for (
      let at = gap * random.uniform();
      at * SAMPLE_RATE < out.length;
      at += gap * (0.8 + 0.4 * random.uniform())
    ) {
      const length = 0.08 + 0.12 * random.uniform();
      burst(out, at, length, (t) => {
        let sum = 0;
        for (let k = 1; k <= 8; k++) sum += Math.sin(2 * Math.PI * k * pitch * (1 - 0.5 * t) * t) / k;
        return 0.6 * sum * Math.sin((Math.PI * t) / length);
      });
    }
  },
};

/** The synthetic dataset; every clip is a function of its number alone. */
export function openSynthetic(): Dataset {
  const classes = Object.keys(SOUNDS);
  const clips: Clip[] = [];
  for (const fold of foldsOf({ folds: FOLDS })) {
    for (let label = 0; label < classes.length; label++) {
      for (let take = 1; take <= CLIPS_PER_CLASS_AND_FOLD; take++) {
        clips.push({ name: `${fold}-${classes[label]}-${take}`, fold, label });
      }
    }
  }
  return {
    source: "synthetic",
    classes,
    clips,
    folds: FOLDS,
    fingerprint: (clip) => `synthetic ${VERSION} ${clips[clip]!.name}`,
    load: async (clip) => synthesize(SOUNDS[classes[clips[clip]!.label]!]!, clip),
  };
}

/** One of its sounds alone, of so many seconds, at about full scale, at 44.1 kHz. */
export function madeSound(kind: string, seconds: number, random: HostRandom): Float32Array {
  const samples = new Float32Array(Math.round(seconds * SAMPLE_RATE));
  SOUNDS[kind]!(samples, random);
  return samples;
}

function synthesize(sound: Sound, clip: number): Waveform {
  const random = new HostRandom(SEED, clip);
  const samples = new Float32Array(Math.round((2 + 1.5 * random.uniform()) * SAMPLE_RATE));
  // The sound fills 55 to 100 % of the clip; the rest is silent but for a little noise in most clips.
  const length = Math.round(samples.length * (0.55 + 0.45 * random.uniform()));
  const start = random.int(samples.length - length + 1);
  const part = samples.subarray(start, start + length);
  sound(part, random);
  const level = 10 ** (-(3 + 25 * random.uniform()) / 20);
  const noise = random.uniform() < 0.25 ? 0 : level * 10 ** (-(10 + 30 * random.uniform()) / 20);
  const white = whiteNoise(random);
  for (let i = 0; i < samples.length; i++) samples[i] = level * samples[i]! + noise * white();
  return { samples, sampleRate: SAMPLE_RATE };
}

function logUniform(random: HostRandom, low: number, high: number): number {
  return low * (high / low) ** random.uniform();
}

/** A sine whose frequency in Hz is a function of time in seconds. */
function oscillate(out: Float32Array, frequency: (t: number) => number): void {
  let phase = 0;
  for (let i = 0; i < out.length; i++) {
    phase += (2 * Math.PI * frequency(i / SAMPLE_RATE)) / SAMPLE_RATE;
    out[i] = Math.sin(phase);
  }
}

/** A tone that glides by one to two octaves again and again; `direction` is 1 for up, −1 for down. */
function sweep(out: Float32Array, random: HostRandom, direction: number): void {
  const middle = logUniform(random, 500, 2500);
  const octaves = 1 + random.uniform();
  const period = 0.3 + 0.5 * random.uniform();
  const offset = random.uniform();
  oscillate(out, (t) => middle * 2 ** (direction * octaves * (((t / period + offset) % 1) - 0.5)));
}

/** White noise through a two-pole resonator at `centre` Hz, `width` octaves wide, scaled to a peak of one. */
function bandNoise(out: Float32Array, random: HostRandom, centre: number, width: number): void {
  const white = whiteNoise(random);
  const angle = (2 * Math.PI * centre) / SAMPLE_RATE;
  const radius = Math.exp((-angle * width) / 2);
  let [y1, y2, peak] = [0, 0, 0];
  for (let i = 0; i < out.length; i++) {
    const y = white() + 2 * radius * Math.cos(angle) * y1 - radius * radius * y2;
    [y2, y1] = [y1, y];
    out[i] = y;
    peak = Math.max(peak, Math.abs(y));
  }
  for (let i = 0; i < out.length; i++) out[i]! /= peak;
}

/** Multiplies by an envelope, a function of time in seconds. */
function shape(out: Float32Array, envelope: (t: number) => number): void {
  for (let i = 0; i < out.length; i++) out[i]! *= envelope(i / SAMPLE_RATE);
}

/** Adds a short sound of `length` seconds at `at` seconds. */
function burst(out: Float32Array, at: number, length: number, wave: (t: number) => number): void {
  const start = Math.round(at * SAMPLE_RATE);
  const end = Math.min(out.length, start + Math.round(length * SAMPLE_RATE));
  for (let i = start; i < end; i++) out[i]! += wave((i - start) / SAMPLE_RATE);
}

/** Uniform noise in −1 … 1, a sample a call: xorshift32 (Marsaglia 2003), as millions are needed. */
function whiteNoise(random: HostRandom): () => number {
  let state = 1 + random.int(2 ** 32 - 1);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}
