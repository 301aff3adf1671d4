// What is dropped on a page is read whole, folders and all; what cannot be read is told, and what was dropped beside it taken.
import { afterAll, expect, test } from "bun:test";
import { type Bundle, onDrop } from "../../web/hearing/dropped.ts";

const page = new EventTarget();
const before = globalThis.document;
globalThis.document = page as Document;
afterAll(() => {
  globalThis.document = before;
});

const file = (name: string) => ({
  name,
  isFile: true,
  file: (resolve: (file: File) => void) => resolve(new File(["sound"], name)),
});
const gone = {
  name: "gone.wav",
  isFile: true,
  file: (_: unknown, reject: (error: Error) => void) => reject(new Error("it was moved")),
};
const folder = (name: string, some: unknown[]) => ({
  name,
  isFile: false,
  createReader: () => ({ readEntries: (resolve: (some: unknown[]) => void) => resolve(some.splice(0, 2)) }),
});

test("what is dropped is taken, and what cannot be read is told by its name", async () => {
  const taken: string[][] = [];
  const failed: string[] = [];
  const last = new Promise<void>((done) => {
    const take = ({ name, files }: Bundle) => {
      taken.push([name, ...files.map(({ path }) => path)]);
      if (name === "last.wav") done();
    };
    onDrop(take, ({ message }) => failed.push(message));
  });
  const sounds = folder("sounds", [file("a.wav"), file("b.wav"), folder("more", [file("c.wav")])]);
  const items = [sounds, gone, folder("half", [file("d.wav"), gone]), file("last.wav")];
  const dataTransfer = { items: items.map((entry) => ({ webkitGetAsEntry: () => entry })) };
  page.dispatchEvent(Object.assign(new Event("drop"), { dataTransfer }));
  await last;
  expect(taken).toEqual([
    ["sounds", "sounds/a.wav", "sounds/b.wav", "sounds/more/c.wav"],
    ["last.wav", "last.wav"],
  ]);
  expect(failed).toEqual(["gone.wav cannot be read: it was moved", "half cannot be read: it was moved"]);
});
