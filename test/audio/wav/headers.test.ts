// WAV headers as programs write them: lengths that were not known, containers for long files, samples narrower than
// their frames, chunks without the byte that should fill them up. The values are what ffmpeg reads, where it does.
import { expect, test } from "bun:test";
import { decodeWav, wavBlocks } from "../../../src/audio/wav.ts";
import { ascii, chunk, container, fmt, format, i16, riff, u32, u64 } from "./pieces.ts";

const heard = (bytes: Uint8Array) => [...decodeWav(bytes).samples];
const HEADER = format(1, 1, 8000, 16);

test("lengths as they are written into a pipe: the samples go to the end of the file", () => {
  // GStreamer's, sox's of six-byte blocks, those less a header of 72 bytes, whole pages of 32 bits.
  const rounded = [0x7fff0000, 0x7fffeffc, 0xffffffff - 72, 0xfffff000];
  for (const size of [0, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffff - 36, ...rounded]) {
    expect(heard(riff(HEADER, chunk("data", i16(-32768, 0, 16384), size)))).toEqual([-1, 0, 0.5]);
    const half = chunk("data", Buffer.concat([i16(16384), ascii("x")]), size).subarray(0, -1);
    expect(heard(Buffer.concat([ascii("RIFF\0\0\0\0WAVE"), HEADER, half]))).toEqual([0.5]);
  }
  expect(() => heard(riff(HEADER, chunk("data", i16(1), 1000)))).toThrow("is truncated: 1000 bytes");
});

test("RF64, BW64 and Wave64, whose lengths have 64 bits", () => {
  const samples = [i16(-32768, 0, 16384), ascii("behind")] as const;
  const ds64 = chunk("ds64", Buffer.concat([u64(1000, 6, 3), u32(0)]));
  for (const name of ["RF64", "BW64"]) {
    const data = chunk("data", samples[0], 0xffffffff);
    expect(heard(container(name, ds64, HEADER, data, chunk("LIST", samples[1])))).toEqual([-1, 0, 0.5]);
    const ten = chunk("ds64", Buffer.concat([u64(1000, 10, 3), u32(0)])); // nine, and one to fill up
    const odd = chunk("data", new Uint8Array(10), 0xffffffff);
    const unknown = chunk("data", new Uint8Array(9), 0x7ffff000).subarray(0, -1);
    expect(heard(container(name, ten, format(1, 1, 8000, 24), unknown))).toEqual([0, 0, 0]);
    expect(heard(container(name, ten, format(1, 1, 8000, 24), odd))).toEqual([0, 0, 0]);
    const streamed = chunk("ds64", Buffer.concat([u64(0, 0, 0), u32(0)]));
    expect(heard(container(name, streamed, HEADER, data))).toEqual([-1, 0, 0.5]);
  }
  const tail = "\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
  const piece = (name: string, body: Uint8Array, size = 24 + body.length) =>
    Buffer.concat([ascii(name + tail), u64(size), body, new Uint8Array((8 - (body.length % 8)) % 8)]);
  const riffGuid = ascii("riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0");
  const wave64 = (...pieces: Uint8Array[]) =>
    Buffer.concat([riffGuid, u64(1000), ascii(`wave${tail}`), ...pieces]);
  const header = piece("fmt ", fmt(1, 1, 8000, 16));
  expect(heard(wave64(header, piece("data", samples[0]), piece("list", samples[1])))).toEqual([-1, 0, 0.5]);
  const whole = piece("data", Buffer.concat([samples[0], new Uint8Array(2)])); // a length that counts what fills up
  const three = piece("fmt ", fmt(1, 1, 8000, 24));
  expect(heard(wave64(three, whole))).toHaveLength(2);
  expect(heard(wave64(header, piece("data", samples[0], 2 ** 62)))).toEqual([-1, 0, 0.5, 0]); // filled up to 8
});

test("a second chunk of samples is not passed over without a word; what looks like none behind junk is", () => {
  const data = chunk("data", i16(-32768, 0, 16384));
  const flaws = (...behind: Uint8Array[]) => {
    const reasons: string[] = [];
    const bytes = riff(HEADER, data, ...behind);
    const source = { size: bytes.length, read: (from: number, to: number) => bytes.subarray(from, to) };
    const blocks = [...wavBlocks(source, "two.wav", 1000, ({ reason }) => reasons.push(reason))];
    expect(blocks.flatMap(({ samples }) => [...samples])).toEqual([-1, 0, 0.5]);
    return reasons;
  };
  expect(flaws(chunk("LIST", ascii("INFO")), chunk("data", i16(1, 2)))).toEqual([
    "has a second chunk of samples, which is passed over",
  ]);
  expect(() => heard(riff(HEADER, data, data))).toThrow("has a second chunk of samples");
  expect(flaws()).toEqual([]);
  expect(flaws(chunk("LIST", ascii("INFO")), chunk("data", new Uint8Array(0)))).toEqual([]);
  expect(flaws(new Uint8Array(64), chunk("data", i16(1, 2)))).toEqual([]);
});

test("samples narrower than their frames lie in the upper bits: full scale is exact", () => {
  const cases: [bits: number, bytes: number, samples: number[]][] = [
    [4, 1, [0x00, 0x80, 0xf0]],
    [12, 2, [-0x8000, 0, 0x7ff0]],
    [20, 3, [-0x800000, 0, 0x7ffff0]],
    [24, 4, [-0x80000000, 0, 0x7fffff00]],
    [16, 4, [-0x80000000, 0, 0x7fff0000]],
  ];
  for (const [bits, bytes, samples] of cases) {
    const data = new Uint8Array(samples.flatMap((s) => [...u32(s >>> 0)].slice(0, bytes)));
    const extended = Buffer.concat([fmt(0xfffe, 1, 8000, 8 * bytes), new Uint8Array(24)]);
    extended.set([22, 0, bits, 0, 0, 0, 0, 0, 1], 16); // wValidBitsPerSample
    for (const header of [format(1, 1, 8000, bits, bytes), chunk("fmt ", extended)]) {
      const wave = riff(header, chunk("data", data));
      expect(heard(wave)).toEqual([-1, 0, 1 - 2 ** (1 - bits)].map(Math.fround));
      expect(decodeWav(wave).stored.bits).toBe(8 * bytes);
    }
  }
  expect(heard(riff(format(1, 1, 8000, 24), chunk("data", new Uint8Array([0, 0, 128]))))).toEqual([-1]);
  expect(heard(riff(format(1, 1, 8000, 8), chunk("data", new Uint8Array([0, 255]))))).toEqual([
    -1,
    127 / 128,
  ]);
});

test("tags before and behind", () => {
  const wave = riff(HEADER, chunk("data", i16(-32768, 0, 16384), 0xffffffff));
  const before = ascii(`ID3\x03\0\0\0\0\0\x05RIFF!${"\0".repeat(100)}`);
  expect(heard(Buffer.concat([before, wave, ascii("TAG".padEnd(128))]))).toEqual([-1, 0, 0.5]);
});

test("chunks of odd length with and without the byte that fills them up", () => {
  for (const odd of [chunk("odd ", ascii("abc")), chunk("odd ", ascii("abc")).subarray(0, -1)])
    expect(heard(riff(odd, HEADER, odd, chunk("data", i16(16384)), odd))).toEqual([0.5]);
});

test("integers of 64 bits, in either order of bytes", () => {
  const values = [-(2n ** 63n), 0n, 2n ** 62n, 2n ** 63n - 1n];
  const body = (little: boolean) => {
    const view = new DataView(new ArrayBuffer(8 * values.length));
    for (const [i, value] of values.entries()) view.setBigInt64(8 * i, value, little);
    return new Uint8Array(view.buffer);
  };
  expect(heard(riff(format(1, 1, 8000, 64), chunk("data", body(true))))).toEqual([-1, 0, 0.5, 1]);
  const swapped = (bytes: Uint8Array) => bytes.toReversed();
  const size = (n: number) => swapped(u32(n));
  const fields = [1, 1, 8000, 64000, 8, 64].map((n, i) =>
    swapped(u32(n)).subarray(i === 2 || i === 3 ? 0 : 2),
  );
  const file = [
    ascii("RIFX"),
    size(60 + 8),
    ascii("WAVEfmt "),
    size(16),
    ...fields,
    ascii("data"),
    size(32),
    body(false),
  ];
  expect(heard(Buffer.concat(file))).toEqual([-1, 0, 0.5, 1]);
});
