// Tags before and behind each kind of sound file: the samples are those of the file without them.
import { expect, setDefaultTimeout, test } from "bun:test";
import { WaveFile } from "wavefile";
import { fixture, hear, latin1 } from "./hear.ts";

setDefaultTimeout(60_000);

/** A size in seven bits a byte, as ID3v2 has it. */
const sevens = (size: number) => String.fromCharCode(...[21, 14, 7, 0].map((shift) => (size >> shift) & 127));
const little = (n: number) => String.fromCharCode(n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24);

// Junk that looks like frames, as pictures in tags do.
const JUNK = "\xff\xfb\x90\x64".repeat(30);
const id3v2 = `ID3\x03\0\0${sevens(JUNK.length)}${JUNK}`;
const id3v24 = `ID3\x04\0\x10${sevens(JUNK.length)}${JUNK}3DI\x04\0\x10${sevens(JUNK.length)}`; // with a footer
const id3v1 = `TAG${"x".repeat(125)}`;
const enhanced = `TAG+${"y".repeat(223)}${id3v1}`;
const ape = (flags: number) =>
  `APETAGEX${little(2000)}${little(JUNK.length + 32)}${little(1)}${little(flags)}`;
const apeV2 = `${ape(0xa0000000)}${"\0".repeat(8)}${JUNK}${ape(0x80000000)}${"\0".repeat(8)}`;
const apeV1 = `${JUNK}${ape(0)}${"\0".repeat(8)}`;
const lyrics1 = `LYRICSBEGIN${JUNK}LYRICSEND`;
const lyrics2 = `LYRICSBEGIN${JUNK}${String(11 + JUNK.length).padStart(6, "0")}LYRICS200`;

const BEFORE = {
  id3v2,
  id3v24,
  "id3v2 and zeros": id3v2 + "\0".repeat(500),
  "id3v2 twice": id3v2 + id3v24,
  apeV2,
};
const BEHIND = {
  id3v1,
  "id3v1 enhanced": enhanced,
  apeV1,
  apeV2,
  id3v24,
  "lyrics and id3v1": lyrics1 + id3v1,
  "lyrics 2, APE and id3v1": lyrics2 + apeV2 + id3v1,
};

/** 100 samples, their length not known to the header. */
function streamedWav(): Uint8Array {
  const wave = new WaveFile();
  wave.fromScratch(
    1,
    8000,
    "16",
    Int16Array.from({ length: 100 }, (_, i) => 300 * i),
  );
  const bytes = new Uint8Array(wave.toBuffer());
  bytes.set(latin1("\xff\xff\xff\xff"), 40);
  return bytes;
}

/** A FLAC file whose header does not say how many samples there are. */
function streamedFlac(): Uint8Array {
  const bytes = fixture("tone.flac");
  bytes.fill(0, 22, 26);
  bytes[21]! &= 0xf0;
  return bytes;
}

const FILES: Record<string, Uint8Array> = {
  WAV: streamedWav(),
  FLAC: fixture("tone.flac"),
  "FLAC of unknown length": streamedFlac(),
  "Ogg Vorbis": fixture("tone.ogg"),
  "Ogg Opus": fixture("tone.opus"),
  "Ogg FLAC": fixture("stereo.oga"),
  MP3: fixture("tone.mp3"),
};

for (const [name, bytes] of Object.entries(FILES)) {
  test(`${name} between tags`, async () => {
    const plain = await hear(bytes);
    for (const [what, tag] of Object.entries(BEFORE))
      expect([what, await hear(tag, bytes)]).toEqual([what, plain]);
    for (const [what, tag] of Object.entries(BEHIND))
      expect([what, await hear(bytes, tag)]).toEqual([what, plain]);
    expect(await hear(id3v2, bytes, apeV2, id3v1)).toEqual(plain);
  });
}

test("what is cut off is no tag: nothing is taken from the sound", async () => {
  const plain = await hear(FILES.FLAC!);
  for (const tail of [id3v1.slice(1), `${JUNK}9999999LYRICS200`, ape(0x80000000).slice(0, -1)])
    expect(await hear(FILES.FLAC!, tail)).toEqual(plain);
  expect(hear(`ID3\x03\0\0${sevens(2 ** 20)}`, FILES.FLAC!)).rejects.toThrow("is no sound file");
});
