// WAV files on the disk: read as from memory, or one line that names them.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { decodeWav } from "../../../src/audio/wav.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { loadWav } from "../../../src/train/sound/load-wav.ts";

const folder = mkdtempSync(join(tmpdir(), "otograd-wav-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("reads a file from disk as from memory", async () => {
  const path = join(folder, "good.wav");
  const random = new HostRandom(3);
  const channel = () => Array.from({ length: 5000 }, () => Math.round(2 ** 15 * (2 * random.uniform() - 1)));
  const wave = new WaveFile();
  wave.fromScratch(2, 44100, "16", [channel(), channel()]);
  writeFileSync(path, wave.toBuffer());
  const loaded = await loadWav(path);
  expect([loaded.sampleRate, loaded.samples.length]).toEqual([44100, 5000]);
  expect(loaded).toEqual(decodeWav(wave.toBuffer()));
});

test("a missing file, a folder, and a file that is no WAV file", async () => {
  const bad = join(folder, "bad.wav");
  writeFileSync(bad, "RIFF");
  await expect(loadWav(join(folder, "gone.wav"))).rejects.toThrow("gone.wav: no such file");
  await expect(loadWav(folder)).rejects.toThrow("is a folder, not a WAV file");
  await expect(loadWav(bad)).rejects.toThrow(`${bad}: is not a WAV file`);
});
