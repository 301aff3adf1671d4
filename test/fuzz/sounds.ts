// Sound files: WAV by our own reader of headers, compared with another; the rest by libraries.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeWav, wavBlocks } from "../../src/audio/wav.ts";
import type { HostRandom } from "../../src/gpu/host-random.ts";
import { Sound } from "../../src/train/sound/sound-file.ts";
import { mutateBytes, pick } from "./mutate.ts";
import { must, type Target } from "./target.ts";

const ascii = (text: string) => [...text].map((c) => c.charCodeAt(0));
const u16 = (n: number) => [n & 255, (n >> 8) & 255];
const u32 = (n: number) => [...u16(n & 65535), ...u16(n >>> 16)];
const u64 = (n: number) => [...u32(n), ...u32(0)];
const chunk = (name: string, body: readonly number[]) => [
  ...ascii(name),
  ...u32(body.length),
  ...body,
  ...(body.length % 2 ? [0] : []),
];

/** Codes with the bits of a sample and of what it is stored in. */
const FORMATS = [
  [1, 8, 8],
  [1, 16, 16],
  [1, 16, 16],
  [1, 24, 24],
  [1, 32, 32],
  [1, 12, 16],
  [1, 20, 24],
  [1, 24, 32],
  [3, 32, 32],
  [3, 64, 64],
  [7, 8, 8],
  [6, 8, 8],
] as const;

/** What is written where the length cannot be known. */
const PLACEHOLDERS = [0, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffff - 36];

/** A good WAV file of a drawn format and container, with or without other chunks. */
export function wavFile(random: HostRandom): Uint8Array {
  const adpcm = random.int(6) === 0;
  const [code, bits, stored] = adpcm ? ([pick(random, [2, 17]), 4, 4] as const) : pick(random, FORMATS);
  const channels = pick(random, adpcm ? [1, 2] : [1, 1, 2, 3]);
  const block = adpcm ? channels * (8 + 4 * random.int(20)) : (channels * stored) / 8;
  const size = block * (1 + random.int(adpcm ? 5 : 60));
  const noise = new Uint8Array(size);
  if (code !== 3) noise.set(Array.from(noise, () => random.int(256)));
  else {
    const view = new DataView(noise.buffer);
    for (let at = 0; at < size; at += bits / 8) {
      const value = 2 * random.uniform() - 1;
      bits === 32 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true);
    }
  }
  const head = [...u16(channels), ...u32(22050), ...u32(22050 * block), ...u16(block)];
  const plain = [...u16(code), ...head, ...u16(bits)];
  const guid = [...u16(code), 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
  const extensible = [...u16(0xfffe), ...head, ...u16(stored), ...u16(22), ...u16(bits), ...u32(0), ...guid];
  const format = random.int(3) === 0 ? extensible : plain;
  if (random.int(8) === 0) return wave64(format, noise);
  const extra = () =>
    random.int(3) === 0
      ? chunk(pick(random, ["LIST", "fact", "cue "]), ascii("INFOISFT".slice(random.int(8))))
      : [];
  const name = pick(random, ["RIFF", "RIFF", "RIFF", "RF64", "BW64"]);
  const long = name !== "RIFF";
  const streamed = random.int(4) === 0;
  const data = chunk("data", [...noise]);
  if (streamed) data.splice(4, 4, ...u32(pick(random, PLACEHOLDERS)));
  else if (long) data.splice(4, 4, ...u32(0xffffffff));
  const body = [
    ...ascii("WAVE"),
    ...(long ? chunk("ds64", [...u64(0), ...u64(streamed ? 0 : size), ...u64(0), ...u32(0)]) : []),
    ...extra(),
    ...chunk("fmt ", format),
    ...extra(),
    ...(streamed ? data.slice(0, 8 + size) : [...data, ...extra()]),
  ];
  return new Uint8Array([...ascii(name), ...u32(long ? 0xffffffff : body.length), ...body]);
}

/** Sony's container: its names have 16 bytes, its lengths eight. */
function wave64(format: readonly number[], samples: Uint8Array): Uint8Array {
  const tail = "\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
  const piece = (name: string, body: readonly number[]) => [
    ...ascii(name + tail),
    ...u64(24 + body.length),
    ...body,
    ...new Array<number>((8 - (body.length % 8)) % 8).fill(0),
  ];
  const pieces = [...ascii(`wave${tail}`), ...piece("fmt ", format), ...piece("data", [...samples])];
  return new Uint8Array([
    ...ascii("riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"),
    ...u64(24 + pieces.length),
    ...pieces,
  ]);
}

/**
 * The channels' mean, read as plainly as can be from a file whose headers are taken at their word; null for files whose
 * samples are compressed, or in Wave64.
 */
function plainly(bytes: Uint8Array): Float64Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (text(0) === "riff") return null;
  const little = text(0) !== "RIFX";
  const format = { code: 0, channels: 0, bits: 0 };
  let longSize: number | null = null;
  for (let at = 12; ; ) {
    const size = view.getUint32(at + 4, little);
    if (text(at) === "ds64") longSize = Number(view.getBigUint64(at + 16, true));
    if (text(at) === "fmt ") {
      const code = view.getUint16(at + 8, little);
      format.code = code === 0xfffe && size >= 26 ? view.getUint16(at + 32, little) : code;
      format.channels = view.getUint16(at + 10, little);
      format.bits = (8 * view.getUint16(at + 20, little)) / format.channels; // of a frame: more than the samples' own
    }
    if (text(at) === "data") {
      if (format.code !== 1 && format.code !== 3) return null;
      const bytesEach = format.bits / 8;
      const there = bytes.length - at - 8;
      const said = size === 0xffffffff && longSize !== null ? longSize : size;
      const length = said === 0 || said > there ? there : said;
      const frames = Math.floor(length / (bytesEach * format.channels));
      return Float64Array.from({ length: frames }, (_, i) => {
        let sum = 0;
        for (let c = 0; c < format.channels; c++)
          sum += sampleAt(view, at + 8 + (i * format.channels + c) * bytesEach, format, little);
        return sum / format.channels;
      });
    }
    const unpadded = ["fmt ", "data", "fact", "LIST", "cue "].includes(text(at + 8 + size));
    at += 8 + size + (unpadded ? 0 : size % 2);
  }
}

function sampleAt(
  view: DataView,
  at: number,
  { code, bits }: { code: number; bits: number },
  little: boolean,
) {
  if (code === 3) return bits === 32 ? view.getFloat32(at, little) : view.getFloat64(at, little);
  if (bits === 8) return (view.getUint8(at) - 128) / 128;
  if (bits === 16) return view.getInt16(at, little) / 2 ** 15;
  if (bits === 32) return view.getInt32(at, little) / 2 ** 31;
  const [low, middle, high] = [0, 1, 2].map((i) => view.getUint8(at + (little ? i : 2 - i))) as [
    number,
    number,
    number,
  ];
  return ((low | (middle << 8) | (high << 16)) << 8) / 2 ** 31;
}

const FIXTURES = ["tone.ogg", "tone.opus", "tone.flac", "tone.mp3", "stereo.oga"].map((name) =>
  readFileSync(join(import.meta.dir, "../fixtures", name)),
);

export const sounds: Target[] = [
  {
    name: "WAV",
    weight: 12,
    run(random) {
      const bytes = mutateBytes(random, wavFile(random));
      const { samples, sampleRate } = decodeWav(bytes);
      must(sampleRate > 0 && sampleRate <= 1e6, `a rate of ${sampleRate}`);
      const wanted = plainly(bytes);
      if (wanted !== null) {
        must(samples.length === wanted.length, `${samples.length} samples, not ${wanted.length}`);
        const scale = Math.max(1, ...wanted.map(Math.abs));
        const wrong = samples.findIndex((sample, i) => !(Math.abs(sample - wanted[i]!) <= 1e-6 * scale));
        must(wrong < 0, `sample ${wrong} is ${samples[wrong]}, not ${wanted[wrong]}`);
      }
      const source = { size: bytes.length, read: (from: number, to: number) => bytes.subarray(from, to) };
      const blocks = [...wavBlocks(source, "it", 32)].flatMap((block) => [...block.samples]);
      must(Bun.deepEquals(blocks, [...samples]), "in blocks it has other samples than as a whole");
    },
  },
  {
    name: "OGG, FLAC, MP3",
    weight: 2,
    async run(random, folder) {
      const path = join(folder, "sound");
      writeFileSync(path, mutateBytes(random, pick(random, FIXTURES)));
      using sound = await Sound.open(path);
      let samples = 0;
      for await (const block of sound.blocks()) {
        must(block.samples.every(Number.isFinite), "a sample is not finite");
        samples += block.samples.length;
      }
      must(samples > 0 && samples < 1e9, `${samples} samples`);
    },
  },
];
