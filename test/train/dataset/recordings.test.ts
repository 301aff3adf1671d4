// Which clips are of one recording, by their names; and folds that keep recordings whole and have equal shares of every class.
import { expect, test } from "bun:test";
import { makeFolds } from "../../../src/train/dataset/made-folds.ts";
import { recordingsOf } from "../../../src/train/dataset/recordings.ts";

/** Names that belong together, by the place of the first of them. */
function together(...names: string[]): number[] {
  const all = recordingsOf(
    [...names, "rest.wav", "others.wav"].map((name) => ({ name, label: 0 })),
    "names",
  );
  return all.slice(0, names.length).map((each) => all.indexOf(each));
}

test("one recording is a name up to a trailing number or letter", () => {
  expect(together("street-3.wav", "street-4.wav", "street_12.flac", "market-3.wav")).toEqual([0, 0, 0, 3]);
  expect(together("12a.wav", "12b.wav", "13a.wav")).toEqual([0, 0, 2]);
  expect(together("rec_a.wav", "rec_b.wav", "rec c.wav")).toEqual([0, 0, 0]);
  expect(together("dog.wav", "dog (2).wav", "dog3.wav", "cat.wav")).toEqual([0, 0, 0, 3]);
  expect(together("x/take1.wav", "x/take2.wav", "y/take1.wav")).toEqual([0, 0, 2]); // another folder
  expect(together("1.wav", "2.wav", "12.wav")).toEqual([0, 1, 2]); // nothing but a number
  expect(together("bark.wav", "bars.wav", "ab.wav", "ac.wav")).toEqual([0, 1, 2, 3]); // a word's last letter
});

test("the names of ESC-50 and UrbanSound8K say it themselves, across classes", () => {
  expect(together("1-100032-A-0.wav", "1-100032-B-0.wav", "1-100038-A-14.wav")).toEqual([0, 0, 2]);
  const names = [
    "dog/1-17367-A-10.wav",
    "rain/1-17367-B-0.wav",
    "dog/57584-0-0-6.wav",
    "rain/57584-3-0-1.wav",
  ];
  const [a, b, c, d] = recordingsOf(
    names.map((name, i) => ({ name, label: i % 2 })),
    "names",
  );
  expect([a === b, c === d, a === c]).toEqual([true, true, false]);
});

test("what a recorder dated or numbered is a recording by itself; what stands behind that counts", () => {
  const apart = (...names: string[]) => expect(together(...names)).toEqual(names.map((_, i) => i));
  apart("20240501_102233.WAV", "20240501_103000.WAV", "20240502_102233.WAV"); // AudioMoth, Android
  apart("24F319046_20240501_102233.wav", "24F319046_20240501_103000.wav", "SM4A_0+1_20240501_102233.wav");
  apart("240501-102233.wav", "240501-103000.wav"); // Zoom
  apart("240501_0001.wav", "240501_0002.wav", "240501_1022.mp3"); // Tascam, Sony
  apart("2024-05-01-102233.wav", "2024-05-01-3.wav", "2024-5-1-3.wav", "1-5-2024-3.wav", "2024-05-02.wav");
  apart("20240501-10-22-33.wav", "20240501-10-22-34.wav", "2024_05_01_10_22_33.mp3", "20240501102233.wav");
  apart("2024-05-01 10.22.33.wav", "2024-05-01 10.22.34.wav", "24-05-01 10-22-33.wav", "010524_102233.wav");
  apart("WhatsApp Audio 2024-05-01 at 10.22.33.ogg", "WhatsApp Audio 2024-05-01 at 10.22.34.ogg");
  apart("PTT-20240501-WA0003.opus", "PTT-20240501-WA0004.opus", "audio_3@01-05-2024_10-22-33.ogg");
  apart("rec_1714558953123.m4a", "rec_1714558953456.m4a"); // milliseconds since 1970
  apart("ZOOM0001.WAV", "ZOOM0002.WAV", "Recording (3).m4a", "Recording (4).m4a", "New Recording 12.m4a");
  apart("Voice 001.m4a", "Voice 002.m4a", "XC128013.ogg", "XC128014.ogg", "iNat327127.ogg", "iNat327128.ogg");
  apart("5E90A4D4.WAV", "5E90A4D7.WAV", "00ad7068.wav", "00ad1234.wav"); // names made of hexadecimal digits

  expect(together("20240501_102233-1.wav", "20240501_102233-2.wav", "20240501_103000-1.wav")).toEqual([
    0, 0, 2,
  ]);
  expect(together("2024-05-01 10.22.33 (2).wav", "2024-05-01 10.22.33.wav")).toEqual([0, 0]);
  expect(together("20240501_102233a.wav", "20240501_102233b.wav")).toEqual([0, 0]);
  expect(together("240501_0001-1.wav", "240501_0001-2.wav", "240501_0002-1.wav")).toEqual([0, 0, 2]);
  expect(together("ZOOM0001_1.wav", "ZOOM0001_2.wav", "ZOOM0002_1.wav")).toEqual([0, 0, 2]);
  expect(together("dog_20240501_bark_1.wav", "dog_20240501_bark_2.wav")).toEqual([0, 0]);
  expect(together("street_0.0.wav", "street_2.5.wav", "street_10s.wav", "street_0s-5s.wav")).toEqual([
    0, 0, 0, 0,
  ]);
  expect(together("street_0.0_2.5.wav", "street_2.5_5.0.wav", "20240501_102233_1.5.wav")).toEqual([0, 0, 2]);
  apart("dogs.wav", "3 dogs.wav", "2024-05-01 10.22.wav", "2024-05-01 10.23.wav", "10.22.wav");
  // Digits that are no date, and words that are no recorder's.
  expect(together("100289_1.wav", "100289_2.wav", "1344_0001.wav", "1344_0002.wav")).toEqual([0, 0, 2, 2]);
  expect(together("facade12.wav", "facade13.wav", "street_0001.wav", "street_0002.wav")).toEqual([
    0, 0, 2, 2,
  ]);
});

test("names with a date are never UrbanSound8K's, whose recordings' numbers are no years", () => {
  const folders = ["dog", "rain"].flatMap((folder, label) =>
    ["2024-05-01-102233", "2024-05-01-3", "2024-5-1-3", "20240501-1-2-3", "2025-5-1-3"].map((name) => ({
      name: `${folder}/${name}.wav`,
      label,
    })),
  );
  expect(new Set(recordingsOf(folders, "names")).size).toBe(10);
  const published = ["57584-0-0-6", "57584-0-0-7", "57584-3-12-141", "201207-3-13-0", "344-3-4-0"];
  const all = recordingsOf(
    published.map((name, i) => ({ name: `${name}.wav`, label: i % 2 })),
    "names",
  );
  expect(all).toEqual(["57584", "57584", "57584", "201207", "344"]);
});

test("where names only count a class's clips, each is a recording", () => {
  const places = [
    "a/x1",
    "a/x2",
    "a/x3",
    "b/x1",
    "b/x2",
    "b/y1",
    "dog/dog-1",
    "dog/more/Dog 2",
    "dog/dog",
    "dog/bark_1",
    "dog/bark_2",
  ];
  const label = (place: string) => ["a", "b", "dog"].indexOf(place.split("/")[0]!);
  const files = places.map((place) => ({ name: `${place}.wav`, label: label(place) }));
  const all = recordingsOf(files, "names");
  expect(all.map((each) => all.indexOf(each))).toEqual([0, 1, 2, 3, 3, 5, 6, 7, 8, 9, 9]);
});

test("it may be told to go by folders, or to take each clip for a recording", () => {
  const files = ["a/one/x1", "a/one/y", "a/two/x1", "a/z"].map((place) => ({
    name: `${place}.wav`,
    label: 0,
  }));
  const told = (how: "folders" | "clips") => {
    const all = recordingsOf(files, how);
    return all.map((each) => all.indexOf(each));
  };
  expect(told("folders")).toEqual([0, 0, 2, 3]);
  expect(told("clips")).toEqual([0, 1, 2, 3]);
});

/** How many clips of each class each fold has. */
function shares(clips: readonly { label: number }[], foldOf: readonly number[], folds: number): number[][] {
  const table = Array.from({ length: folds }, () => new Array<number>(3).fill(0));
  clips.forEach(({ label }, i) => {
    if (foldOf[i]! > 0) table[foldOf[i]! - 1]![label]!++;
  });
  return table;
}

test("folds have equal shares of every class, whatever the order of the clips; the seed draws them", () => {
  const clips = Array.from({ length: 60 }, (_, i) => ({ label: i % 3, recording: `r${i}` }));
  const { folds, foldOf } = makeFolds(clips, { seed: 1 });
  expect(folds).toBe(5);
  expect(shares(clips, foldOf, 5)).toEqual(Array(5).fill([4, 4, 4]));
  const backwards = makeFolds(clips.toReversed(), { seed: 1 }).foldOf.toReversed();
  expect(backwards).toEqual(foldOf);
  expect(makeFolds(clips, { seed: 2 }).foldOf).not.toEqual(foldOf);
  expect(makeFolds(clips, { seed: 1, count: 10 }).folds).toBe(10);
});

test("a recording is never torn, and shares stay as equal as they can", () => {
  const clips = Array.from({ length: 90 }, (_, i) => ({
    label: i % 3,
    recording: `r${i % 3}-${Math.floor(Math.sqrt(i))}`,
  }));
  const { foldOf, folds } = makeFolds(clips, { seed: 3 });
  const foldsOfRecording = new Map<string, Set<number>>();
  clips.forEach(({ recording }, i) => {
    foldsOfRecording.set(recording, (foldsOfRecording.get(recording) ?? new Set()).add(foldOf[i]!));
  });
  expect([...foldsOfRecording.values()].every(({ size }) => size === 1)).toBe(true);
  const counts = shares(clips, foldOf, folds).flat(); // 6 a fold and class, recordings of up to 7
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(3);
  console.log(
    `  ${foldsOfRecording.size} recordings in ${folds} folds, ${Math.min(...counts)} to ${Math.max(...counts)} clips a class`,
  );
});

test("fewer folds where there are too few recordings; a class with one always trains", () => {
  const clips = (...counts: number[]) =>
    counts.flatMap((count, label) =>
      Array.from({ length: count }, (_, i) => ({ label, recording: `${label} ${i}` })),
    );
  expect(makeFolds(clips(3, 2, 2), { seed: 1 }).folds).toBe(3);
  const { folds, foldOf, single } = makeFolds(clips(4, 1, 2), { seed: 1 });
  expect([folds, single, foldOf[4]]).toEqual([4, [1], 0]);
  expect(foldOf.filter((fold) => fold === 0).length).toBe(1);
  expect(makeFolds(clips(1, 1, 1), { seed: 1 })).toEqual({ folds: 0, foldOf: [0, 0, 0], single: [0, 1, 2] });
});
