// Good sound files with tags and junk around them, and among their frames: what is heard is what is heard without.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostRandom } from "../../src/gpu/host-random.ts";
import { mp3Frame } from "../../src/train/sound/mp3-frames.ts";
import { joinBlocks } from "../../src/train/sound/sound.ts";
import { soundBlocks } from "../../src/train/sound/sound-file.ts";
import { pick } from "./mutate.ts";
import { wavFile } from "./sounds.ts";
import { must, type Target } from "./target.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dir, "../fixtures", name));
const FIXTURES = ["tone.ogg", "tone.opus", "tone.flac", "tone.mp3", "stereo.oga"].map((name) => ({
  name,
  bytes: fixture(name),
}));

const noise = (random: HostRandom, most: number) =>
  Buffer.from(Array.from({ length: random.int(most) }, () => random.int(256)));
const latin1 = (text: string) => Buffer.from(text, "latin1");

/** ID3v2 with a drawn size; `footer`: behind a file. */
function id3v2(random: HostRandom, footer: boolean): Buffer {
  const body = noise(random, 3000);
  const sizes = [21, 14, 7, 0].map((shift) => (body.length >> shift) & 127);
  const head = (name: string, flags: number) => Buffer.from([...latin1(name), 4, 0, flags, ...sizes]);
  return footer
    ? Buffer.concat([head("ID3", 16), body, head("3DI", 16)])
    : Buffer.concat([head("ID3", 0), body, Buffer.alloc(8 * random.int(20))]);
}

function apeV2(random: HostRandom): Buffer {
  const body = noise(random, 500);
  const head = (flags: number) => {
    const fields = Buffer.alloc(32);
    fields.write("APETAGEX");
    [2000, body.length + 32, 1, flags].forEach((value, i) => void fields.writeUInt32LE(value, 8 + 4 * i));
    return fields;
  };
  return Buffer.concat([head(0xa0000000), body, head(0x80000000)]);
}

function lyrics3(random: HostRandom): Buffer {
  const body = Buffer.concat([latin1("LYRICSBEGIN"), noise(random, 900)]);
  return Buffer.concat([body, latin1(`${String(body.length).padStart(6, "0")}LYRICS200`)]);
}

const id3v1 = (random: HostRandom) => Buffer.concat([latin1("TAG"), Buffer.alloc(125, random.int(256))]);

/** Up to three of them. */
const some = (random: HostRandom, tags: ((random: HostRandom) => Buffer)[]) =>
  Array.from({ length: random.int(4) }, () => pick(random, tags)(random));

/** An MP3 file with something between two of its frames. */
function interrupted(random: HostRandom, bytes: Buffer): Buffer {
  const places = [0];
  for (let at = 0; at < bytes.length; places.push(at)) at += mp3Frame(bytes.subarray(at))!.length!;
  const at = pick(random, places.slice(0, -3)); // a frame alone among junk is not to be told from it
  const junk = pick(random, [
    Buffer.alloc(random.int(5000)),
    noise(random, 5000),
    id3v1(random),
    id3v2(random, false),
  ]);
  return Buffer.concat([bytes.subarray(0, at), junk, bytes.subarray(at)]);
}

async function heard(folder: string, bytes: Uint8Array) {
  const path = join(folder, "sound");
  writeFileSync(path, bytes);
  const { samples, sampleRate } = await joinBlocks(soundBlocks(path));
  return [sampleRate, ...samples];
}

export const surroundings: Target[] = [
  {
    name: "tags and junk",
    weight: 3,
    async run(random, folder) {
      const { name, bytes } =
        random.int(3) === 0 ? { name: "WAV", bytes: Buffer.from(wavFile(random)) } : pick(random, FIXTURES);
      const plain = await heard(folder, bytes);
      const before = some(random, [
        (r) => id3v2(r, false),
        (r) => id3v2(r, true),
        apeV2,
        () => Buffer.alloc(1000),
      ]);
      const behind = some(random, [id3v1, apeV2, lyrics3, (r) => id3v2(r, true)]);
      const inner = name === "tone.mp3" && random.int(2) === 0 ? interrupted(random, bytes) : bytes;
      const junk = name === "tone.mp3" || name === "tone.flac" ? noise(random, 4000) : Buffer.alloc(0);
      const found = await heard(folder, Buffer.concat([...before, inner, junk, ...behind]));
      must(found.length === plain.length, `${name}: ${found.length - 1} samples, not ${plain.length - 1}`);
      must(Bun.deepEquals(found, plain), `${name}: other samples than without what stands around it`);
    },
  },
];
