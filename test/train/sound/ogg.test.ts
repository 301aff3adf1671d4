// Ogg files: what Opus's header and last page say (RFC 7845), and things behind the last page.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { fixture, hear, hearAll } from "./hear.ts";

setDefaultTimeout(60_000);

/** The file with another output gain in its Opus header, in 1/256 dB, and that page's checksum made anew. */
function withGain(bytes: Uint8Array, gain: number): Uint8Array {
  const changed = new Uint8Array(bytes);
  const view = new DataView(changed.buffer);
  const body = 27 + changed[26]!;
  view.setInt16(body + 16, gain, true);
  view.setUint32(22, 0);
  let sum = 0;
  for (const byte of changed.subarray(0, body + changed[27]!)) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  view.setUint32(22, sum, true);
  return changed;
}

test("Opus's output gain multiplies every sample", async () => {
  const opus = fixture("tone.opus");
  const plain = await hear(opus);
  for (const [gain, factor] of [
    [0, 1],
    [-1541, 0.5],
    [1541, 2],
    [-256 * 20, 0.1],
  ] as const) {
    const heard = await hear(withGain(opus, gain));
    expect(heard.length).toBe(plain.length);
    const away = heard.reduce((most, x, i) => Math.max(most, Math.abs(x - factor * plain[i]!)), 0);
    expect(away).toBeLessThan(1e-4 * factor);
  }
});

test("Opus ends where its last page says: 0.8 s are 38,400 samples", async () => {
  expect(await hear(fixture("tone.opus"))).toHaveLength(38400);
});

test("what lies behind the last page of all streams is not heard, and is no damage; in between it is, and is left out", async () => {
  const random = new HostRandom(2);
  const junk = Uint8Array.from({ length: 70_000 }, () => random.int(256));
  for (const name of ["tone.ogg", "tone.opus", "stereo.oga"]) {
    const [file, plain] = [fixture(name), await hear(fixture(name))];
    for (const tail of [new Uint8Array(1), new Uint8Array(5000), junk])
      expect(await hear(file, tail)).toEqual(plain);
    const { samples, flaw } = await hearAll(file, junk, file);
    expect(samples).toEqual([...plain, ...plain]);
    expect(flaw).toMatch(
      /^is damaged: no Ogg page begins at byte \d+, where one should; \d\.\d\d s of it are heard$/,
    );
  }
});
