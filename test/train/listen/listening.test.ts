// What is said of odd sound on standard input: the words that `predict` has for the same bytes in a file.
import { expect, test } from "bun:test";
import type { Ear } from "../../../src/train/listen/ear.ts";
import { type Listener, listenTo } from "../../../src/train/listen/listening.ts";
import { ascii, chunk, format, i16, riff } from "../../audio/wav/pieces.ts";
import { hearAll } from "../sound/hear.ts";

const RATE = 8000;

/** Hears one class in everything. */
const ear: Ear = {
  classes: ["sound"],
  ignored: new Set(),
  threshold: 0.5,
  cutting: { sampleRate: RATE, segmentSamples: RATE / 4, segmentStep: RATE / 8 },
  resamples: true,
  levelled: false,
  hear: async () => [{ probabilities: Float32Array.of(1), silent: false, known: true }],
};

/** What is warned of, and how much was heard or why nothing. */
async function listened(bytes: Uint8Array): Promise<{ warned: string[]; outcome: number | string }> {
  const warned: string[] = [];
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  }
  const listener: Listener = {
    event() {},
    began() {},
    heard() {},
    came() {},
    enough: () => false,
    warn: (line) => void warned.push(line),
  };
  const source = { name: "it", kind: "file", bytes: pieces(), close() {} } as const;
  const stop = { signal: null, onFirst: "" };
  try {
    const { seconds } = await listenTo({ source, raw: null, ear, threshold: 0.5, smooth: 0, stop }, listener);
    return { warned, outcome: seconds };
  } catch (error) {
    return { warned, outcome: (error as Error).message };
  }
}

const second = new Uint8Array(i16(...Array.from({ length: RATE }, (_, i) => 1000 * Math.sin(i))));
const whole = riff(format(1, 1, RATE, 16), chunk("data", second));

test("a WAV that ends too early is heard as far as it goes, and a tag before one passed over", async () => {
  const cut = whole.subarray(0, 44 + RATE); // half of it
  const { flaw } = await hearAll(cut);
  expect(flaw).toBe("ends after 0.50 of 1.00 s: the rest is missing");
  expect(await listened(cut)).toEqual({ warned: [`it: ${flaw}`], outcome: 0.5 });
  expect(await listened(whole)).toEqual({ warned: [], outcome: 1 });
  const tag = ascii(`ID3\x03\0\0\0\0\x1f\x05${"picture ".repeat(500)}`).subarray(0, 10 + 31 * 128 + 5);
  expect(await listened(Buffer.concat([tag, whole]))).toEqual({ warned: [], outcome: 1 });
});

test("samples that are no numbers are told of once, however often they come", async () => {
  const floats = new Float32Array(RATE).fill(Number.NaN);
  const bytes = riff(format(3, 1, RATE, 32), chunk("data", new Uint8Array(floats.buffer)));
  const { warned } = await listened(bytes);
  expect(warned).toEqual(["it: sample 0 is not a finite number; it is taken for 0, and so are others"]);
});

test("what cannot be heard has its reason; that samples may come without a header is said where there is none", async () => {
  const header = format(1, 1, RATE, 16);
  const cases: [Uint8Array, string][] = [
    [riff(header, chunk("data", new Uint8Array(0))), "it: has no samples"],
    [whole.subarray(0, 30), "it: is truncated inside its format header"],
    [
      riff(format(1, 1, 20, 16), chunk("data", second)),
      "it: has a rate of 20 Hz; from 40 to 1000000 Hz there is sound",
    ],
    [
      second,
      "it: is not a WAV file (it does not begin with RIFF … WAVE); give --rate for samples without a header, or convert: ffmpeg -i FILE -f wav - | …",
    ],
  ];
  for (const [bytes, says] of cases) expect(await listened(bytes)).toEqual({ warned: [], outcome: says });
});
