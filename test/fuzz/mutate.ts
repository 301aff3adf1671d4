// Seeded damage: to bytes, to text, and to values as JSON has them.
import type { HostRandom } from "../../src/gpu/host-random.ts";

export function pick<T>(random: HostRandom, items: readonly T[]): T {
  return items[random.int(items.length)]!;
}

/** Numbers at which 8, 16, 24, 32, 53 and 64 bits end, and others that are easily got wrong. */
const EDGES = [
  0,
  1,
  2,
  7,
  8,
  16,
  127,
  128,
  255,
  256,
  32767,
  32768,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
];
const EDGES_BEYOND = [2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64 - 2 ** 11];
const ALL_EDGES = [...EDGES, ...EDGES_BEYOND];

/** One to four mutations; every second one near the beginning, where the headers are. */
export function mutateBytes(random: HostRandom, original: Uint8Array): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(original);
  for (let n = 1 + random.int(4); n > 0; n--) {
    const reach = random.int(2) === 0 ? bytes.length : Math.min(bytes.length, 128);
    bytes = pick(random, BYTE_MUTATIONS)(random, bytes, random.int(Math.max(1, reach)));
  }
  return bytes;
}

type ByteMutation = (random: HostRandom, bytes: Uint8Array, at: number) => Uint8Array;

const BYTE_MUTATIONS: readonly ByteMutation[] = [
  (random, bytes, at) => changed(bytes, at, [1 + random.int(255)], true),
  (random, bytes, at) => changed(bytes, at, [1 << random.int(8)], true),
  (random, bytes, at) =>
    changed(
      bytes,
      at,
      Array.from({ length: 1 + random.int(8) }, () => random.int(256)),
    ),
  (random, bytes, at) => changed(bytes, at, edge(random)),
  (random, bytes, at) => changed(bytes, at - (at % 4), edge(random)),
  (random, bytes, at) =>
    changed(bytes, at, new Array<number>(1 + random.int(64)).fill(pick(random, [0, 255]))),
  (_, bytes, at) => bytes.slice(0, at),
  (random, bytes, at) => spliced(bytes, at, 1 + random.int(16), []),
  (random, bytes, at) => spliced(bytes, at, random.int(1 + bytes.length), []),
  (random, bytes, at) => spliced(bytes, at, 0, bytes.subarray(at, at + 1 + random.int(64))),
  (random, bytes, at) => spliced(bytes, at, 0, new Uint8Array(random.int(2000)).fill(random.int(256))),
  (random, bytes, at) => {
    const from = random.int(Math.max(1, bytes.length));
    return changed(bytes, at, [...bytes.subarray(from, from + 1 + random.int(32))]);
  },
];

/** An edge as 1, 2, 4 or 8 bytes, in either order. */
function edge(random: HostRandom): number[] {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(pick(random, ALL_EDGES)), true);
  const little = [...new Uint8Array(bytes.buffer, 0, pick(random, [1, 2, 4, 8]))];
  return random.int(2) === 0 ? little : little.reverse();
}

function changed(bytes: Uint8Array, at: number, by: readonly number[], flip = false): Uint8Array {
  const copy = new Uint8Array(bytes);
  by.forEach((value, i) => {
    if (at + i < copy.length) copy[at + i] = flip ? copy[at + i]! ^ value : value;
  });
  return copy;
}

function spliced(bytes: Uint8Array, at: number, remove: number, insert: ArrayLike<number>): Uint8Array {
  return new Uint8Array([...bytes.subarray(0, at), ...Array.from(insert), ...bytes.subarray(at + remove)]);
}

/** What does not belong into the places of names and numbers. */
const WORDS = [
  ...[
    "",
    " ",
    "0",
    "-1",
    "1.5",
    "1e999",
    "-1e-400",
    "NaN",
    "null",
    "true",
    "0x10",
    "9007199254740993",
    "1".repeat(400),
  ],
  ...[
    "../",
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "a/../../b",
    "\\..\\",
    "C:\\x",
    "con",
    "~",
    "a\0b",
    "\0",
    "%2e%2e%2f",
  ],
  ...["__proto__", "constructor", "toString", "hasOwnProperty"],
  ...[
    '"',
    '""',
    "'",
    ",",
    ";",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "{",
    "}",
    "[",
    "]",
    ":",
    "=",
    "\\",
    "\\u0000",
    "\\ud800",
  ],
  ...[
    "\ufeff",
    "é",
    "\u202e",
    "😀",
    "\ud800",
    "\x1b[2J",
    "x".repeat(5000),
    "[".repeat(3000),
    '{"a":'.repeat(3000),
  ],
];

/** One to three mutations of text. */
export function mutateText(random: HostRandom, original: string): string {
  let text = original;
  for (let n = 1 + random.int(3); n > 0; n--) text = pick(random, TEXT_MUTATIONS)(random, text);
  return text;
}

type TextMutation = (random: HostRandom, text: string) => string;

const cut = (text: string, at: number, length: number, insert: string) =>
  text.slice(0, at) + insert + text.slice(at + length);

/** Replaces one of the matches of a pattern. */
const replaceOne = (random: HostRandom, text: string, pattern: RegExp, word: string) => {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const match = pick(random, found);
  return cut(text, match.index, match[0].length, word);
};

const TEXT_MUTATIONS: readonly TextMutation[] = [
  (random, text) => cut(text, random.int(text.length + 1), 0, pick(random, WORDS)),
  (random, text) => cut(text, random.int(text.length + 1), random.int(10), ""),
  (random, text) => text.slice(0, random.int(text.length + 1)),
  (random, text) => replaceOne(random, text, /-?\d[\d.e+-]*/g, pick(random, WORDS)),
  (random, text) => replaceOne(random, text, /-?\d[\d.e+-]*/g, String(pick(random, ALL_EDGES))),
  (random, text) => replaceOne(random, text, /[\w.-]+/g, pick(random, WORDS)),
  (random, text) => replaceOne(random, text, /[^\w\s]/g, pick(random, WORDS)),
  (random, text) => {
    const lines = text.split("\n");
    const [from, to] = [random.int(lines.length), random.int(lines.length)];
    return pick(random, [
      () => lines.toSpliced(from, 1),
      () => lines.toSpliced(from, 0, lines[to]!),
      () => lines.toSpliced(from, 1, lines[to]!),
      () => [...lines, ...lines],
    ])().join("\n");
  },
];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One or two mutations of a value, somewhere in it. */
export function mutateJson(random: HostRandom, original: Json): Json {
  let value = original;
  for (let n = 1 + random.int(2); n > 0; n--) value = mutateSomewhere(random, value);
  return value;
}

function mutateSomewhere(random: HostRandom, value: Json): Json {
  if (value === null || typeof value !== "object" || random.int(6) === 0) return strange(random, value);
  if (Array.isArray(value)) {
    if (value.length === 0) return strange(random, value);
    const at = random.int(value.length);
    const inner = mutateSomewhere(random, value[at]!);
    return pick(random, [
      () => value.toSpliced(at, 1, inner),
      () => value.toSpliced(at, 1, inner),
      () => value.toSpliced(at, 1),
      () => [...value, inner],
      () => new Array<Json>(pick(random, [30, 1000])).fill(inner),
    ])();
  }
  const keys = Object.keys(value);
  if (keys.length === 0) return strange(random, value);
  const key = pick(random, keys);
  const entries = Object.entries(value);
  const others = entries.filter(([name]) => name !== key);
  const inner = mutateSomewhere(random, value[key]!);
  const next: [string, Json][] = pick(random, [
    () => entries.map(([name, old]): [string, Json] => [name, name === key ? inner : old]),
    () => entries.map(([name, old]): [string, Json] => [name, name === key ? inner : old]),
    () => entries.map(([name, old]): [string, Json] => [name, name === key ? inner : old]),
    () => others,
    () => [...others, [pick(random, WORDS), value[key]!] as [string, Json]],
    () => [...entries, [pick(random, WORDS), inner] as [string, Json]],
  ])();
  return Object.fromEntries(next);
}

/** Another number, which is as likely as not of the kind that is wanted. */
function otherNumber(random: HostRandom, value: number): number {
  return pick(random, [
    () => value * pick(random, [-1, 0, 0.5, 2, 10, 100, 1000, 1e6]),
    () => value + pick(random, [-1, 1]),
    () => pick(random, ALL_EDGES),
  ])();
}

/** Something else in a value's place. */
function strange(random: HostRandom, value: Json): Json {
  if (typeof value === "number" && random.int(3) > 0) return otherNumber(random, value);
  const numbers = [-1, 0, 0.5, 1e-300, 1e9, 1e15, 1e308, ...EDGES_BEYOND, ...EDGES];
  return pick<() => Json>(random, [
    () => pick(random, numbers),
    () =>
      typeof value === "number" ? value * pick(random, [-1, 0.5, 2, 10, 1000, 1e6]) : pick(random, numbers),
    () => pick(random, WORDS),
    () => pick<Json>(random, [null, true, false, [], {}, [[]], [null], "x"]),
    () => [value, value],
    () => ({ value }),
    () => (typeof value === "string" ? mutateText(random, value) : JSON.stringify(value)),
  ])();
}
