// Files of weights that lie, or that would run something in PyTorch: each is refused by what is wrong with it, nothing is
// run, and nothing larger than the file is made.
import { expect, test } from "bun:test";
import { loadTorch, memory, WeightsError } from "otograd";
import {
  archive,
  bytes,
  type Entry,
  global,
  int,
  pickle,
  rebuilt,
  storage,
  text,
  torchFile,
  tuple,
  u32,
  u64,
} from "./made.ts";

const one = int(1);
const sizes = (...values: number[]) => tuple(...values.map(int));
const floats = new Uint8Array(16);
const data = (content: Uint8Array): Entry => ({ name: "archive/data.pkl", content });
const good = pickle("}(", text("w"), rebuilt(storage(int(4)), int(0), sizes(4), sizes(1)), "u");
const numbers = (entry: Partial<Entry> = {}): Entry => ({
  name: "archive/data/0",
  content: floats,
  ...entry,
});
/** An archive's entry, to lie inside of another. */
const inside = archive([numbers()]).slice(0, 30 + "archive/data/0".length + floats.length);
const command = tuple(text("touch /tmp/pwned"));

const PICKLES: [kind: string, pickle: Uint8Array, says: string][] = [
  ["os.system by GLOBAL", pickle(global("os", "system"), command, "R"), '"os.system"'],
  ["posix.system, the same", pickle(global("posix", "system"), command, "R"), '"posix.system"'],
  [
    "builtins.eval by REDUCE",
    pickle(global("builtins", "eval"), tuple(text("1")), "R"),
    '"builtins.eval": only tensors, dictionaries, lists, numbers and words are read, and nothing is run (GLOBAL at byte 2 of data.pkl)',
  ],
  ["os.system by STACK_GLOBAL", pickle(text("os"), text("system"), "\x93", command, "R"), '"os.system"'],
  ["a global of no words", pickle("N", int(3), "\x93"), "the file names null and 3 (STACK_GLOBAL"],
  ["getattr of what is allowed", pickle(global("builtins", "getattr")), '"builtins.getattr"'],
  ["what every object has", pickle(global("torch", "__proto__")), '"torch.__proto__"'],
  ["what JavaScript's objects have", pickle(text("constructor"), text(""), "\x93"), '"constructor."'],
  ["INST", pickle("(", text("id"), "ios\nsystem\n"), 'makes an object of "os.system"'],
  ["OBJ", pickle("(", global("collections", "OrderedDict"), "o"), "makes an object of a class: nothing of a file is run (OBJ"],
  ["NEWOBJ", pickle(global("collections", "OrderedDict"), ")\x81"), "makes an object of a class: nothing of a file is run (NEWOBJ"],
  ["NEWOBJ_EX", pickle(global("torch", "Size"), ")}\x92"), "makes an object of a class: nothing of a file is run (NEWOBJ_EX"],
  ["BUILD of a tensor", pickle(rebuilt(storage(int(4)), int(0), sizes(4), sizes(1)), "}b"), "the state of an object (BUILD"],
  ["BUILD of a type", pickle(global("torch", "FloatStorage"), "}b"), "sets the state of an object"],
  ["EXT1", pickle("\x82\x01"), "names a class by a number: nothing of a file is run (EXT1 at byte 2"],
  ["EXT4", pickle("\x84", u32(7)), "names a class by a number: nothing of a file is run (EXT4"],
  ["a call of a list", pickle("]", command, "R"), "the file calls a list"],
  ["a call of a storage's type", pickle(global("torch", "FloatStorage"), command, "R"), "the file calls an object"],
  ["a call without a list", pickle(global("collections", "OrderedDict"), "}R"), "a list is wanted, not a dictionary"],
  ["a text of protocol 0", pickle("Pid\n"), "is of protocol 0, which is not read: nothing of a file is run (PERSID"],
  ["no such protocol", bytes("\x80\x63."), "protocol 99 is not known"],
  ["no such opcode", pickle("\xff"), "there is no opcode 255 (at byte 2 of data.pkl)"],
  ["words of 4 GiB", pickle("X", u32(0xffffffff)), "4294967295 bytes are wanted, and 1 are there (BINUNICODE"],
  ["words of 2⁶³ bytes", pickle("\x8d", u64(2n ** 63n)), "9223372036854775808 bytes are wanted"],
  ["bytes of 2⁶⁴ − 1", pickle("\x8e", u64(2n ** 64n - 1n)), "18446744073709551615 bytes are wanted"],
  ["a number of 2 GiB", pickle("\x8b", u32(0x7fffffff)), "2147483647 bytes are wanted, and 1 are there (LONG4"],
  ["a number of 1,000 digits", pickle("\x8b", u32(1000), new Uint8Array(1000)), "a number of 1000 bytes is not read"],
  ["a frame of 2⁶² bytes", pickle("\x95", u64(2n ** 62n)), "4611686018427387904 bytes are wanted"],
  ["an empty stack", bytes("\x80\x02."), "nothing is on the stack (STOP"],
  ["no mark", pickle("t"), "nothing is marked on the stack (TUPLE"],
  ["no memory", pickle("j", u32(0x7fffffff)), "nothing was memorised as 2147483647"],
  ["no end", bytes("\x80\x02]]]"), "ends at byte 5 without a STOP"],
  ["lists in lists", pickle("]".repeat(5000), "a".repeat(4999)), "is nested more than 100 deep"],
  ["a list that holds itself", pickle("]q\x00h\x00a"), '"0" holds itself'],
  ["a key that is a list", pickle("}]Ns"), "a key of a dictionary is a list"],
  ["a key without a value", pickle("}(", text("a"), "u"), "a key has no value"],
  ["an id that is no storage", pickle(text("rm -rf /"), "Q"), "what is kept outside of the pickle is no storage (BINPERSID"],
  ["a storage of a list", pickle(tuple(text("storage"), "]", text("0"), text("cpu"), one), "Q"), "is no storage"],
  ["a storage of −1 numbers", pickle(storage(int(-1))), "is no storage"],
  ["a storage that lies of its length", pickle(rebuilt(storage(int(2 ** 30)), int(0), sizes(4), sizes(1))), '"data/0" has 16 bytes, where 1073741824 of F32 are 4294967296'],
  ["a storage of two types", pickle("(", storage(int(4)), storage(int(2), "0", "DoubleStorage"), "l"), "is 4 of F32, and 2 of F64"],
  ["a storage elsewhere", pickle(rebuilt(storage(int(4), "../../etc/passwd"), int(0), sizes(4), sizes(1))), 'there is no "data/../../etc/passwd"'],
  ["a storage by itself", pickle(storage(int(4))), "a part of a tensor by itself"],
  ["a tensor of more than its storage", pickle(rebuilt(storage(int(4)), int(1), sizes(4), sizes(1))), "a tensor [4] reaches beyond the 4 numbers of its storage"],
  ["strides beyond it", pickle(rebuilt(storage(int(4)), int(0), sizes(2, 2), sizes(2 ** 30, 1))), "reaches beyond"],
  ["a negative offset", pickle(rebuilt(storage(int(4)), int(-1), sizes(1), sizes(1))), "are not whole numbers ≥ 0"],
  ["a negative stride", pickle(rebuilt(storage(int(4)), int(3), sizes(4), sizes(-1))), "are not whole numbers ≥ 0"],
  ["a tensor of no storage", pickle(rebuilt(text("0"), int(0), sizes(1), sizes(1))), "a tensor is made of no storage"],
  ["one number expanded to 2⁶⁰", pickle(rebuilt(storage(int(4)), int(0), sizes(2 ** 30, 2 ** 30), sizes(0, 0))), "would take more than"],
  ["20 dimensions", pickle(rebuilt(storage(int(4)), int(0), sizes(...new Array(20).fill(1)), sizes(...new Array(20).fill(1)))), "has more than 8 dimensions"],
]; // biome-ignore format: a table

const ARCHIVES: [kind: string, file: Uint8Array, says: string][] = [
  ["no archive", bytes("not a file of weights"), "neither a zip archive nor"],
  ["nothing", new Uint8Array(0), "neither a zip archive nor"],
  ["half of one", torchFile(good, { 0: floats }).slice(0, 200), "has no directory: is the file whole?"],
  ["a pickle of something else", pickle("]"), "none that torch.save wrote"],
  ["no pickle in it", archive([numbers()]), "has 0 files FOLDER/data.pkl"],
  ["a deflated bomb", archive([data(good), numbers({ method: 8, size: 2 ** 32 - 2, packed: 16 })]), "is compressed (method 8)"],
  ["sizes that differ", archive([data(good), numbers({ packed: 8 })]), "takes 8 bytes and gives 16"],
  ["a size beyond the file", archive([data(good), numbers({ size: 2 ** 30 })]), "reaches beyond the archive's entries"],
  ["an entry of another's name", archive([data(good), numbers({ from: 0 })]), "is called otherwise where it lies"],
  ["an entry inside another", archive([data(inside), numbers({ from: 30 + "archive/data.pkl".length })]), '"archive/data.pkl" and "archive/data/0" overlap'],
  ["an entry beyond the entries", archive([data(good), numbers({ from: 5000 })]), "does not begin at byte 5000"],
  ["a name twice", archive([data(good), data(good)]), '"archive/data.pkl" is there twice'],
  ["a path up", archive([data(good), numbers({ name: "../../etc/passwd" })]), '"../../etc/passwd" has a name that leads elsewhere'],
  ["a path from the root", archive([data(good), numbers({ name: "/etc/passwd" })]), "leads elsewhere"],
  ["a path of Windows", archive([data(good), numbers({ name: "C:\\windows" })]), "leads elsewhere"],
  ["an encrypted entry", archive([data(good), numbers({ flags: 1 })]), "is encrypted"],
  ["a checksum that is wrong", archive([data(good), numbers({ checksum: 1 })]), '"archive/data/0" is damaged'],
  ["more entries than there are", archive([data(good)], 60000), "directory is damaged at byte"],
  ["zip64", archive([data(good)], 65535), "zip64"],
  ["a storage cut short", torchFile(good, { 0: floats.subarray(4) }), '"data/0" has 12 bytes'],
]; // biome-ignore format: a table

for (const [what, table] of [
  ["pickle", PICKLES.map(([kind, made, says]) => [kind, torchFile(made, { 0: floats }), says] as const)],
  ["archive", ARCHIVES],
] as const) {
  test(`a hostile ${what} is refused by what is wrong with it, and nothing large is made`, () => {
    loadTorch(torchFile(good, { 0: floats })); // that the makers make good files is no lie
    const held = () => memory().bytesInUse + process.memoryUsage().arrayBuffers;
    const before = held();
    for (const [kind, file, says] of table) {
      let refused: unknown;
      try {
        loadTorch(file);
      } catch (error) {
        refused = error;
      }
      expect([kind, refused instanceof WeightsError, String(refused)]).toEqual([
        kind,
        true,
        expect.stringContaining(says),
      ]);
      expect(String(refused)).toStartWith("WeightsError: loadTorch: ");
      expect(String(refused)).not.toContain("\n");
    }
    expect(held() - before).toBeLessThan(2 ** 20);
    console.log(`  ${table.length} kinds of a hostile ${what}`);
  });
}
