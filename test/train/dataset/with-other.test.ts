// The class "other" of a folder's sounds: the same wherever the folder is, and from wherever it is looked for.
import { afterAll, expect, test } from "bun:test";
import { cpSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { contentOf } from "../../../src/train/dataset/content.ts";
import { openDataset } from "../../../src/train/dataset/open.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import { Places } from "./lay-out.ts";

const places = new Places();
afterAll(() => places.remove());

class Silent extends Progress {
  override begin(): void {}
}
const talk = { progress: new Silent(), stop: { signal: null, onFirst: "" } };
const data = places.lay([..."abcde"].flatMap((name) => [`dog/${name}-x.wav`, `rain/${name}-x.wav`]));
const folder = join(
  places.lay([
    "street/street-1.wav",
    "street/street-2.wav",
    "street/car-1.wav",
    "street/car-2.wav",
    "street/deep/b.wav",
  ]),
  "street",
);

test("its clips, their folds and sounds are those of the folder, not of the way to it", async () => {
  const open = (other: string) => openDataset(data, { other });
  const there = open(folder);
  const content = await contentOf(there, null, talk);
  const copy = join(places.lay([]), "street");
  cpSync(folder, copy, { recursive: true });
  for (const other of [relative(process.cwd(), folder), `${folder}/`, copy]) {
    const again = open(other);
    expect(again.clips).toEqual(there.clips);
    expect(await contentOf(again, null, talk)).toEqual(content);
  }
  const others = there.clips.slice(10);
  expect(others.map(({ name, label }) => [name, label])).toEqual(
    ["car-1", "car-2", "deep/b", "street-1", "street-2"].map((name) => [`other/${name}.wav`, 2]),
  );
  // "car" is one recording; "street" is the folder's name, and says nothing of its sounds.
  const [car, same, ...rest] = others.map(({ fold }) => fold);
  expect(same).toBe(car!);
  expect(new Set([car, ...rest]).size).toBe(4);
});

test("all of its sounds that cannot be read are named at once", () => {
  const bad = join(places.lay(["bad/a.wav"]), "bad");
  for (const name of ["b.wav", "c.wav"]) symlinkSync("nowhere", join(bad, name));
  symlinkSync("/dev/null", join(bad, "d.wav"));
  const why = "there is no such file or folder";
  expect(() => openDataset(data, { other: bad })).toThrow(
    `--other ${bad}: 3 files cannot be used: cannot read ${bad}/b.wav: ${why}; cannot read ${bad}/c.wav: ${why}; --other: ${bad}/d.wav: is not a file; mend them, or take them out of the folder`,
  );
});
