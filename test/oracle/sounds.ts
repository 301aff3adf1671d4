// The sounds that the front end is compared on: 16-bit samples at 44.1 kHz by frontend.py's formulas, as WAV files.
import { words } from "./draw.ts";

export const RATE = 44100;
const FULL = 32767;

/** Samples by name. */
export function sounds(): Record<string, Int16Array> {
  return {
    silence: new Int16Array(RATE),
    impulse: Int16Array.from({ length: RATE }, (_, i) => (i === 20001 ? FULL : 0)),
    sine: Int16Array.from({ length: RATE }, (_, i) =>
      Math.round(FULL * Math.sin((2 * Math.PI * 997 * i) / RATE)),
    ),
    noise: noise("noise", RATE, 16),
    short: noise("short", 300, 16),
    scene: scene(),
  };
}

/** Uniform, of so many bits. */
function noise(name: string, count: number, bits: number): Int16Array {
  const next = words(name);
  return Int16Array.from({ length: count }, () => (next() >>> (32 - bits)) - 2 ** (bits - 1));
}

/** Three barks, each a falling harmonic sound, over noise of 5 bits for 1.4 s; then nothing. */
function scene(): Int16Array {
  const samples = new Int16Array(2.5 * RATE);
  const floor = noise("scene", (RATE * 7) / 5, 5);
  for (const [i, low] of floor.entries()) {
    const t = i / RATE;
    const bark = t - 0.45 * Math.floor(t / 0.45);
    let voice = 0;
    for (let k = 1; k <= 12; k++) voice += Math.sin(2 * Math.PI * k * (420 - 300 * bark) * bark) / k;
    samples[i] = Math.round(9000 * Math.exp(-12 * bark) * voice) + low;
  }
  return samples;
}

/** A WAV file of one channel at 44.1 kHz. */
export function wavBytes(samples: Int16Array): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // integers
  header.writeUInt16LE(1, 22); // one channel
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}
