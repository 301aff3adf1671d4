// A long sound of which every event is known: sounds of `--data synthetic` with silence or quiet noise between them, as a
// stream of a WAV file whose length its header does not say; and a dataset of such sounds for a network to learn them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { madeSound } from "../../../src/train/dataset/synthetic.ts";

export const RATE = 44100;

/** White noise. */
const HISS = (() => {
  const random = new HostRandom(7);
  return Float32Array.from({ length: 40_009 }, () => 2 * random.uniform() - 1);
})();

/** What is to be heard. */
export interface Truth {
  class: string;
  /** Seconds. */
  begin: number;
  end: number;
}

/** A header of 16-bit samples, one channel; by default as ffmpeg writes it into a pipe. */
export function wavHeader(bytes = 0xffffffff): Uint8Array {
  const header = new Uint8Array(44);
  const view = new DataView(header.buffer);
  const text = (at: number, value: string) => new TextEncoder().encodeInto(value, header.subarray(at));
  text(0, "RIFF");
  view.setUint32(4, Math.min(0xffffffff, bytes + 36), true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, bytes, true);
  return header;
}

/** Silence, or noise that is hardly heard, with a sound in it; `tell` is told when that begins and ends. In seconds. */
function piece(
  kind: string,
  [gap, seconds, rest]: [gap: number, seconds: number, rest: number],
  random: HostRandom,
  tell: (begin: number, end: number) => void,
): Int16Array {
  const sound = madeSound(kind, seconds, random);
  const before = Math.round(gap * RATE);
  const level = 10 ** (-(3 + 15 * random.uniform()) / 20);
  const noise = random.uniform() < 0.5 ? 0 : 10 ** (-70 / 20);
  // Clicks and barks begin with a pause and end with one.
  const loud = (x: number) => Math.abs(x) > 0.02;
  tell(before + sound.findIndex(loud), before + sound.findLastIndex(loud) + 1);
  const samples = new Int16Array(before + sound.length + Math.round(rest * RATE));
  for (let i = 0; i < samples.length; i++) {
    const x = level * (sound[i - before] ?? 0) + noise * HISS[i % HISS.length]!;
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(32767 * x)));
  }
  return samples;
}

/** Sound after sound, of each kind in turn, for at least so many seconds. `tell` is told of each. */
export function* scene(
  seconds: number,
  kinds: readonly string[],
  tell: (truth: Truth) => void,
): Generator<Int16Array> {
  const random = new HostRandom(13);
  for (let at = 0, i = 0; at < seconds * RATE; i++) {
    const kind = kinds[i % kinds.length]!;
    const samples = piece(
      kind,
      [2 + 4 * random.uniform(), 2 + 6 * random.uniform(), 0],
      random,
      (begin, end) => tell({ class: kind, begin: (at + begin) / RATE, end: (at + end) / RATE }),
    );
    yield samples;
    at += samples.length;
  }
}

/** Writes a dataset laid out as ESC-50 is: in each of five folds so many clips of each kind. */
export function writeClips(folder: string, kinds: readonly string[], clips: number): void {
  mkdirSync(join(folder, "audio"), { recursive: true });
  mkdirSync(join(folder, "meta"));
  const random = new HostRandom(31);
  const rows = ["filename,fold,target,category"];
  for (let fold = 1; fold <= 5; fold++)
    for (const [label, kind] of kinds.entries())
      for (let take = 0; take < clips; take++) {
        const name = `${fold}-${take}-${label}.wav`;
        const samples = piece(
          kind,
          [random.uniform(), 1 + 2 * random.uniform(), random.uniform()],
          random,
          () => {},
        );
        const bytes = new Uint8Array(samples.buffer);
        writeFileSync(join(folder, "audio", name), Buffer.concat([wavHeader(bytes.length), bytes]));
        rows.push(`${name},${fold},${label},${kind}`);
      }
  writeFileSync(join(folder, "meta", "esc50.csv"), rows.join("\n"));
}
