// WAV files that are still being written, piece by piece: what comes out is what the whole file holds, whatever the
// header says of its length.
import { describe, expect, test } from "bun:test";
import { WaveFile } from "wavefile";
import { type RawFormat, rawFormat, WavStream } from "../../../src/audio/wav/stream.ts";
import { decodeWav, wavBlocks } from "../../../src/audio/wav.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { ascii, chunk, format, i16, riff } from "./pieces.ts";

const random = new HostRandom(3);

function wav(samples: number, channels: number, bits: string): Uint8Array {
  const wave = new WaveFile();
  const scale = bits === "32f" ? 1 : 2 ** (Number(bits) - 1) - 1;
  const values = () => Array.from({ length: samples }, () => scale * (2 * random.uniform() - 1));
  wave.fromScratch(
    channels,
    8000,
    bits,
    channels === 1 ? values() : Array.from({ length: channels }, values),
  );
  return wave.toBuffer();
}

/** All that comes out, where the bytes come so many at a time. */
function heard(bytes: Uint8Array, at: number, raw: [RawFormat, number, number] | null = null) {
  const flaws: string[] = [];
  const stream = new WavStream("it", raw && rawFormat(...raw), ({ reason }) => flaws.push(reason));
  const samples: number[] = [];
  for (let from = 0; from < bytes.length; from += at)
    samples.push(...stream.push(bytes.subarray(from, from + at)));
  const rest = stream.end();
  samples.push(...rest.samples);
  flaws.push(...rest.flaws.map(({ reason }) => reason));
  return { samples, rate: stream.sampleRate, flaws };
}

describe("in pieces of 1, 7 and 4096 bytes", () => {
  for (const [bits, channels] of [
    ["8", 1],
    ["16", 1],
    ["16", 2],
    ["24", 3],
    ["32f", 2],
  ] as const) {
    test(`${bits} bits, ${channels} channels: as the file at once`, () => {
      const bytes = wav(900, channels, bits);
      const whole = decodeWav(bytes);
      for (const at of [1, 7, 4096])
        expect(heard(bytes, at)).toEqual({ samples: [...whole.samples], rate: 8000, flaws: [] });
    });
  }
});

test("a length of nothing, of all ones or of about 2 GiB has no end; an honest one ends before other chunks", () => {
  const bytes = wav(500, 1, "16");
  const samples = [...decodeWav(bytes).samples];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const size of [0, 0xffffffff, 0xffffffff - 36, 0x7ffff000, 2 ** 31, 0x7fff0000]) {
    view.setUint32(40, size, true);
    expect(heard(bytes, 333).samples).toEqual(samples);
  }
  view.setUint32(40, 1000, true);
  const tagged = Buffer.concat([bytes, Buffer.from("LIST\x04\0\0\0INFO")]);
  expect(heard(tagged, 333).samples).toEqual(samples);
  console.log(`  ${samples.length} samples each time`);
});

test("samples without a header, of five formats", () => {
  for (const [name, bits] of [
    ["u8", "8"],
    ["s16le", "16"],
    ["s24le", "24"],
    ["s32le", "32"],
    ["f32le", "32f"],
  ] as const) {
    const bytes = wav(300, 2, bits);
    const data = bytes.subarray(bytes.length - (300 * 2 * Number.parseInt(bits, 10)) / 8);
    expect(heard(data, 13, [name, 8000, 2]).samples).toEqual([...decodeWav(bytes).samples]);
  }
});

test("what is no WAV file, or ends too early, says so; samples that are no numbers are 0", () => {
  const noise = Uint8Array.from({ length: 5000 }, () => random.int(256));
  expect(() => heard(noise, 100)).toThrow("it: is not a WAV file (it does not begin with RIFF … WAVE)");
  expect(() => heard(new Uint8Array(0), 8)).toThrow("it: is empty");
  expect(() => heard(new Uint8Array(0), 8, ["s16le", 8000, 1])).toThrow("it: has no samples");
  const bytes = wav(4, 1, "32f");
  new DataView(bytes.buffer, bytes.byteOffset).setFloat32(bytes.length - 8, Number.NaN, true);
  const { samples, flaws } = heard(bytes, 1000);
  expect([samples[2], flaws]).toEqual([0, ["sample 2 is not a finite number"]]);
});

test("what is odd, cut off or tagged is heard, noted and refused as the same bytes in a file are", () => {
  const file = (bytes: Uint8Array) => {
    const source = { size: bytes.length, read: (from: number, to: number) => bytes.subarray(from, to) };
    const flaws: string[] = [];
    const blocks = [...wavBlocks(source, "it", undefined, ({ reason }) => flaws.push(reason))];
    return { samples: blocks.flatMap(({ samples }) => [...samples]), rate: blocks[0]!.sampleRate, flaws };
  };
  const outcome = <T>(of: () => T) => {
    try {
      return of();
    } catch (error) {
      return (error as Error).message;
    }
  };
  const whole = wav(100, 1, "16"); // its samples begin at byte 44
  const header = format(1, 1, 8000, 16);
  const adpcm = format(17, 1, 8000, 4, 32);
  const packed = Uint8Array.from({ length: 48 }, (_, i) => (i % 32 < 4 ? 0 : 17 * i));
  const cases: [string, Uint8Array][] = [
    ...[0, 11, 12, 19, 30, 36, 43, 44, 45, 46, 143, 244].map((length): [string, Uint8Array] => [
      `${length} bytes of it`,
      whole.subarray(0, length),
    ]),
    ["no samples", riff(header, chunk("data", new Uint8Array(0)))],
    ["no samples, and a chunk behind", riff(header, chunk("data", new Uint8Array(0)), chunk("LIST", i16(1)))],
    ["two bytes of unknown length", riff(header, chunk("data", i16(1000), 0)).subarray(0, 46)],
    ["three bytes of samples", riff(header, chunk("data", new Uint8Array([1, 2, 3])))],
    ["an ID3 tag before", Buffer.concat([ascii(`ID3\x03\0\0\0\0\0\x05RIFF!${"\0".repeat(100)}`), whole])],
    ["a tag, cut off", Buffer.concat([ascii("ID3\x03\0\0\0\0\0\x05RIFF!"), whole.subarray(0, 99)])],
    ["the last block a part of one", riff(adpcm, chunk("data", packed))],
    ["that, cut off", riff(adpcm, chunk("data", packed)).subarray(0, -9)],
    ["that, of unknown length", riff(adpcm, chunk("data", packed, 0))],
    ["MP3 in WAV", riff(format(85, 1, 8000, 16), chunk("data", packed))],
    ["samples before the format", riff(chunk("data", i16(1)), header)],
  ];
  const flawed = cases.flatMap(([what, bytes]) => {
    const wanted = outcome(() => file(bytes));
    for (const at of [1, 7, 4096]) expect([what, outcome(() => heard(bytes, at))]).toEqual([what, wanted]);
    return typeof wanted === "string" ? [wanted] : wanted.flaws;
  });
  expect(flawed).toContain("is truncated: 200 bytes of samples announced, 99 there");
  expect(flawed).toContain("it: has no samples");
});
