// The two kinds of ADPCM that WAV files hold, Microsoft's and IMA's: four bits a sample, each telling how far the next is
// from a prediction. Every block begins anew, so that files can be decoded from any block on.
import { CODES, type Format } from "./headers.ts";

/** Whole blocks (the last may be a part of one) → the samples of all channels, interleaved, of 16 bits. */
export function decodeAdpcm({ code, channels, block }: Format, data: Uint8Array): Int16Array {
  const decode = code === CODES.msAdpcm ? microsoftBlock : imaBlock;
  const parts: number[][] = [];
  for (let at = 0; at < data.length; at += block) parts.push(decode(data.subarray(at, at + block), channels));
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}

const clamp = (x: number, least: number, most: number) => Math.min(most, Math.max(least, x));
const to16 = (x: number) => clamp(x, -32768, 32767);

/** How the step grows after each nibble, in 1/256; the predictors' weights of the last two samples, likewise. */
const ADAPTATION = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
const WEIGHTS = [
  [256, 0],
  [512, -256],
  [0, 0],
  [192, 64],
  [240, 0],
  [460, -208],
  [392, -232],
] as const;

function microsoftBlock(bytes: Uint8Array, channels: number): number[] {
  if (bytes.length < 7 * channels) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const i16 = (field: number, c: number) => view.getInt16(channels + 2 * (field * channels + c), true);
  const states = Array.from({ length: channels }, (_, c) => {
    const [newer, older] = WEIGHTS[bytes[c]!] ?? WEIGHTS[0];
    return { newer, older, step: i16(0, c), last: i16(1, c), before: i16(2, c) };
  });
  const samples = [...states.map(({ before }) => before), ...states.map(({ last }) => last)];
  for (let i = 0; i < 2 * (bytes.length - 7 * channels); i++) {
    const byte = bytes[7 * channels + (i >> 1)]!;
    const nibble = i % 2 === 0 ? byte >> 4 : byte & 15; // two channels take turns
    const state = states[i % channels]!;
    const predicted = Math.trunc((state.last * state.newer + state.before * state.older) / 256);
    state.before = state.last;
    state.last = to16(predicted + (nibble < 8 ? nibble : nibble - 16) * state.step);
    state.step = clamp((ADAPTATION[nibble]! * state.step) >> 8, 16, 2 ** 22);
    samples.push(state.last);
  }
  return channels === 2 && samples.length % 2 === 1 ? samples.slice(0, -1) : samples;
}

const INDEX_CHANGES = [-1, -1, -1, -1, 2, 4, 6, 8];
/** From 7 to 32767, each about 1.1 times the one before. */
// biome-ignore format: a table
const STEPS = [
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
  130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166,
  1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845,
  8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
];

function imaBlock(bytes: Uint8Array, channels: number): number[] {
  const words = Math.floor((bytes.length - 4 * channels) / (4 * channels));
  if (words < 0) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Array<number>(channels * (1 + 8 * words));
  for (let c = 0; c < channels; c++) {
    let last = view.getInt16(4 * c, true);
    let index = Math.min(bytes[4 * c + 2]!, STEPS.length - 1);
    samples[c] = last;
    for (let i = 0; i < 8 * words; i++) {
      // Words of four bytes take turns among the channels; the lower half of a byte comes first.
      const byte = bytes[4 * (channels + (i >> 3) * channels + c) + ((i & 7) >> 1)]!;
      const nibble = i % 2 === 0 ? byte & 15 : byte >> 4;
      const difference = ((2 * (nibble & 7) + 1) * STEPS[index]!) >> 3;
      last = to16(nibble < 8 ? last + difference : last - difference);
      index = clamp(index + INDEX_CHANGES[nibble & 7]!, 0, STEPS.length - 1);
      samples[channels * (1 + i) + c] = last;
    }
  }
  return samples;
}
