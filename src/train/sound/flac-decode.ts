// The samples of a FLAC frame (RFC 9639, section 9.2). Where a frame is damaged, its numbers wrap around as they do in
// ffmpeg, which plays what decodes: libFLAC would give silence.

/** What does not decode. */
export class BadFrame extends Error {}

/** Reads numbers of any number of bits, the highest first. */
class Bits {
  /** In bits. */
  at = 0;
  private readonly bytes: Uint8Array;

  constructor(frame: Uint8Array) {
    this.bytes = frame;
  }

  /** The next 32 bits, zeros behind the end. */
  private peek(): number {
    const { bytes, at } = this;
    const [i, shift] = [at >>> 3, at & 7];
    const high = (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
    return shift === 0 ? high : (high << shift) | (bytes[i + 4]! >>> (8 - shift));
  }

  /** Up to 32 bits. */
  unsigned(count: number): number {
    if (count === 0) return 0;
    const value = this.peek() >>> (32 - count);
    this.at += count;
    return value;
  }

  /** Up to 33 bits, in two's complement. */
  signed(count: number): number {
    if (count === 0) return 0;
    if (count > 32) return this.signed(count - 32) * 2 ** 32 + this.unsigned(32);
    const value = this.peek() >> (32 - count);
    this.at += count;
    return value;
  }

  /** How many zeros come before the next one. */
  zeros(): number {
    let count = 0;
    for (let next = this.peek(); ; next = this.peek()) {
      if (next !== 0) {
        const more = Math.clz32(next);
        this.at += more + 1;
        return count + more;
      }
      count += 32;
      this.at += 32;
      if (this.at > 8 * this.bytes.length) throw new BadFrame("ends inside a number");
    }
  }

  /** A number in Rice's code: the quotient by 2^k in ones and zeros, then the remainder; the sign is the lowest bit. */
  rice(k: number): number {
    const quotient = this.zeros();
    if (quotient < 2 ** (31 - k)) {
      const value = (quotient << k) | this.unsigned(k);
      return (value >>> 1) ^ -(value & 1);
    }
    const value = quotient * 2 ** k + this.unsigned(k);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

type Samples = Int32Array | Float64Array;

/** How a frame's two channels may be stored: by a number in its header. */
const [LEFT_SIDE, SIDE_RIGHT, MID_SIDE] = [8, 9, 10];

/**
 * The channels of a frame whose header ends at byte `start`, full scale ±1, and the bytes that they take, padding
 * included, from the frame's beginning on. Throws BadFrame.
 * @param channels as the header has it: their number less one, or how two of them are stored
 */
export function decodeChannels(
  frame: Uint8Array,
  start: number,
  { channels, bits, samples }: { channels: number; bits: number; samples: number },
): { channelData: Float32Array[]; end: number } {
  const reader = new Bits(frame);
  reader.at = 8 * start;
  const count = channels < LEFT_SIDE ? channels + 1 : 2;
  const side = channels === SIDE_RIGHT ? 0 : channels >= LEFT_SIDE ? 1 : -1;
  const all = Array.from({ length: count }, (_, i) =>
    subframe(reader, samples, i === side ? bits + 1 : bits),
  );
  const [a, b] = all as [Samples, Samples];
  if (channels === LEFT_SIDE) for (let i = 0; i < samples; i++) b[i] = a[i]! - b[i]!;
  if (channels === SIDE_RIGHT) for (let i = 0; i < samples; i++) a[i] = a[i]! + b[i]!;
  if (channels === MID_SIDE) {
    for (let i = 0; i < samples; i++) {
      const right = a[i]! - Math.floor(b[i]! / 2);
      a[i] = right + b[i]!;
      b[i] = right;
    }
  }
  const end = Math.ceil(reader.at / 8);
  if (end > frame.length) throw new BadFrame("ends before its samples do");
  return { channelData: all.map((each) => scaled(each, bits)), end };
}

/** To ±1; what a damaged frame has beyond so many bits is left out. */
function scaled(samples: Samples, bits: number): Float32Array {
  const unused = 32 - bits;
  const out = new Float32Array(samples.length);
  for (let i = 0; i < out.length; i++) out[i] = (samples[i]! << unused) / 2 ** 31;
  return out;
}

/** One channel. */
function subframe(reader: Bits, count: number, bitsBefore: number): Samples {
  if (reader.unsigned(1) !== 0) throw new BadFrame("has a padding that is not zero");
  const type = reader.unsigned(6);
  const wasted = reader.unsigned(1) === 0 ? 0 : reader.zeros() + 1;
  const bits = bitsBefore - wasted;
  if (bits <= 0) throw new BadFrame("wastes more bits than there are");
  const out = bits > 32 ? new Float64Array(count) : new Int32Array(count);
  if (type === 0) out.fill(reader.signed(bits));
  else if (type === 1) for (let i = 0; i < count; i++) out[i] = reader.signed(bits);
  else if (type >= 8 && type <= 12) fixed(reader, out, type - 8, bits);
  else if (type >= 32) linear(reader, out, type - 31, bits);
  else throw new BadFrame(`has a channel of unknown type ${type}`);
  if (wasted > 0) for (let i = 0; i < count; i++) out[i] = out[i]! * 2 ** wasted;
  return out;
}

/** The first samples as they are, the others as differences from a polynomial through those before. */
function fixed(reader: Bits, out: Samples, order: number, bits: number): void {
  for (let i = 0; i < order; i++) out[i] = reader.signed(bits);
  residual(reader, out, order);
  const n = out.length;
  if (order === 1) for (let i = 1; i < n; i++) out[i]! += out[i - 1]!;
  if (order === 2) for (let i = 2; i < n; i++) out[i]! += 2 * out[i - 1]! - out[i - 2]!;
  if (order === 3) for (let i = 3; i < n; i++) out[i]! += 3 * (out[i - 1]! - out[i - 2]!) + out[i - 3]!;
  if (order === 4)
    for (let i = 4; i < n; i++) out[i]! += 4 * (out[i - 1]! + out[i - 3]!) - 6 * out[i - 2]! - out[i - 4]!;
}

/** The same from a linear prediction. */
function linear(reader: Bits, out: Samples, order: number, bits: number): void {
  for (let i = 0; i < order; i++) out[i] = reader.signed(bits);
  const precision = reader.unsigned(4) + 1;
  const shift = reader.signed(5);
  if (precision === 16 || shift < 0) throw new BadFrame("has a prediction that there is not");
  const coefficients = Int32Array.from({ length: order }, () => reader.signed(precision));
  residual(reader, out, order);
  if (bits <= 16 && bits + precision + Math.floor(Math.log2(order)) <= 32) {
    predictNarrow(out, coefficients, shift);
    return;
  }
  const differences = bits <= MOST_NARROW ? out.slice() : null;
  const scale = 2 ** -shift;
  for (let i = order; i < out.length; i++) {
    let sum = 0; // of up to 53 bits
    for (let j = 0; j < order; j++) sum += coefficients[j]! * out[i - 1 - j]!;
    out[i]! += Math.floor(sum * scale);
  }
  const full = 2 ** (bits - 1);
  if (differences === null || out.every((x) => x >= -full && x < full)) return;
  out.set(differences);
  predictNarrow(out, coefficients, shift);
}

/** The difference of two channels of 16 bits. */
const MOST_NARROW = 17;

/** In numbers of 32 bits: what has no more needs no more, and there are encoders that took no more, as ffmpeg knows. */
function predictNarrow(out: Samples, coefficients: Int32Array, shift: number): void {
  const order = coefficients.length;
  for (let i = order; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum = (sum + Math.imul(coefficients[j]!, out[i - 1 - j]!)) | 0;
    out[i]! += sum >> shift;
  }
}

/** What the prediction is wrong by, in partitions of one Rice parameter each. */
function residual(reader: Bits, out: Samples, order: number): void {
  const method = reader.unsigned(2);
  if (method > 1) throw new BadFrame("has a residual of unknown coding");
  const partitions = 2 ** reader.unsigned(4);
  const size = out.length / partitions;
  if (!Number.isInteger(size) || order > size) throw new BadFrame("has partitions that do not fit");
  const [width, stored] = method === 0 ? [4, 15] : [5, 31];
  for (let p = 0, i = order; p < partitions; p++) {
    const parameter = reader.unsigned(width);
    const bits = parameter === stored ? reader.unsigned(5) : null;
    const end = (p + 1) * size;
    if (bits !== null) for (; i < end; i++) out[i] = reader.signed(bits);
    else for (; i < end; i++) out[i] = reader.rice(parameter);
  }
}
