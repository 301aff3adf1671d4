// Python's pickles, as far as they hold data: a stack machine that makes lists, dictionaries, sets, numbers and words, and
// calls nothing but what its rules name. An opcode or a global that is not among these ends it with an error that names it and
// its byte, so that a file can run nothing. What it makes is never larger than the file: lengths are checked against the
// bytes that are there. Opcodes: CPython's Lib/pickletools.py.
import { show } from "../../tensor/check.ts";
import type { Fail } from "./error.ts";

/** A dictionary. Its keys may be of any type that Python hashes and JavaScript's Map tells apart by value. */
export class Dict {
  readonly items = new Map<Key, unknown>();
}

export type Key = string | number | bigint | boolean | null;

/** What a global stands for: `call` is what calling it gives, null where it only names something. */
export interface Global {
  readonly call: ((args: readonly unknown[], fail: Fail) => unknown) | null;
}

/** What a pickle may use beside plain values. */
export interface Rules {
  /** By "module.name". */
  readonly globals: Readonly<Record<string, Global>>;
  /** What an object stands for that is kept outside of the pickle. */
  persistent(id: unknown, fail: Fail): unknown;
}

/** Numbers of more bytes, or digits, are none that a file of weights has. */
const LONGEST_NUMBER = 256;

/**
 * Reads the pickle that begins at byte `start`; `of` is what it is called in errors. Tuples become lists.
 * @returns its value, and where it ends
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  rules: Rules,
  fail: Fail,
  of: string,
): { value: unknown; end: number } {
  const machine = new Machine(bytes, start, rules);
  for (;;) {
    const began = machine.at;
    const code = bytes[began];
    const where = `at byte ${began} of ${of}`;
    if (code === undefined) throw fail(`${of} ends at byte ${began} without a STOP`);
    const opcode = OPCODES.get(code);
    if (opcode === undefined) throw fail(`there is no opcode ${code} (${where})`);
    machine.at++;
    machine.fail = (what) => fail(`${what} (${opcode.name} ${where})`);
    opcode.run(machine);
    if (opcode.name === "STOP") return { value: machine.pop(), end: machine.at };
  }
}

class Machine {
  fail!: Fail;
  private stack: unknown[] = [];
  /** Stacks that a MARK put aside. */
  private readonly marked: unknown[][] = [];
  private readonly memo = new Map<number, unknown>();
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
    readonly rules: Rules,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  top(): unknown {
    if (this.stack.length === 0) throw this.fail("nothing is on the stack");
    return this.stack[this.stack.length - 1];
  }

  mark(): void {
    this.marked.push(this.stack);
    this.stack = [];
  }

  /** What was pushed since the last mark. */
  popMark(): unknown[] {
    const items = this.stack;
    const before = this.marked.pop();
    if (before === undefined) throw this.fail("nothing is marked on the stack");
    this.stack = before;
    return items;
  }

  popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  get(index: number): void {
    if (!this.memo.has(index)) throw this.fail(`nothing was memorised as ${index}`);
    this.push(this.memo.get(index));
  }

  memoize(): void {
    this.put(this.memo.size);
  }

  /** The next bytes, as a view. */
  take(length: number | bigint): Uint8Array {
    const left = this.bytes.length - this.at;
    if (length > left) throw this.fail(`${length} bytes are wanted, and ${left} are there`);
    this.at += Number(length);
    return this.bytes.subarray(this.at - Number(length), this.at);
  }

  /** A number of `size` bytes. */
  int(size: 1 | 2 | 4): number {
    const { byteOffset } = this.take(size);
    const at = byteOffset - this.bytes.byteOffset;
    if (size === 1) return this.view.getUint8(at);
    return size === 2 ? this.view.getUint16(at, true) : this.view.getUint32(at, true);
  }

  long(): bigint {
    this.take(8);
    return this.view.getBigUint64(this.at - 8, true);
  }

  double(): number {
    this.take(8);
    return this.view.getFloat64(this.at - 8, false);
  }

  text(length: number | bigint): string {
    return new TextDecoder().decode(this.take(length));
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw this.fail("a line does not end");
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  /** A whole number in two's complement, the lowest byte first. */
  whole(length: number): number | bigint {
    const bytes = this.take(length);
    if (length > LONGEST_NUMBER) throw this.fail(`a number of ${length} bytes is not read`);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
    const value = BigInt.asIntN(8 * length, BigInt(`0x0${hex.reverse().join("")}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  list(value: unknown): unknown[] {
    if (Array.isArray(value)) return value;
    throw this.fail(`a list is wanted, not ${kindOf(value)}`);
  }

  /** Sets keys and values, which alternate in `items`, in the dictionary on top. */
  setItems(items: readonly unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof Dict)) throw this.fail(`a dictionary is wanted, not ${kindOf(dict)}`);
    if (items.length % 2 === 1) throw this.fail("a key has no value");
    for (let i = 0; i < items.length; i += 2) dict.items.set(keyOf(items[i], this.fail), items[i + 1]);
  }

  find(module: string, name: string): Global {
    const path = `${module}.${name}`;
    const { globals } = this.rules;
    if (Object.hasOwn(globals, path)) return globals[path]!;
    throw this.fail(
      `the file names ${show(path)}: only tensors, dictionaries, lists, numbers and words are read, and nothing is run`,
    );
  }

  call(): void {
    const args = this.list(this.pop());
    const what = this.pop() as Global | null;
    if (typeof what !== "object" || typeof what?.call !== "function")
      throw this.fail(`the file calls ${kindOf(what)}`);
    this.push(what.call(args, this.fail));
  }

  /** Attributes of an object: those that PyTorch gives a state dict (`_metadata`) are left out. */
  build(): void {
    this.pop();
    const target = this.top();
    if (!(target instanceof Dict)) throw this.fail(`the file sets the state of ${kindOf(target)}`);
  }

  refuse(what: string): never {
    throw this.fail(`the file ${what}: nothing of a file is run`);
  }
}

/** A key of a dictionary. Throws where it is none that is told apart by its value. */
export function keyOf(key: unknown, fail: Fail): Key {
  if (key === null || ["string", "number", "bigint", "boolean"].includes(typeof key)) return key as Key;
  throw fail(`a key of a dictionary is ${kindOf(key)}`);
}

/** What a value is, in words. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Dict) return "a dictionary";
  if (value instanceof Set) return "a set";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value === "object" && value !== null) return "an object";
  return show(value);
}

interface Opcode {
  readonly name: string;
  run(machine: Machine): void;
}

const OPCODES = new Map<number, Opcode>();

function on(code: string, name: string, run: (machine: Machine) => void): void {
  OPCODES.set(code.charCodeAt(0), { name, run });
}

// Frames and the end
on("\x80", "PROTO", (m) => {
  const protocol = m.int(1);
  if (protocol > 5) throw m.fail(`protocol ${protocol} is not known`);
});
on("\x95", "FRAME", (m) => {
  const length = m.long();
  m.take(length);
  m.at -= Number(length); // what the frame holds is read where it stands
});
on(".", "STOP", () => {});

// Numbers, words, bytes
on("N", "NONE", (m) => m.push(null));
on("\x88", "NEWTRUE", (m) => m.push(true));
on("\x89", "NEWFALSE", (m) => m.push(false));
on("J", "BININT", (m) => m.push(m.int(4) | 0));
on("K", "BININT1", (m) => m.push(m.int(1)));
on("M", "BININT2", (m) => m.push(m.int(2)));
on("\x8a", "LONG1", (m) => m.push(m.whole(m.int(1))));
on("\x8b", "LONG4", (m) => m.push(m.whole(m.int(4))));
on("G", "BINFLOAT", (m) => m.push(m.double()));
on("X", "BINUNICODE", (m) => m.push(m.text(m.int(4))));
on("\x8c", "SHORT_BINUNICODE", (m) => m.push(m.text(m.int(1))));
on("\x8d", "BINUNICODE8", (m) => m.push(m.text(m.long())));
on("T", "BINSTRING", (m) => m.push(m.text(m.int(4))));
on("U", "SHORT_BINSTRING", (m) => m.push(m.text(m.int(1))));
on("B", "BINBYTES", (m) => m.push(new Uint8Array(m.take(m.int(4)))));
on("C", "SHORT_BINBYTES", (m) => m.push(new Uint8Array(m.take(m.int(1)))));
on("\x8e", "BINBYTES8", (m) => m.push(new Uint8Array(m.take(m.long()))));

// Containers
on("]", "EMPTY_LIST", (m) => m.push([]));
on("a", "APPEND", (m) => {
  const item = m.pop();
  m.list(m.top()).push(item);
});
on("e", "APPENDS", (m) => {
  const items = m.popMark();
  const list = m.list(m.top());
  for (const item of items) list.push(item);
});
on("l", "LIST", (m) => m.push(m.popMark()));
on(")", "EMPTY_TUPLE", (m) => m.push([]));
on("t", "TUPLE", (m) => m.push(m.popMark()));
on("\x85", "TUPLE1", (m) => m.push(m.popMany(1)));
on("\x86", "TUPLE2", (m) => m.push(m.popMany(2)));
on("\x87", "TUPLE3", (m) => m.push(m.popMany(3)));
on("}", "EMPTY_DICT", (m) => m.push(new Dict()));
on("d", "DICT", (m) => {
  const items = m.popMark();
  m.push(new Dict());
  m.setItems(items);
});
on("s", "SETITEM", (m) => m.setItems(m.popMany(2)));
on("u", "SETITEMS", (m) => m.setItems(m.popMark()));
on("\x8f", "EMPTY_SET", (m) => m.push(new Set()));
on("\x90", "ADDITEMS", (m) => {
  const items = m.popMark();
  const set = m.top();
  if (!(set instanceof Set)) throw m.fail(`a set is wanted, not ${kindOf(set)}`);
  for (const item of items) set.add(keyOf(item, m.fail));
});
on("\x91", "FROZENSET", (m) => m.push(new Set(m.popMark().map((item) => keyOf(item, m.fail)))));

// The stack and the memo
on("(", "MARK", (m) => m.mark());
on("0", "POP", (m) => m.pop());
on("1", "POP_MARK", (m) => m.popMark());
on("2", "DUP", (m) => m.push(m.top()));
on("h", "BINGET", (m) => m.get(m.int(1)));
on("j", "LONG_BINGET", (m) => m.get(m.int(4)));
on("q", "BINPUT", (m) => m.put(m.int(1)));
on("r", "LONG_BINPUT", (m) => m.put(m.int(4)));
on("\x94", "MEMOIZE", (m) => m.memoize());

// What is named, called, or kept outside
on("c", "GLOBAL", (m) => m.push(m.find(m.line(), m.line())));
on("\x93", "STACK_GLOBAL", (m) => {
  const [module, name] = m.popMany(2);
  if (typeof module !== "string" || typeof name !== "string")
    throw m.fail(`the file names ${kindOf(module)} and ${kindOf(name)}`);
  m.push(m.find(module, name));
});
on("R", "REDUCE", (m) => m.call());
on("b", "BUILD", (m) => m.build());
on("Q", "BINPERSID", (m) => m.push(m.rules.persistent(m.pop(), m.fail)));

// What is refused: objects of classes, registered numbers of classes, and the text that nothing newer than protocol 1 writes
on("i", "INST", (m) => m.refuse(`makes an object of ${show(`${m.line()}.${m.line()}`)}`));
on("o", "OBJ", (m) => m.refuse("makes an object of a class"));
on("\x81", "NEWOBJ", (m) => m.refuse("makes an object of a class"));
on("\x92", "NEWOBJ_EX", (m) => m.refuse("makes an object of a class"));
for (const [i, name] of ["EXT1", "EXT2", "EXT4"].entries())
  on(String.fromCharCode(0x82 + i), name, (m) => m.refuse("names a class by a number"));
for (const [i, name] of ["BYTEARRAY8", "NEXT_BUFFER", "READONLY_BUFFER"].entries())
  on(String.fromCharCode(0x96 + i), name, (m) => m.refuse("holds a buffer"));
for (const [code, name] of Object.entries({
  I: "INT", L: "LONG", F: "FLOAT", S: "STRING", V: "UNICODE", g: "GET", p: "PUT", P: "PERSID",
})) // biome-ignore format: a row
  on(code, name, (m) => m.refuse("is of protocol 0, which is not read"));
