// Reading WAV files: every sample format against the numbers that went in, and one clear line for every
// kind of file that cannot be used.
import { describe, expect, test } from "bun:test";
import { WaveFile } from "wavefile";
import { type ByteSource, decodeWav, WavError, wavBlocks } from "../../src/audio/wav.ts";
import { HostRandom } from "../../src/gpu/host-random.ts";
import { ascii, chunk, fmt, format, i16, riff, u32 } from "./wav/pieces.ts";

/** What a sample format can hold: the bit depth's name in wavefile, its full scale, whether it is a float. */
const formats = [
  { depth: "8", full: 128, float: false },
  { depth: "16", full: 2 ** 15, float: false },
  { depth: "24", full: 2 ** 23, float: false },
  { depth: "32", full: 2 ** 31, float: false },
  { depth: "32f", full: 1, float: true },
  { depth: "64", full: 1, float: true },
];

/** A file's samples, decoded some bytes at a time. */
const inBlocks = (source: ByteSource, bytes: number) =>
  [...wavBlocks(source, "blocks", bytes)].flatMap(({ samples }) => [...samples]);
const memory = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (from, to) => {
    expect(from <= to && to <= bytes.length).toBe(true);
    return bytes.slice(from, to);
  },
});

/** Random channels in the units of a format, and the mono signal that they should become. */
function draw(random: HostRandom, channels: number, length: number, format: (typeof formats)[number]) {
  const raw = Array.from({ length: channels }, () =>
    Array.from({ length }, (_, i) => {
      if (format.float) return Math.fround(2 * random.uniform() - 1);
      if (i === 0) return -format.full; // both ends of the scale
      if (i === 1) return format.full - 1;
      return Math.floor((2 * random.uniform() - 1) * format.full);
    }),
  );
  const mono = Float32Array.from(
    { length },
    (_, i) => raw.reduce((sum, channel) => sum + channel[i]!, 0) / (channels * format.full),
  );
  return { raw, mono };
}

describe("decodes", () => {
  for (const format of formats) {
    for (const container of ["RIFF", "RIFX"]) {
      test(`${format.depth} bits, ${container}`, () => {
        const random = new HostRandom(7, format.full);
        for (const channels of [1, 2, 5]) {
          for (const length of [1, 2, 3, 101]) {
            const { raw, mono } = draw(random, channels, length, format);
            const stored = format.depth === "8" ? raw.map((c) => c.map((v) => v + 128)) : raw;
            const wave = new WaveFile();
            wave.fromScratch(channels, 22050, format.depth, channels === 1 ? stored[0]! : stored, {
              container,
            });
            const { samples, sampleRate } = decodeWav(wave.toBuffer());
            expect(sampleRate).toBe(22050);
            expect(samples.length).toBe(length);
            expect(inBlocks(memory(wave.toBuffer()), 40)).toEqual([...samples]);
            for (let i = 0; i < length; i++)
              expect(Math.abs(samples[i]! - mono[i]!)).toBeLessThanOrEqual(2 ** -24);
          }
        }
      });
    }
  }

  test("floats beyond full scale as they are", () => {
    const wave = new WaveFile();
    wave.fromScratch(1, 8000, "32f", [1.5, -2]);
    expect([...decodeWav(wave.toBuffer()).samples]).toEqual([1.5, -2]);
  });

  test("a file with other chunks round its samples, at an odd place in memory", () => {
    const file = riff(
      chunk("LIST", ascii("INFOISFT"), 8),
      format(1, 1, 44100, 16),
      chunk("LIST", ascii("INFO")),
      chunk("cue ", u32(0xffffffff)), // a damaged count that must not matter
      chunk("odd ", new Uint8Array(3)),
      chunk("data", i16(-32768, 0, 16384)),
      chunk("LIST", ascii("INFO")),
    );
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect([...decodeWav(shifted.subarray(1)).samples]).toEqual([-1, 0, 0.5]);
  });

  test("a file streamed without a known length, to its end", () => {
    const file = riff(format(1, 1, 8000, 16), chunk("data", i16(1, 2, 3), 0xffffffff));
    expect(decodeWav(file).samples.length).toBe(3);
  });

  test("an extensible header", () => {
    const header = new Uint8Array(40);
    header.set(fmt(0xfffe, 2, 48000, 16));
    header[24] = 1;
    const file = riff(chunk("fmt ", header), chunk("data", i16(100, 300)));
    expect([...decodeWav(file).samples]).toEqual([200 / 32768]);
  });
});

describe("refuses, naming the file and the reason,", () => {
  const good = riff(format(1, 1, 44100, 16), chunk("data", i16(1, 2, 3)));
  const nan = new Uint8Array(new Float32Array([0, Number.NaN]).buffer);
  const cases: [string, Uint8Array, string][] = [
    ["an empty file", new Uint8Array(0), "is empty"],
    ["text", ascii("once upon a time there was a sound"), "is not a WAV file"],
    ["three bytes", ascii("RIF"), "is not a WAV file"],
    ["a RIFF file of another kind", ascii("RIFF\0\0\0\0AVI LIST"), "is not a WAV file"],
    ["nothing but a beginning", good.subarray(0, 12), "has no format header"],
    ["a format cut off", good.subarray(0, 30), "is truncated inside its format header"],
    ["no samples chunk", good.subarray(0, 36), "is truncated before its samples"],
    ["samples cut off", good.subarray(0, 48), "is truncated: 6 bytes of samples announced, 4 there"],
    [
      "an absurd length",
      riff(format(1, 1, 8000, 16), chunk("data", i16(1), 0xfffffffe)),
      "is truncated: 4294967294",
    ],
    ["no samples", riff(format(1, 1, 44100, 16), chunk("data", new Uint8Array(0))), "has no samples"],
    ["half a sample", riff(format(1, 2, 44100, 16), chunk("data", i16(1, 2, 3))), "ends inside a sample"],
    [
      "samples before the format",
      riff(chunk("data", i16(1)), format(1, 1, 44100, 16)),
      "before its format header",
    ],
    ["0 channels", riff(format(1, 0, 44100, 16), chunk("data", i16(1))), "0 channels"],
    ["a rate of 0", riff(format(1, 1, 0, 16), chunk("data", i16(1))), "its rate is 0 Hz"],
    ["an absurd rate", riff(format(1, 1, 4e9, 16), chunk("data", i16(1))), "its rate is 4000000000 Hz"],
    ["0 bits", riff(format(1, 1, 8000, 0), chunk("data", i16(1))), "integers of 0 bits; 8, 16, 24, 32"],
    ["20 bits", riff(format(1, 1, 8000, 20), chunk("data", i16(1))), "integers of 20 bits"],
    ["floats of 16 bits", riff(format(3, 1, 8000, 16), chunk("data", i16(1))), "floats of 16 bits; 32, 64"],
    [
      "a header at odds with itself",
      riff(format(1, 1, 8000, 16, 7), chunk("data", i16(1))),
      "header is damaged",
    ],
    [
      "MP3 inside a WAV",
      riff(format(85, 1, 8000, 16), chunk("data", i16(1))),
      "is compressed (format 85, MP3)",
    ],
    ["an RF64 file of nothing", ascii("RF64\0\0\0\0WAVE"), "has no format header"],
    [
      "no samples before another chunk",
      riff(format(1, 1, 8000, 16), chunk("data", ascii("")), chunk("LIST", ascii("INFO"))),
      "has no samples",
    ],
    ["ADPCM of three channels", riff(format(17, 3, 8000, 4, 64), chunk("data", i16(1))), "of 3 channels"],
    ["ADPCM of tiny blocks", riff(format(2, 1, 8000, 4, 7), chunk("data", i16(1))), "header is damaged"],
    [
      "no sound among floats",
      riff(format(3, 1, 8000, 32), chunk("data", new Uint8Array(new Float32Array([1, -3e38]).buffer))),
      "sample 1 is -3.0e+38, louder than any sound",
    ],
    ["NaN among floats", riff(format(3, 1, 8000, 32), chunk("data", nan)), "sample 1 is not a finite number"],
  ];
  for (const [what, bytes, reason] of cases) {
    test(what, () => {
      const error = errorOf(() => decodeWav(bytes, `${what}.wav`));
      expect(error).toBeInstanceOf(WavError);
      expect(error.message.indexOf(`${what}.wav: `)).toBe(0);
      expect(error.reason).toContain(reason);
      expect(error.message).not.toContain("\n");
      expect(() => inBlocks(memory(bytes), 2)).toThrow(`blocks: ${error.reason}`);
    });
  }

  test("whatever byte of a good file is damaged: a WavError or samples, never another error", () => {
    let refused = 0;
    for (let at = 0; at < good.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const damaged = good.slice();
        damaged[at] = value;
        try {
          expect(inBlocks(memory(damaged), 4)).toEqual([...decodeWav(damaged).samples]);
        } catch (error) {
          expect(error).toBeInstanceOf(WavError);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(50);
  });
});

/** What a function throws. */
function errorOf(action: () => unknown): WavError {
  try {
    action();
  } catch (error) {
    return error as WavError;
  }
  throw new Error("nothing was thrown");
}
