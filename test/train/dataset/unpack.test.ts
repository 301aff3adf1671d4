// Archives that are out to do harm, or broken: each is refused in one line, and no file is made outside the folder.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { unpack } from "../../../src/train/dataset/unpack.ts";
import { BadArchive } from "../../../src/train/dataset/zip-archive.ts";
import { UserError } from "../../../src/train/terminal/errors.ts";
import { Heard, never } from "./fetch-tiny.ts";
import { tinyArchive, tinyEntries, tinyFiles } from "./tiny-esc.ts";
import { type ZipEntry, zip } from "./zip.ts";

setDefaultTimeout(60_000);
const root = mkdtempSync(join(tmpdir(), "otograd-unpack-"));
afterAll(() => rmSync(root, { recursive: true }));
const GOOD = tinyArchive();
const TOP = "ESC-50-master/";

/** Unpacks into a folder two levels down; returns what was thrown and every file that there is then. */
async function unpacked(archive: Buffer) {
  const place = mkdtempSync(join(root, "try-"));
  const into = join(place, "deep", "into");
  mkdirSync(into, { recursive: true });
  writeFileSync(join(place, "a.zip"), archive);
  const error: Error | null = await unpack(join(place, "a.zip"), into, {
    progress: new Heard(),
    stop: never(),
  }).then(
    () => null,
    (error) => error,
  );
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isDirectory(),
  );
  const found = files.map(({ parentPath, name }) => join(parentPath, name).slice(place.length + 1)).sort();
  rmSync(place, { recursive: true });
  return { error, found };
}

/** A whole dataset with one entry more. */
const and = (...more: ZipEntry[]) => zip([...tinyEntries(), ...more]);
/** A whole dataset with one clip as the case wants it. */
const clipAs = (change: Partial<ZipEntry>) =>
  zip(tinyEntries().map((entry) => (entry.name.includes("2-1004") ? { ...entry, ...change } : entry)));
const wav = (name: string) => ({ name, data: tinyFiles()["audio/1-1000-A-0.wav"]! });

/** The end of an archive that needs 64-bit numbers: the locator points to a record, the record to a directory. */
function zip64({
  record = GOOD.length - 22,
  directory = 0n,
  count = 5n,
}: {
  record?: number | bigint;
  directory?: bigint;
  count?: bigint;
}) {
  const numbers = (...values: [bits: 16 | 32 | 64, value: number | bigint][]) =>
    Buffer.concat(
      values.map(([bits, value]) => Buffer.from(new BigUint64Array([BigInt(value)]).buffer, 0, bits / 8)),
    );
  const end = numbers(
    [32, 0x06064b50],
    [64, 44],
    [16, 45],
    [16, 45],
    [32, 0],
    [32, 0],
    [64, count],
    [64, count],
    [64, 9],
    [64, directory],
  );
  const locator = numbers([32, 0x07064b50], [32, 0], [64, record], [32, 1]);
  return Buffer.concat([GOOD.subarray(0, -22), end, locator, GOOD.subarray(-22)]);
}

const BOMB = Buffer.alloc(3_000_000);
const MALICIOUS: [what: string, archive: Buffer, error: RegExp][] = [
  [
    "a way up",
    and(wav(`${TOP}audio/../../../../evil.wav`)),
    /damaged, or no zip archive: invalid relative path: .*evil.wav$/,
  ],
  ["a way up at the beginning", and(wav("../evil.wav")), /invalid relative path: ..\/evil.wav$/],
  ["an absolute path", and(wav("/tmp/evil.wav")), /absolute path: \/tmp\/evil.wav$/],
  ["a drive", and(wav("C:/evil.wav")), /absolute path: C:\/evil.wav$/],
  ["backslashes", and(wav(`${TOP}audio\\..\\..\\evil.wav`)), /invalid characters in fileName: /],
  [
    "a name with a dot part",
    and(wav(`${TOP}audio/./evil.wav`)),
    /^the archive has a file with the name ".*\/.\/evil.wav"$/,
  ],
  ["a name with an empty part", and(wav(`${TOP}audio//evil.wav`)), /^the archive has a file with the name/],
  [
    "a name too long for a disk",
    and(wav(`${TOP}audio/${"x".repeat(252)}.wav`)),
    /^the archive has a file with the name "ESC-50-master\/audio\/x+…"$/,
  ],
  ["an empty name", and(wav("")), /^the archive has a file with the name ""$/],
  ["a NUL in a name", and(wav(`${TOP}audio/evil\0.wav`)), /the name ".*evil\?.wav"$/],
  ["an escape sequence in a name", and(wav(`${TOP}audio/\x1b[2J.wav`)), /the name ".*\?\[2J.wav"$/],
  [
    "an escape sequence and a way up",
    and(wav("../\x1b[2J\nevil")),
    /invalid relative path: ..\/\?\[2J evil$/,
  ],
  ["a very long name", and(wav(`${"x/".repeat(30_000)}../evil.wav`)), /^.{100,300}…$/],
  [
    "a symbolic link",
    and({ name: `${TOP}audio/link.wav`, data: "/etc/passwd", mode: 0o120777 }),
    /^".*audio\/link.wav" in the archive is a symbolic link$/,
  ],
  [
    "a link to a folder, and a file through it",
    zip([{ name: `${TOP}audio`, data: "/tmp", mode: 0o120777 }, ...tinyEntries()]),
    /"ESC-50-master\/audio" in the archive is a symbolic link$/,
  ],
  [
    "a device",
    and({ name: `${TOP}audio/null.wav`, data: "", mode: 0o020666 }),
    /null.wav" in the archive is neither a file nor a folder$/,
  ],
  [
    "a named pipe",
    and({ name: `${TOP}audio/pipe.wav`, data: "", mode: 0o010666 }),
    /neither a file nor a folder$/,
  ],
  ["one name twice", and(wav(`${TOP}audio/1-1000-A-0.wav`)), /^the archive has ".*1-1000-A-0.wav" twice$/],
  ["one name twice where case does not count", and(wav(`${TOP}audio/1-1000-a-0.WAV`)), /" twice$/],
  [
    "two datasets",
    and({ name: "other/meta/esc50.csv", data: "" }),
    /^the archive holds more than one meta\/esc50.csv$/,
  ],
  [
    "a bomb that says so",
    and({ name: `${TOP}audio/bomb.wav`, data: BOMB, deflate: true }),
    /bomb.wav" in the archive has 3000000 bytes; 1000000 is the most$/,
  ],
  [
    "a bomb that does not",
    and({ name: `${TOP}audio/bomb.wav`, data: BOMB, deflate: true, claims: { size: 900_000 } }),
    /bomb.wav" in the archive does not have the 900000 bytes that it claims$/,
  ],
  [
    "a bomb of many files on top of each other",
    zip([
      ...tinyEntries(),
      ...Array.from({ length: 2500 }, (_, i) => ({
        name: `${TOP}audio/${i}.wav`,
        data: "",
        claims: { size: 900_000, packed: 900_000, offset: 0 },
      })),
    ]),
    /^the archive holds 2\d{9} bytes; ESC-50 has 0.9e9$/,
  ],
  [
    "more packed than unpacked",
    clipAs({ claims: { packed: 4e9 }, deflate: true }),
    /2-1004-A-1.wav" in the archive is 4000000000 bytes packed and 926 unpacked$/,
  ],
  [
    "too many files",
    zip(tinyEntries(), { count: 0xffff }),
    /^the archive claims to have 65535 files; ESC-50 has some 2000$/,
  ],
  ["2^64 files", zip64({ count: 2n ** 64n - 1n }), /^the archive claims to have 18446744073709552000 files/],
  [
    "a directory at 2^64",
    zip64({ directory: 2n ** 64n - 1n }),
    /no zip archive: it points beyond its own end$/,
  ],
  ["a record at 2^63", zip64({ record: 2n ** 63n }), /no zip archive: it points beyond its own end$/],
  ["a directory beyond the end", zip(tinyEntries(), { offset: 0xfffffff0 }), /it points beyond its own end$/],
  [
    "a directory where there is none",
    zip(tinyEntries(), { offset: 7 }),
    /invalid central directory file header signature/,
  ],
  [
    "a directory cut short",
    Buffer.concat([GOOD.subarray(0, -400), GOOD.subarray(-22)]),
    /^the archive is damaged, or no zip archive/,
  ],
  [
    "more files than the directory has",
    zip(tinyEntries(), { count: 999 }),
    /^the archive is damaged, or no zip archive/,
  ],
  ["no end", GOOD.subarray(0, -22), /End of central directory record signature not found/],
  [
    "a file beyond the end",
    clipAs({ claims: { offset: 0x7fffffff } }),
    /2-1004-A-1.wav" is damaged, or no zip archive: it points beyond its own end$/,
  ],
  [
    "a file in the middle of another",
    clipAs({ claims: { offset: 99 } }),
    /invalid local file header signature/,
  ],
  ["a wrong checksum", clipAs({ claims: { crc: 1 } }), /2-1004-A-1.wav" in the archive is damaged \(CRC\)$/],
  [
    "a wrong size",
    clipAs({ claims: { size: 900 }, deflate: true }),
    /does not have the 900 bytes that it claims$/,
  ],
  [
    "a wrong size, larger",
    clipAs({ claims: { size: 930 }, deflate: true }),
    /does not have the 930 bytes that it claims$/,
  ],
  [
    "two sizes for stored bytes",
    clipAs({ claims: { size: 930 }, deflate: false }),
    /compressed\/uncompressed size mismatch/,
  ],
  [
    "nonsense instead of deflate",
    clipAs({ data: Buffer.alloc(926, 0xfe), deflate: false, claims: { method: 8 } }),
    /2-1004-A-1.wav" is damaged/,
  ],
  [
    "an unknown way of packing",
    clipAs({ claims: { method: 93 } }),
    /is encrypted, or packed in a way other than deflate$/,
  ],
  ["encryption", clipAs({ deflate: true, claims: { flags: 0x801 } }), /is encrypted, or packed/],
];

test("malicious and broken archives are refused in one line, and write nowhere but inside", async () => {
  for (const [what, archive, expected] of MALICIOUS) {
    const { error, found } = await unpacked(archive);
    expect({ what, error }).toEqual({ what, error: expect.any(BadArchive) });
    expect({ what, message: error!.message }).toEqual({ what, message: expect.stringMatching(expected) });
    expect(error!.message).not.toMatch(/\p{Cc}/u); // nothing that a terminal would obey
    const inside = /^deep\/into\/(audio\/\d-\d{4}-A-\d\.wav|meta\/esc50\.csv|LICENSE|README\.md)$/;
    expect(found.filter((file) => file !== "a.zip" && !inside.test(file))).toEqual([]);
  }
  console.log(`unpack: ${MALICIOUS.length} malicious or broken archives refused`);
});

test("an honest one is unpacked, with or without a folder of its own; what is not the dataset's is left out", async () => {
  const files = Object.keys(tinyFiles()).map((place) => `deep/into/${place}`);
  for (const archive of [
    GOOD,
    zip(tinyEntries(tinyFiles(), "")),
    zip(tinyEntries(tinyFiles(), "ESC-50-0a1b2c/")),
  ])
    expect(await unpacked(archive)).toEqual({ error: null, found: ["a.zip", ...files].sort() });
});

test("whatever bytes of an archive are damaged: a BadArchive or the files, never another error, never another place", async () => {
  const random = new HostRandom(1950);
  const directory = GOOD.indexOf("PK\x01\x02");
  const tally = { refused: 0, unpacked: 0 };
  for (let i = 0; i < 200; i++) {
    const damaged = Buffer.from(GOOD);
    for (let n = 1 + random.int(3); n > 0; n--) {
      const from = random.uniform() < 0.7 ? directory : 0;
      const at = from + random.int(GOOD.length - from);
      damaged.fill(
        [0, 1, 0x7f, 0xff, random.int(256)][random.int(5)]!,
        at,
        Math.min(GOOD.length, at + 1 + 3 * random.int(2)),
      );
    }
    const { error, found } = await unpacked(
      random.uniform() < 0.1 ? damaged.subarray(0, random.int(GOOD.length)) : damaged,
    );
    if (error !== null) expect(error).toBeInstanceOf(UserError);
    expect(found.filter((file) => !/^(a\.zip|deep\/into\/.*)$/.test(file))).toEqual([]);
    tally[error === null ? "unpacked" : "refused"]++;
  }
  console.log(
    `unpack: of 200 damaged archives ${tally.refused} refused, ${tally.unpacked} unpacked, nothing else`,
  );
  expect(tally.refused).toBeGreaterThan(120);
});
