// MP3 files with other things among their frames. What is heard is what the frames hold.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { mp3Frame } from "../../../src/train/sound/mp3-frames.ts";
import { chunk, format, riff } from "../../audio/wav/pieces.ts";
import { fixture, hear, hearAll, latin1 } from "./hear.ts";

setDefaultTimeout(60_000);

const MP3 = fixture("tone.mp3");
const random = new HostRandom(3);
const noise = (length: number) => Uint8Array.from({ length }, () => random.int(256));
const zeros = (length: number) => new Uint8Array(length);

/** Where its frames begin, and its end. */
const places = [0];
for (let at = 0; at < MP3.length; places.push(at)) at += mp3Frame(MP3.subarray(at))!.length!;

test("a frame's length by its header", () => {
  expect(places.at(-1)).toBe(MP3.length);
  const lengths: [header: string, length: number | null | undefined][] = [
    ["\xff\xfb\x90\x64", 417], // version 1, layer III, 128 kbit/s, 44.1 kHz
    ["\xff\xfb\x92\x64", 418], // … with padding
    ["\xff\xfd\xa4\x00", 576], // layer II, 192 kbit/s, 48 kHz
    ["\xff\xff\x50\x00", 172], // layer I, 160 kbit/s, 44.1 kHz: 43 slots of four bytes
    ["\xff\xf3\x80\xc4", 208], // version 2, 64 kbit/s, 22.05 kHz
    ["\xff\xe3\x18\xc4", 72], // version 2.5, 8 kbit/s, 8 kHz
    ["\xff\xfb\x00\x64", null], // free format
    ["\xff\xeb\x90\x64", undefined], // a version that is not
    ["\xff\xf9\x90\x64", undefined], // a layer that is not
  ];
  for (const [header, length] of lengths) expect(mp3Frame(latin1(header))?.length).toBe(length);
});

test("junk before and behind the frames is not heard", async () => {
  const plain = await hear(MP3);
  for (const length of [1, 3, 100, 2000, 30_000]) {
    expect(await hear(zeros(length), MP3)).toEqual(plain);
    expect(await hear(noise(length), MP3)).toEqual(plain);
    expect(await hear(MP3, zeros(length))).toEqual(plain);
    expect(await hear(MP3, noise(length))).toEqual(plain);
  }
  expect(await hear("ID3\x03\0\0\0\0\0\x0a", zeros(10 + 600), MP3)).toEqual(plain);
});

test("junk or tags between frames, and half a frame, cost nothing but what they stand in the place of", async () => {
  const plain = await hear(MP3);
  const middle = places[10]!;
  const [before, behind] = [MP3.subarray(0, middle), MP3.subarray(middle)];
  for (const junk of [
    zeros(700),
    noise(5000),
    latin1(`TAG${"x".repeat(125)}ID3\x03\0\0\0\0\0\x04\xff\xfb\x90\x64`),
  ])
    expect(await hear(before, junk, behind)).toEqual(plain);
  expect(await hear(before, behind.subarray(0, 50), behind)).toEqual(plain);
});

test("a file that begins or ends inside a frame: all whole ones are heard", async () => {
  const frame = 576; // samples: version 2
  const from = places[5]!;
  const whole = await hear(MP3.subarray(from));
  expect(whole.length).toBe((places.length - 1 - 5) * frame); // without the header that says what to leave out
  expect(await hear(MP3.subarray(from - 20))).toEqual(whole);
  expect(await hear(MP3.subarray(from, -20))).toEqual(whole.slice(0, -frame));
});

test("what only looks like a frame here and there is no MP3 file", async () => {
  for (let i = 0; i < 20; i++)
    expect(hear("once upon a time", noise(50_000))).rejects.toThrow("is no sound file");
  expect(hear(zeros(5000))).rejects.toThrow("is no sound file");
});

test("MP3 in a WAV file is heard as it is by itself, and what is cut off is said", async () => {
  const inWav = (size?: number) => riff(format(85, 1, 16000, 0, 1), chunk("data", MP3, size));
  const plain = await hear(MP3);
  for (const size of [undefined, 0, 0xffffffff])
    expect(await hearAll(inWav(size))).toEqual({ samples: plain, flaw: null });
  const cut = await hearAll(inWav().subarray(0, -1000));
  expect(cut.samples.length).toBeWithin(6000, plain.length - 2000);
  expect(cut.flaw).toMatch(/^is truncated: 2880 bytes announced, 1880 there/);
});
