// Sound files: each kind decodes to the tone that was put in, and whatever is wrong with a file is said in one line.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { Sound } from "../../../src/train/sound/sound-file.ts";
import { listSounds } from "../../../src/train/sound/sound-list.ts";
import { SoundError } from "../../../src/train/terminal/errors.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures");
const root = mkdtempSync(join(tmpdir(), "otograd-sound-"));
afterAll(() => rmSync(root, { recursive: true }));
const fixture = (name: string) => new Uint8Array(readFileSync(join(FIXTURES, name)));

/** All samples of a file. */
async function hear(path: string) {
  using sound = await Sound.open(path);
  const samples: number[] = [];
  let sampleRate = 0;
  for await (const block of sound.blocks()) {
    samples.push(...block.samples);
    sampleRate = block.sampleRate;
  }
  return { samples, sampleRate, seconds: sound.seconds, flaw: sound.flaw };
}

/** The same of these bytes; an error's message without the file's name. */
async function hearBytes(bytes: Uint8Array) {
  const path = join(root, "bytes");
  writeFileSync(path, bytes);
  try {
    return await hear(path);
  } catch (error) {
    expect(error).toBeInstanceOf(SoundError);
    const { message } = error as Error;
    expect(message).toStartWith(`${path}: `);
    expect(message).not.toContain("\n");
    return message.slice(path.length + 2);
  }
}

/** How far samples are from a sum of sines, as the root of the mean square. */
function deviation(samples: number[], sampleRate: number, sines: [amplitude: number, hz: number][]): number {
  const error = (x: number, i: number) =>
    x - sines.reduce((sum, [a, hz]) => sum + a * Math.sin((2 * Math.PI * hz * i) / sampleRate), 0);
  return Math.sqrt(samples.reduce((sum, x, i) => sum + error(x, i) ** 2, 0) / samples.length);
}

describe("decodes", () => {
  // Lossy codecs ring where the tone begins and ends; Opus gives 48 kHz.
  // biome-ignore format: a table
  const cases: [string, rate: number, length: [number, number], sines: [number, number][], most: number][] = [
    ["tone.flac", 16000, [12800, 12800], [[0.5, 440]], 1e-4],
    ["stereo.oga", 16000, [12800, 12800], [[0.25, 440], [0.125, 880]], 1e-4],
    ["tone.ogg", 16000, [12800, 12800], [[0.5, 440]], 0.02],
    ["tone.mp3", 16000, [12800, 12800], [[0.5, 440]], 0.02],
    ["tone.opus", 48000, [38400, 38400], [[0.5, 440]], 0.05],
  ];
  for (const [name, rate, [least, longest], sines, most] of cases) {
    test(name, async () => {
      const { samples, sampleRate, seconds } = await hear(join(FIXTURES, name));
      expect(sampleRate).toBe(rate);
      expect(samples.length).toBeWithin(least, longest + 1);
      expect(seconds).toBe(samples.length / rate);
      const away = deviation(samples.slice(0, least), rate, sines);
      expect(away).toBeLessThan(most);
      console.log(
        `  ${name.padEnd(12)} ${samples.length} samples at ${rate} Hz, ${away.toExponential(1)} from the tone`,
      );
    });
  }

  test("an ID3 tag before any kind, several Ogg streams one after another, and a second hearing", async () => {
    const tag = new Uint8Array(10 + 300);
    tag.set([...new TextEncoder().encode("ID3"), 3, 0, 0, 0, 0, 2, 44]);
    for (const name of ["tone.mp3", "tone.flac"]) {
      const tagged = await hearBytes(Buffer.concat([tag, tag, fixture(name)]));
      expect(tagged).toEqual(await hear(join(FIXTURES, name)));
    }
    const chained = await hearBytes(Buffer.concat([fixture("tone.ogg"), fixture("stereo.oga")]));
    expect((chained as { samples: number[] }).samples.length).toBe(2 * 12800);

    using sound = await Sound.open(join(FIXTURES, "tone.ogg"));
    const lengths: number[] = [];
    for (const _ of [1, 2]) {
      let length = 0;
      for await (const { samples } of sound.blocks()) length += samples.length;
      lengths.push(length);
    }
    expect(lengths).toEqual([12800, 12800]);
  });
});

const cut = (name: string, by: number) => fixture(name).subarray(0, -by);
const changed = (name: string, at: number) => {
  const bytes = fixture(name);
  bytes[at]! ^= 0x55;
  return bytes;
};

describe("plays as far as it goes, and says what is missing,", () => {
  const wave = () => {
    const file = new WaveFile();
    file.fromScratch(1, 8000, "16", new Int16Array(8000).fill(100));
    return file.toBuffer();
  };
  const floats = (bad: number) => {
    const file = new WaveFile();
    file.fromScratch(1, 8000, "32f", Float32Array.of(0.5, bad, -0.5));
    return file.toBuffer();
  };
  // biome-ignore format: a table
  const cases: [string, Uint8Array, samples: number, flaw: string | RegExp][] = [
    ["a WAV file cut off", wave().subarray(0, 44 + 5281), 2640, "ends after 0.33 of 1.00 s: the rest is missing"],
    ["a WAV file with a sample that is no sound", floats(-2e33), 3, "sample 1 is -2.0e+33, louder than any sound; 0.00 s of it are heard"],
    ["a WAV file with a sample that is no number", floats(Number.NaN), 3, "sample 1 is not a finite number; 0.00 s of it are heard"],
    ["a FLAC file cut off", cut("tone.flac", 1), 12672, /^is truncated or damaged: no whole frame follows sample 12672; 0.79 s/],
    ["an MP3 file cut off", cut("tone.mp3", 1), 12719, /^is truncated: \d+ bytes announced, \d+ there; 0\.\d\d s of it are heard$/],
    ["two Ogg files, the last cut off", Buffer.concat([fixture("tone.ogg"), cut("tone.ogg", 1)]), 12800, /^is truncated inside an Ogg page; 0.80 s of it/],
    ["two Ogg files, the last damaged", Buffer.concat([fixture("tone.ogg"), changed("tone.ogg", 3500)]), 12800, /^is damaged: the Ogg page at byte \d+ is not what its checksum says; 0.80 s/],
  ];
  for (const [what, bytes, samples, flaw] of cases) {
    test(what, async () => {
      const heard = await hearBytes(bytes);
      if (typeof heard === "string") throw new Error(heard);
      expect(heard.samples.length).toBe(samples);
      expect(heard.samples.every(Number.isFinite)).toBe(true);
      if (typeof flaw === "string") expect(heard.flaw).toBe(flaw);
      else expect(heard.flaw).toMatch(flaw);
    });
  }
});

describe("refuses, in one line that names the file,", () => {
  const text = (value: string) => Uint8Array.from(value, (letter) => letter.charCodeAt(0));
  // biome-ignore format: a table
  const cases: [string, Uint8Array, string | RegExp][] = [
    ["nothing", new Uint8Array(0), "is empty"],
    ["text", text("a sound of silence"), /^is no sound file that is known here; WAV, OGG, FLAC and MP3 are \(/],
    ["an MP4 file", text("\0\0\0 ftypM4A "), /^is an MP4 file; WAV, OGG, FLAC and MP3 are/],
    ["a film", text("\x1a\x45\xdf\xa3"), /^is a WebM or Matroska file;/],
    ["an ID3 tag of nothing", text("ID3\x04\0\0\0\0\x7f\x7f"), /^is no sound file/],
    ["an Ogg file cut off", cut("tone.ogg", 1), "is truncated inside an Ogg page"],
    ["an Ogg header cut off", fixture("tone.ogg").subarray(0, 20), "is truncated inside an Ogg page"],
    ["four bytes of Ogg", text("OggS"), "is truncated inside an Ogg page"],
    ["an Ogg file that is damaged", changed("tone.ogg", 3500), /^is damaged: the Ogg page at byte \d+ is not what/],
    ["an Ogg file that loses its thread", changed("tone.ogg", 58), /^is damaged: no Ogg page begins at byte 58/],
    ["an Opus file cut off", cut("tone.opus", 100), "is truncated inside an Ogg page"],
    ["an Ogg stream of two headers", twoPages(fixture("tone.ogg")), /^is truncated or damaged: no sound|^is damaged/],
    ["Ogg without sound", renamed(fixture("tone.ogg")), "is an Ogg file without Vorbis, Opus or FLAC in it"],
    ["a FLAC header", fixture("tone.flac").subarray(0, 30), /^is truncated or damaged: no sound could be decoded/],
    ["an MP3 header", fixture("tone.mp3").subarray(0, 8), /^is truncated or damaged: no sound could be decoded/],
    ["two rates", Buffer.concat([fixture("tone.ogg"), fixture("tone.opus")]), "changes its rate from 16000 to 48000 Hz"],
    ["a damaged WAV file", text("RIFF\0\0\0\0WAVEdata"), "has no format header"],
  ];
  for (const [what, bytes, expected] of cases) {
    test(what, async () => {
      const said = await hearBytes(bytes);
      if (typeof expected === "string") expect(said).toBe(expected);
      else expect(said).toMatch(expected);
    });
  }

  test("what is no file", async () => {
    expect(Sound.open(join(root, "gone.wav"))).rejects.toThrow(
      "gone.wav: cannot be read: there is no such file",
    );
    expect(Sound.open(root)).rejects.toThrow(`${root}: is a folder`);
  });

  test("200 damaged files: a line or samples, never another error, nothing printed", async () => {
    const random = new HostRandom(5);
    const counts: Record<string, [refused: number, heard: number]> = {};
    const { error, warn } = console;
    let printed = 0;
    console.error = console.warn = () => printed++;
    for (const name of ["tone.flac", "stereo.oga", "tone.ogg", "tone.mp3", "tone.opus"]) {
      counts[name] = [0, 0];
      for (let i = 0; i < 40; i++) {
        const said = await hearBytes(damage(fixture(name), random, name.match(/\.o/) !== null));
        counts[name][typeof said === "string" ? 0 : 1]++;
        if (typeof said !== "string") expect(said.samples.every(Number.isFinite)).toBe(true);
      }
    }
    Object.assign(console, { error, warn });
    expect(printed).toBe(0);
    const line = Object.entries(counts).map(([name, [refused, heard]]) => `${name} ${refused}/${heard}`);
    console.log(`  damaged files refused/heard: ${line.join(", ")}`);
  }, 180_000);
});

describe("lists", () => {
  test("files in order, folders with what is in them, each thing that cannot be read in its place", () => {
    mkdirSync(join(root, "folder", "inner"), { recursive: true });
    mkdirSync(join(root, "folder", ".hidden"));
    mkdirSync(join(root, "none"));
    for (const name of ["10.wav", "2.WAV", "a.flac", "notes.txt", "inner/b.mp3", ".x.wav", ".hidden/c.wav"])
      writeFileSync(join(root, "folder", name), "123");
    mkdirSync(join(root, "elsewhere"));
    writeFileSync(join(root, "elsewhere", "z.wav"), "123");
    symlinkSync("../elsewhere", join(root, "folder", "linked"));
    symlinkSync("..", join(root, "folder", "inner", "round"));
    symlinkSync("nowhere", join(root, "folder", "gone.txt"));
    symlinkSync("nowhere", join(root, "folder", "lost.wav"));
    symlinkSync("/dev/null", join(root, "folder", "null.wav"));
    const names = [
      join(root, "folder"),
      "gone.wav",
      "-",
      join(root, "none"),
      join(root, "folder", "notes.txt"),
      "-",
    ];
    const listed = listSounds(names).map((each) => (each instanceof SoundError ? each.message : each));
    expect(listed).toEqual([
      ...["2.WAV", "10.wav", "a.flac", "inner/b.mp3", "linked/z.wav"].map((name) => ({
        path: join(root, "folder", name),
        size: 3,
      })),
      { path: join(root, "folder", "lost.wav"), size: 0 }, // opening it tells
      `${join(root, "folder", "null.wav")}: is not a file`,
      { path: "gone.wav", size: 0 },
      { path: "-", size: 0 },
      `${join(root, "none")}: there is no WAV, OGG, FLAC or MP3 file in this folder`,
      { path: join(root, "folder", "notes.txt"), size: 3 },
      "standard input: can be read only once",
    ]);
  });
});

test("a WAV file of many blocks is as long as its parts", async () => {
  const wave = new WaveFile();
  wave.fromScratch(2, 8000, "8", [new Uint8Array(700_000).fill(192), new Uint8Array(700_000).fill(64)]);
  const heard = await hearBytes(wave.toBuffer());
  expect(heard).toMatchObject({ sampleRate: 8000, seconds: 87.5 });
  expect((heard as { samples: number[] }).samples.every((x) => x === 0)).toBe(true);
});

/** The first two pages of an Ogg file. */
function twoPages(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const third = text.indexOf("OggS", text.indexOf("OggS", 4) + 4);
  return bytes.subarray(0, third);
}

/** An Ogg file whose stream is of an unknown kind. */
function renamed(bytes: Uint8Array): Uint8Array {
  bytes.set(
    [..."theora"].map((letter) => letter.charCodeAt(0)),
    29,
  );
  return withChecksums(bytes);
}

/** A few bytes changed, left out or put in; `ogg`: with checksums that say that all is well. */
function damage(bytes: Uint8Array, random: HostRandom, ogg: boolean): Uint8Array {
  let result = bytes;
  const changes = 1 + random.int(6);
  for (let i = 0; i < changes; i++) {
    const at = random.uniform() < 0.5 ? random.int(200) % result.length : random.int(result.length);
    const kind = ogg ? 0 : random.uniform();
    if (kind < 0.7) result[at] = random.int(256);
    else if (kind < 0.8) result = result.subarray(0, Math.max(1, at));
    else if (kind < 0.9)
      result = Buffer.concat([result.subarray(0, at), result.subarray(at + random.int(50))]);
    else
      result = Buffer.concat([result.subarray(0, at), new Uint8Array(random.int(50)), result.subarray(at)]);
  }
  return ogg ? withChecksums(result) : result;
}

/** Makes every page's checksum right, bit by bit as the RFC has it. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 27 < bytes.length; ) {
    const segments = bytes[26 + at]!;
    const body = bytes.subarray(at + 27, at + 27 + segments).reduce((sum, each) => sum + each, 0);
    const end = at + 27 + segments + body;
    if (end > bytes.length) break;
    view.setUint32(at + 22, 0);
    let sum = 0;
    for (let i = at; i < end; i++) {
      sum ^= bytes[i]! << 24;
      for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
    }
    view.setUint32(at + 22, sum, true);
    at = end;
  }
  return bytes;
}

test("sounds that are decoded at the same time leave console.error as it was", async () => {
  const { error } = console;
  const files = ["tone.ogg", "tone.opus", "tone.mp3", "tone.ogg"];
  const heard = await Promise.all(files.map((name) => hear(join(FIXTURES, name))));
  const left = console.error;
  console.error = error;
  expect(left).toBe(error);
  expect(heard.every(({ samples }) => samples.length > 0)).toBe(true);
});
