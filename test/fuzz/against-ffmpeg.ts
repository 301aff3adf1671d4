// `bun run fuzz --against ffmpeg`: sound files as ffmpeg, sox, lame and their like make them, tagged, with junk or damaged,
// decoded by us and by ffmpeg. Lossless samples must be the same but for float rounding; lossy ones, whose decoders
// differ in rounding and in what they leave out at the ends, almost the same at a fixed distance.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostRandom } from "../../src/gpu/host-random.ts";
import { joinBlocks } from "../../src/train/sound/sound.ts";
import { soundBlocks } from "../../src/train/sound/sound-file.ts";
import { oneLine, UserError } from "../../src/train/terminal/errors.ts";
import type { Progress } from "../../src/train/terminal/progress.ts";
import { pick } from "./mutate.ts";

/** How a file comes about: a shell command that makes $OUT from the WAV file $IN. */
interface Making {
  kind: string;
  lossless: boolean;
  command: string;
}

const rates = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000];

function drawMaking(random: HostRandom): Making {
  const rate = pick(random, rates);
  const channels = pick(random, [1, 1, 2]);
  const input = `-v error -y -i $IN -ar ${rate} -ac ${channels} -bitexact`;
  const wav = (codec: string) => `-c:a ${codec}`;
  const pcm = [
    "pcm_u8",
    "pcm_s16le",
    "pcm_s24le",
    "pcm_s32le",
    "pcm_s64le",
    "pcm_f32le",
    "pcm_f64le",
    "pcm_mulaw",
    "pcm_alaw",
  ];
  const level = random.int(9);
  const quality = random.int(10);
  const lameRates = pick(random, [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000]);
  const lossless = (kind: string, command: string): Making => ({ kind, lossless: true, command });
  const lossy = (kind: string, command: string): Making => ({ kind, lossless: false, command });
  const sox = `sox -D -V1 $IN -r ${rate} -c ${channels}`;
  return pick<() => Making>(random, [
    () => lossless("WAV", `ffmpeg ${input} ${wav(pick(random, pcm))} -f wav $OUT`),
    () => lossless("WAV in a pipe", `ffmpeg ${input} ${wav(pick(random, pcm))} -f wav - | cat > $OUT`),
    () => lossless("WAV ADPCM", `ffmpeg ${input} ${wav(pick(random, ["adpcm_ima_wav", "adpcm_ms"]))} -f wav $OUT`),
    () => lossy("MP3 in WAV", `ffmpeg ${input} -c:a libmp3lame -q:a ${quality} -f wav $OUT`),
    () => lossless("RF64", `ffmpeg ${input} ${wav(pick(random, pcm.slice(1, 7)))} -rf64 always -f wav $OUT`),
    () => lossless("Wave64", `ffmpeg ${input} ${wav(pick(random, pcm.slice(0, 7)))} -f w64 $OUT`),
    () => lossless("WAV by sox", `${sox} -b ${pick(random, [8, 16, 24, 32])} -t wav $OUT`),
    () => lossless("WAV by sox in a pipe", `${sox} -b ${pick(random, [8, 16, 24])} -t wav - | cat > $OUT`),
    () => lossless("WAV by sox, compressed", `${sox} -e ${pick(random, ["u-law", "a-law", "ima-adpcm", "ms-adpcm"])} -t wav $OUT`),
    () => lossless("FLAC by ffmpeg", `ffmpeg ${input} -c:a flac -compression_level ${level} -f flac $OUT`),
    () => lossless("FLAC in a pipe", `ffmpeg ${input} -c:a flac -f flac - | cat > $OUT`),
    () => lossless("FLAC by sox", `${sox} -b ${pick(random, [8, 16, 24])} -C ${level} -t flac $OUT`),
    () => lossless("FLAC", `flac -s -f -${level} -b ${pick(random, [192, 1024, 4096, 4608])} -o $OUT $IN`),
    () => lossless("Ogg FLAC", `flac -s -f --ogg -${level} -o $OUT $IN`),
    () => lossy("MP3 by lame, constant", `lame --quiet -b ${pick(random, [32, 64, 128, 160])} --resample ${lameRates / 1000} ${pick(random, ["", "-t", "-m m", "-m s"])} $IN $OUT`),
    () => lossy("MP3 by lame, variable", `lame --quiet -V ${quality} --resample ${lameRates / 1000} --add-id3v2 --tt title $IN $OUT`),
    () => lossy("MP3 by ffmpeg", `ffmpeg ${input} -c:a libmp3lame -q:a ${quality} -write_xing ${random.int(2)} -f mp3 $OUT`),
    () => lossy("MP2", `ffmpeg ${input.replace(`-ar ${rate}`, `-ar ${pick(random, [22050, 44100, 48000])}`)} -c:a mp2 -b:a 128k -f mp2 $OUT`),
    () => lossy("Vorbis by ffmpeg", `ffmpeg ${input} -c:a libvorbis -q:a ${random.int(8)} -f ogg $OUT`),
    () => lossy("Vorbis", `oggenc -Q -q ${random.int(8)} -o $OUT $IN`),
    () => lossy("Opus by ffmpeg", `ffmpeg ${input.replace(`-ar ${rate}`, "-ar 48000")} -c:a libopus -b:a ${pick(random, [64, 96, 128])}k -f opus $OUT`),
    () => lossy("Opus", `opusenc --quiet --bitrate ${pick(random, [64, 96, 128])} --framesize ${pick(random, [5, 10, 20, 40])} $IN $OUT`),
  ])(); // biome-ignore format: a table
}

const bytesOf = (text: string) => Buffer.from(text, "latin1");
const noise = (random: HostRandom, length: number) =>
  Buffer.from(Array.from({ length }, () => random.int(256)));

/** What stands around a file, or is wrong with it. `damaged`: of lossy ones, decoders leave out other frames. */
const CHANGES: { name: string; damaged: boolean; change(bytes: Buffer, random: HostRandom): Buffer }[] = [
  { name: "as it is", damaged: false, change: (bytes) => bytes },
  { name: "as it is", damaged: false, change: (bytes) => bytes },
  { name: "as it is", damaged: false, change: (bytes) => bytes },
  {
    name: "ID3v2 before",
    damaged: false,
    change: (bytes) => Buffer.concat([bytesOf("ID3\x03\0\0\0\0\x01\x00"), Buffer.alloc(128, 65), bytes]),
  },
  {
    name: "ID3v1 behind",
    damaged: false,
    change: (bytes) => Buffer.concat([bytes, bytesOf("TAG".padEnd(128, "x"))]),
  },
  {
    name: "APEv2 behind",
    damaged: false,
    change: (bytes) => {
      const head = (flags: number) => {
        const fields = Buffer.alloc(32);
        fields.write("APETAGEX");
        fields.writeUInt32LE(2000, 8);
        fields.writeUInt32LE(132, 12);
        fields.writeUInt32LE(1, 16);
        fields.writeUInt32LE(flags, 20);
        return fields;
      };
      return Buffer.concat([bytes, head(0xa0000000), Buffer.alloc(100, 66), head(0x80000000)]);
    },
  },
  { name: "zeros behind", damaged: false, change: (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.int(3000))]) },
  { name: "junk behind", damaged: false, change: (bytes, random) => Buffer.concat([bytes, noise(random, 1 + random.int(3000))]) },
  { name: "cut off", damaged: true, change: (bytes, random) => bytes.subarray(0, 1 + random.int(bytes.length)) },
  {
    name: "bytes changed",
    damaged: true,
    change: (bytes, random) => {
      const copy = Buffer.from(bytes);
      for (let n = 1 + random.int(4); n > 0; n--) copy[random.int(copy.length)] = random.int(256);
      return copy;
    },
  },
]; // biome-ignore format: a table

interface Heard {
  samples: Float32Array;
  sampleRate: number;
}

/** What ffmpeg makes of a file: all channels, averaged; null where it fails. `said`: its first complaint. */
async function byFfmpeg(path: string): Promise<{ heard: Heard | null; said: string }> {
  const command = [
    "ffmpeg",
    "-cpuflags", // its C code: on x86, numbers beyond a damaged frame's depth are others
    "0",
    "-v",
    "error",
    "-i",
    path,
    "-map",
    "0:a:0",
    "-c:a",
    "pcm_f32be",
    "-f",
    "au",
    "-",
  ];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [bytes, said] = await Promise.all([
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).text(),
  ]);
  const first = said.split("\n")[0]!.slice(0, 100);
  if (bytes.byteLength < 28) return { heard: null, said: first };
  const view = new DataView(bytes);
  const [start, sampleRate, channels] = [view.getUint32(4), view.getUint32(16), view.getUint32(20)];
  const samples = new Float32Array(Math.floor((bytes.byteLength - start) / 4 / channels));
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += view.getFloat32(start + 4 * (i * channels + c));
    samples[i] = Number.isFinite(sum) ? sum / channels : 0; // as we take junk that is no number
  }
  return { heard: samples.length === 0 ? null : { samples, sampleRate }, said: first };
}

/** Float rounding of a mean of channels. */
const ROUNDING = 2 ** -22;
/** Samples by which lossy decoders may differ at the ends: two of the longest frames, and a decoder's delay. */
const ENDS = 5000;
/** Their difference otherwise, in parts of the sound's own root mean square. */
const LOSSY = 0.02;

/** Null where both heard the same, or else the difference in words. */
function difference(ours: Heard, theirs: Heard, lossless: boolean, damaged: boolean): string | null {
  const [a, b] = [ours.samples, theirs.samples];
  if (ours.sampleRate !== theirs.sampleRate) return `${ours.sampleRate} Hz, not ${theirs.sampleRate}`;
  if (lossless) {
    if (a.length !== b.length) return `${a.length} samples, not ${b.length}`;
    const wrong = a.findIndex((x, i) => !same(x, b[i]!));
    return wrong < 0 ? null : `sample ${wrong} is ${a[wrong]}, not ${b[wrong]}`;
  }
  if (Math.abs(a.length - b.length) > ENDS) return `${a.length} samples, not ${b.length}`;
  if (damaged) return mostlyTheSame(a, b);
  let best = Number.POSITIVE_INFINITY;
  for (const lag of new Set([0, a.length - b.length, b.length - a.length, ...LAGS])) {
    best = Math.min(best, distance(a, b, lag));
    if (best < LOSSY) return null;
  }
  return `${(100 * best).toFixed(1)} % away at the best distance`;
}

/** Where two lossless sounds differ by rounding at most. */
const same = (x: number, y: number) => Math.abs(x - y) <= ROUNDING * Math.max(1, Math.abs(x));

/** Whether theirs is ours with stretches left out: near a damaged frame, ffmpeg's parser loses some that are whole. */
function leavesOut(ours: Float32Array, theirs: Float32Array): boolean {
  let at = 0;
  const agrees = (from: number, i: number) => {
    for (let k = 0; k < RUN && i + k < theirs.length; k++)
      if (!(from + k < ours.length && same(ours[from + k]!, theirs[i + k]!))) return false;
    return true;
  };
  for (let i = 0; i < theirs.length; i++, at++) {
    if (at < ours.length && same(ours[at]!, theirs[i]!)) continue;
    while (at < ours.length && !agrees(at, i)) at++;
    if (at >= ours.length) return false;
  }
  return true;
}

/** So many samples are not the same by chance. */
const RUN = 64;

/** Decoders leave out other frames where some are damaged: parts of the sound must be found in the other within a frame or two. */
function mostlyTheSame(a: Float32Array, b: Float32Array): string | null {
  let [found, all] = [0, 0];
  for (let at = 1200; at + PART + 1200 < a.length; at += PART) {
    const part = a.subarray(at, at + PART);
    const energy = part.reduce((sum, x) => sum + x * x, 1e-9);
    let best = Number.POSITIVE_INFINITY;
    for (let from = Math.max(0, at - ENDS); from <= Math.min(b.length - PART, at + ENDS); from++) {
      let sum = 0;
      for (let i = 0; i < PART && sum < best; i++) sum += (part[i]! - b[from + i]!) ** 2;
      best = Math.min(best, sum);
    }
    all++;
    if (Math.sqrt(best / energy) < 2 * LOSSY) found++;
  }
  // Of a short sound, the one frame that is damaged, which each decoder hides in its own way, may be two parts.
  return all - found <= Math.max(2, 0.4 * all) ? null : `${found} of ${all} parts are the same`;
}

const PART = 1000;

/** Distances of lossy decoders: delays of MPEG audio's layers, and frames that one leaves out. */
const LAGS = [240, 481, 528, 529, 576, 1105, 1152, 1681, 2304, 110, 128, 256, 312, 1024].flatMap((lag) => [
  lag,
  -lag,
]);

/** Root mean square of a(t) − b(t + lag), away from the ends, in parts of that of a. */
function distance(a: Float32Array, b: Float32Array, lag: number): number {
  const [from, to] = [Math.max(0, -lag) + 1200, Math.min(a.length, b.length - lag) - 1200];
  if (to - from < 500) return Math.abs(a.length - b.length) <= ENDS ? 0 : 1; // too short to be compared
  let [sum, all] = [0, 1e-9];
  for (let i = from; i < to; i++) {
    sum += (a[i]! - b[i + lag]!) ** 2;
    all += a[i]! ** 2;
  }
  return Math.sqrt(sum / all);
}

type Outcome =
  | "agree"
  | "ffmpeg plays the tag"
  | "ffmpeg leaves out more"
  | "refused by both"
  | "refused by us"
  | "ffmpeg fails"
  | "differ";

/** Compares so many files, from a number on; returns how many differ, or are refused though ffmpeg plays them. */
export async function againstFfmpeg(
  { cases, from, seed }: { cases: number; from: number; seed: number },
  progress: Progress,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "otograd-ffmpeg-"));
  const counts = new Map<string, Map<Outcome, number>>();
  const totals = new Map<Outcome, number>();
  const differing: string[] = [];
  try {
    for (let i = from; i < from + cases; i++) {
      const random = new HostRandom(seed, i);
      const { kind, change, outcome, what } = await compare(random, folder);
      const row = counts.get(kind) ?? new Map<Outcome, number>();
      row.set(outcome, (row.get(outcome) ?? 0) + 1);
      counts.set(kind, row);
      totals.set(outcome, (totals.get(outcome) ?? 0) + 1);
      if (!["agree", "ffmpeg plays the tag", "refused by both"].includes(outcome))
        differing.push(`case ${i} (${kind}, ${change}): ${outcome}: ${what}`);
      progress.update(i + 1 - from);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  progress.clear();
  for (const line of differing) console.log(line);
  const words = (row: Map<Outcome, number>) =>
    [...row].map(([outcome, count]) => `${count} ${outcome}`).join(", ");
  for (const [kind, row] of [...counts].sort()) console.log(`${kind.padEnd(24)} ${words(row)}`);
  console.log(`${"all".padEnd(24)} ${words(totals)}`);
  return (totals.get("differ") ?? 0) + (totals.get("refused by us") ?? 0);
}

async function compare(random: HostRandom, folder: string) {
  const [input, output] = [join(folder, "in.wav"), join(folder, "out")];
  const tone = pick(random, [
    "sin(2*PI*440*t)",
    "sin(2*PI*(200+900*t)*t)",
    "0.6*sin(900*t)+0.4*sin(5000*t*t)",
  ]);
  const [seconds, rate] = [0.2 + 1.5 * random.uniform(), pick(random, rates)];
  const source = `aevalsrc='0.6*${tone}+0.02*(random(0)-0.5)|0.5*${tone}':s=${rate}:d=${seconds.toFixed(3)}`;
  await run(
    `ffmpeg -v error -y -f lavfi -i "${source}" ${random.int(2) === 0 ? "-ac 1" : ""} -bitexact $IN`,
    input,
    output,
  );
  const { kind, lossless, command } = drawMaking(random);
  const { name, damaged, change } = pick(random, CHANGES);
  await run(command, input, output);
  writeFileSync(output, change(readFileSync(output), random));
  const { heard: theirs, said } = await byFfmpeg(output);
  const result = (outcome: Outcome, what = "") => ({ kind, change: name, outcome, what });
  try {
    const ours = await joinBlocks(soundBlocks(output));
    if (theirs === null)
      return result("ffmpeg fails", `we hear ${ours.samples.length} samples; it says ${said}`);
    if (/ID3|APE/.test(name) && ours.samples.length < theirs.samples.length && lossless) {
      const sound = { ...theirs, samples: theirs.samples.subarray(0, ours.samples.length) };
      if (difference(ours, sound, true, false) === null) return result("ffmpeg plays the tag");
    }
    const found = difference(ours, theirs, lossless, damaged);
    if (found !== null && lossless && damaged && leavesOut(ours.samples, theirs.samples))
      return result("ffmpeg leaves out more", found);
    return found === null ? result("agree") : result("differ", `${found}; ffmpeg says ${said || "nothing"}`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (theirs === null) return result("refused by both");
    const what = `${oneLine(error).replace(output, "it")}; ffmpeg hears ${theirs.samples.length} samples and says ${said || "nothing"}`;
    return result("refused by us", what);
  }
}

async function run(command: string, input: string, output: string): Promise<void> {
  const child = Bun.spawn(["bash", "-c", command], {
    env: { ...process.env, IN: input, OUT: output },
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${command}: ${said}`);
}
