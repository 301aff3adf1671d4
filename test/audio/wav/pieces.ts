// The pieces of a WAV file, by hand, so that they can be wrong.
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function i16(...values: number[]): Uint8Array {
  return new Uint8Array(new Int16Array(values).buffer);
}

export function u32(...values: number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}

export function u64(...values: number[]): Uint8Array {
  return new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer);
}

/** A chunk with a byte to fill up with where one is due; `size` is what its header says. */
export function chunk(id: string, body: Uint8Array, size = body.length): Uint8Array {
  const bytes = new Uint8Array(8 + body.length + (body.length % 2));
  bytes.set(ascii(id));
  bytes.set(u32(size), 4);
  bytes.set(body, 8);
  return bytes;
}

export function fmt(
  code: number,
  channels: number,
  rate: number,
  bits: number,
  align = (channels * bits) / 8,
): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, rate * align, true);
  view.setUint16(12, align, true);
  view.setUint16(14, bits, true);
  return bytes;
}

export function format(...args: Parameters<typeof fmt>): Uint8Array {
  return chunk("fmt ", fmt(...args));
}

export function riff(...chunks: Uint8Array[]): Uint8Array {
  return container("RIFF", ...chunks);
}

export function container(name: string, ...chunks: Uint8Array[]): Uint8Array {
  return chunk(name, new Uint8Array(Buffer.concat([ascii("WAVE"), ...chunks])));
}
