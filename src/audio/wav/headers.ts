// What a WAV file's headers say: RIFF and RIFX, RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088) and Sony's Wave64, each
// number checked before anything is done by it. Programs that write into a pipe cannot know the length, and say so in many
// ways.

/** Bytes that can be read at any place: of a file, say, that is too long to be read whole. */
export interface ByteSource {
  readonly size: number;
  /** Bytes `from` … `to` − 1, both within the size. */
  read(from: number, to: number): Uint8Array;
}

/** Why a file cannot be used, before its name is known. */
export class Unusable extends Error {}

/** What is wrong with a file of which some can be heard all the same. */
export interface Flaw {
  readonly reason: string;
  /** How many seconds there should be, where what is wrong is that it ends before. */
  readonly of?: number;
}

/** Is told of each flaw. Where nobody is, a file with a flaw cannot be used. */
export type Flawed = (flaw: Flaw) => void;

/** Tells of a flaw, or throws it. */
export function tell(flawed: Flawed | undefined, flaw: Flaw): void {
  if (flawed === undefined) throw new Unusable(flaw.reason);
  flawed(flaw);
}

export interface Format {
  /** See CODES. */
  code: number;
  channels: number;
  sampleRate: number;
  /** Of a stored sample with its padding: 20 bits in three bytes are 24, in the upper of which they lie. */
  bits: number;
  /** The smallest number of bytes that can be decoded by themselves, of all channels. */
  block: number;
}

/** What the headers say: the samples are `size` bytes from byte `start` on. */
export interface Layout {
  littleEndian: boolean;
  format: Format;
  start: number;
  size: number;
}

export const CODES = { integers: 1, msAdpcm: 2, floats: 3, aLaw: 6, muLaw: 7, imaAdpcm: 17 } as const;

const HIGHEST_RATE = 1_000_000;
const EXTENSIBLE = 0xfffe;
const bitsOf: Record<number, readonly number[]> = {
  [CODES.integers]: [8, 16, 24, 32, 64],
  [CODES.msAdpcm]: [4],
  [CODES.floats]: [32, 64],
  [CODES.aLaw]: [8],
  [CODES.muLaw]: [8],
  [CODES.imaAdpcm]: [4],
};
const codecs: Record<number, string> = { 49: "GSM", 80: "MPEG", 85: "MP3", 255: "AAC" };

/** MPEG audio, which has a decoder of its own: layers I and II, and III. */
const MPEG: readonly number[] = [80, 85];

/** The MPEG audio that a WAV file holds instead of samples; null where it holds something else. */
export function mpegIn(source: ByteSource, flawed: Flawed): ByteSource | null {
  let code = 0;
  const chunks = source.size < 12 ? [] : riffChunks(source, true);
  for (const { name, start, size } of chunks) {
    if (name === "fmt " && start + 2 <= source.size)
      code = viewOf(source.read(start, start + 2)).getUint16(0, true);
    if (name !== "data") continue;
    if (!MPEG.includes(code)) return null;
    const there = source.size - start;
    if (size > there && !isPlaceholder(size))
      flawed({ reason: `is truncated: ${size} bytes announced, ${there} there` });
    if (size > 0) tellSecond(chunks, flawed);
    const length = size === 0 ? there : Math.min(size, there);
    return { size: length, read: (from, to) => source.read(start + from, start + to) };
  }
  return null;
}

/** A chunk's name, and where its content lies. */
interface Chunk {
  name: string;
  start: number;
  size: number;
}

/** Walks the chunks of a file to its format and its samples. Throws Unusable. */
export function readHeaders(source: ByteSource, flawed?: Flawed): Layout {
  if (source.size === 0) throw new Unusable("is empty");
  const container = textAt(source, 0, 4);
  const wave64 = textAt(source, 0, 16) === WAVE64_RIFF && textAt(source, 24, 16) === WAVE64_WAVE;
  const riff = /^(RIFF|RIFX|RF64|BW64)$/.test(container) && textAt(source, 8, 4) === "WAVE";
  if (!riff && !wave64) throw new Unusable("is not a WAV file (it does not begin with RIFF … WAVE)");
  const littleEndian = container !== "RIFX";
  let format: Format | undefined;
  let longSize: number | undefined;
  const chunks = wave64 ? wave64Chunks(source) : riffChunks(source, littleEndian);
  for (const { name, start, size } of chunks) {
    if (name === "ds64" && start + 16 <= source.size) {
      longSize = Number(viewOf(source.read(start, start + 16)).getBigUint64(8, true));
    } else if (name === "fmt ") {
      if (size < 16 || start + size > source.size)
        throw new Unusable("is truncated inside its format header");
      format = readFormat(viewOf(source.read(start, start + Math.min(size, 40))), littleEndian);
    } else if (name === "data") {
      if (format === undefined) throw new Unusable("has its samples before its format header");
      const there = source.size - start;
      const said = size === UNKNOWN && longSize !== undefined ? longSize : size;
      if (said === 0 && KNOWN_CHUNKS.test(textAt(source, start, 4))) none(); // an honest header
      // ffmpeg counts the bytes that a long chunk is filled up with, to 8 in Wave64, to 2 in RF64.
      const unit = wave64 ? 8 : longSize !== undefined ? 2 : 1;
      const filled =
        said % unit === 0 && said <= there && said % format.block < unit ? said % format.block : 0;
      const layout = { littleEndian, format, start, size: dataSize(there, said - filled, format, flawed) };
      if (said === size && said > 0 && there !== Infinity) tellSecond(chunks, flawed);
      return layout;
    }
  }
  throw new Unusable(format === undefined ? "has no format header" : "is truncated before its samples");
}

/** Tells of more samples behind those that are heard: a file has them in one chunk. */
function tellSecond(behind: Iterable<Chunk>, flawed: Flawed | undefined): void {
  for (const { name, size } of behind) {
    if (!/^[ -~]{4}$/.test(name)) return; // no chunks any more, but junk
    if (name !== "data" || size === 0) continue;
    tell(flawed, { reason: "has a second chunk of samples, which is passed over" });
    return;
  }
}

function* riffChunks(source: ByteSource, littleEndian: boolean): Generator<Chunk> {
  for (let at = 12; at + 8 <= source.size; ) {
    const name = textAt(source, at, 4);
    const size = viewOf(source.read(at + 4, at + 8)).getUint32(0, littleEndian);
    const [start, end] = [at + 8, at + 8 + size];
    yield { name, start, size };
    // Chunks begin at even places, but some programs write no byte to fill up with.
    const padded = size % 2 === 1 && !KNOWN_CHUNKS.test(textAt(source, end, 4));
    at = padded ? end + 1 : end;
  }
}

const KNOWN_CHUNKS =
  /^(fmt |data|fact|LIST|cue |bext|iXML|id3 |ID3 |smpl|inst|PEAK|JUNK|PAD |ds64|chna|axml)$/;

const WAVE64_RIFF = "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";
const WAVE64_CHUNK = "\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
const WAVE64_WAVE = `wave${WAVE64_CHUNK}`;

function* wave64Chunks(source: ByteSource): Generator<Chunk> {
  for (let at = 40; at + 24 <= source.size; ) {
    const name = textAt(source, at + 4, 12) === WAVE64_CHUNK ? textAt(source, at, 4) : "";
    const whole = Number(viewOf(source.read(at + 16, at + 24)).getBigUint64(0, true)); // the header counts too
    const size = whole >= 2 ** 62 ? UNKNOWN : Math.max(0, whole - 24);
    yield { name, start: at + 24, size };
    at += 8 * Math.ceil(Math.max(24, whole) / 8);
  }
}

function textAt(source: ByteSource, at: number, length: number): string {
  const from = Math.min(at, source.size);
  return String.fromCharCode(...source.read(from, Math.min(source.size, from + length)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readFormat(view: DataView, littleEndian: boolean): Format {
  const u16 = (offset: number) => view.getUint16(offset, littleEndian);
  const extended = u16(0) === EXTENSIBLE && view.byteLength >= 26;
  const code = extended ? u16(24) : u16(0);
  const channels = u16(2);
  const sampleRate = view.getUint32(4, littleEndian);
  const blockAlign = u16(12);
  const bits = u16(14);
  if (bitsOf[code] === undefined) {
    const codec = codecs[code] === undefined ? `format ${code}` : `format ${code}, ${codecs[code]}`;
    throw new Unusable(`is compressed (${codec}); convert it to plain PCM`);
  }
  if (channels === 0) throw new Unusable("says that it has 0 channels");
  if (sampleRate === 0 || sampleRate > HIGHEST_RATE)
    throw new Unusable(`says that its rate is ${sampleRate} Hz`);
  const format = { code, channels, sampleRate, bits, block: blockAlign };
  if (isAdpcm(format)) return adpcmFormat(format);
  // Integers of 4 to 32 bits lie in the upper bits of frames of whole bytes: 12 in 16, 20 in 24, 24 in 32.
  const stored = (8 * blockAlign) / channels;
  const narrow = code === CODES.integers && bits > 0 && bits < stored && bitsOf[code].includes(stored);
  if (narrow) return { ...format, bits: stored };
  if (!bitsOf[code].includes(bits)) {
    const kind = code === CODES.floats ? "floats" : "integers";
    throw new Unusable(`has ${kind} of ${bits} bits; ${bitsOf[code].join(", ")} are supported`);
  }
  if (blockAlign !== (channels * bits) / 8) {
    throw new Unusable(`says that ${channels} × ${bits} bits are ${blockAlign} bytes: its header is damaged`);
  }
  return format;
}

function adpcmFormat(format: Format): Format {
  const { code, channels, bits, block } = format;
  const name = code === CODES.msAdpcm ? "ADPCM" : "IMA ADPCM";
  if (bits !== 4) throw new Unusable(`has ${name} of ${bits} bits; 4 are supported`);
  if (channels > 2) throw new Unusable(`has ${name} of ${channels} channels; 1 and 2 are supported`);
  if (block <= (code === CODES.msAdpcm ? 7 : 4) * channels)
    throw new Unusable(`says that a block of ${name} has ${block} bytes: its header is damaged`);
  return format;
}

const UNKNOWN = 0xffffffff;
/** By how much programs stay below the most that 31 or 32 bits hold: GStreamer says 0x7fff0000, sox whole blocks of 0x7ffff000. */
const NEARLY = 2 ** 16;

/** The shortest header that stands before a chunk's content, in bytes: its name and size. */
const SHORTEST_HEADER = 8;

/**
 * Whether this is what programs write that cannot know the length: 0, all ones, or about the most that a number holds, less the
 * headers before it or rounded down, each in its own way.
 */
function isPlaceholder(size: number): boolean {
  const signed = size >= 2 ** 31 - NEARLY && size <= 2 ** 31;
  const unsigned = size >= UNKNOWN - NEARLY && size <= UNKNOWN - SHORTEST_HEADER;
  return size === 0 || size === UNKNOWN || signed || unsigned;
}

/**
 * How many bytes of samples there are, where `there` follow the header and it announces `size`. Of what is still being
 * written, Infinity follow.
 */
function dataSize(there: number, size: number, format: Format, flawed: Flawed | undefined): number {
  const { block } = format;
  const whole = (bytes: number) => (isAdpcm(format) ? bytes : bytes - (bytes % block));
  if (there === Infinity && isPlaceholder(size)) return Infinity;
  if (isPlaceholder(size) && (size === 0 || size > there)) size = whole(there);
  if (size > there) {
    const flaw = truncated(size, there, format);
    if (whole(there) === 0) throw new Unusable(flaw.reason);
    tell(flawed, flaw);
    size = whole(there);
  }
  if (size === 0) none();
  if (whole(size) < size) {
    tell(flawed, { reason: `ends inside a sample: ${size} bytes are not whole blocks of ${block}` });
    size = whole(size);
    if (size === 0) none();
  }
  return size;
}

/** Whether the last block may be a part of one, and a block's bytes do not say how long it sounds. */
export function isAdpcm({ code }: Format): boolean {
  return code === CODES.msAdpcm || code === CODES.imaAdpcm;
}

/** What is wrong where the header announces `size` bytes of samples and fewer are there. */
export function truncated(size: number, there: number, format: Format): Flaw {
  const reason = `is truncated: ${size} bytes of samples announced, ${there} there`;
  return isAdpcm(format) ? { reason } : { reason, of: size / format.block / format.sampleRate };
}

function none(): never {
  throw new Unusable("has no samples");
}
