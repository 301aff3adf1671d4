// PyTorch's own files, .pt and .pth, as torch.save writes them: a zip archive of a pickle (data.pkl) and of the numbers of
// each storage (data/0, data/1, …); before PyTorch 1.6 five pickles in a row and the numbers behind them.
// torch/serialization.py
import { show, wantNoMore } from "../../tensor/check.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Fail, failing, wantBytes } from "./error.ts";
import { NUMBER_TYPES, toTensor } from "./numbers.ts";
import { Dict, unpickle } from "./pickle.ts";
import { type Making, plainValue } from "./plain.ts";
import { rulesOf, type TorchStorage } from "./rebuild.ts";
import { readZip } from "./zip.ts";

/** Values of what PyTorch saved: tensors, and plain values of JavaScript. */
export type TorchValue =
  | Tensor
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | TorchValue[]
  | Set<string | number | bigint | boolean | null>
  | Map<string | number | bigint | boolean | null, TorchValue>
  | { [key: string]: TorchValue };

/** All tensors together take at most so many times the bytes of the file, and what is little anyway. */
const MOST = 16;
const LITTLE = 2 ** 20;

/**
 * What a file holds that torch.save wrote: a state dict by its names, which `Module.loadStateDict` takes, or what else it
 * is, whose type is then given as T.
 *
 *     net.loadStateDict(loadTorch(bytes));
 *     const { epoch, model } = loadTorch<{ epoch: number; model: nn.StateDict }>(bytes);
 *
 * Floats of any length become float32, whole numbers int32, booleans bool. Tuples become lists; dictionaries objects, or a
 * Map where a key is no string; whole numbers beyond 2⁵³ bigint. Tensors that shared memory have memory of their own.
 *
 * Nothing of a file is ever run: whatever is no tensor, plain container, number or word is refused by its name. The
 * tensors take at most 16 times the file's bytes (and 1 MiB): an expanded one of more is refused.
 * @shape → any, more
 * @example loadTorch(new Uint8Array(3)); // throws loadTorch: the file is neither a zip archive nor the pickles that torch.save wrote before PyTorch 1.6
 * @throws WeightsError that says what is wrong with the file, or what it holds that is not read
 */
export function loadTorch<T = Record<string, Tensor>>(bytes: Uint8Array | ArrayBuffer, ...more: never[]): T {
  wantNoMore("loadTorch", more);
  const fail = failing("loadTorch");
  return readTorch(wantBytes("loadTorch", bytes), fail, (array, { requiresGrad }, name) => {
    const tensor = toTensor(array, fail, name);
    if (requiresGrad && tensor.dtype === "float32") tensor.requiresGrad = true;
    return tensor;
  }) as T;
}

/** Reads a file; `make` makes what is to stand in a tensor's place. */
export function readTorch<T>(file: Uint8Array, fail: Fail, make: Making<T>["make"]): unknown {
  const read = file[0] === 0x50 && file[1] === 0x4b ? readArchive : file[0] === 0x80 ? readLegacy : null;
  if (read === null)
    throw fail("the file is neither a zip archive nor the pickles that torch.save wrote before PyTorch 1.6");
  const { value, bytesOf, little } = read(file, fail);
  return plainValue(value, { fail, bytesOf, little, most: MOST * file.length + LITTLE, make });
}

/** A file's pickle, and where its numbers are. */
interface Parts {
  value: unknown;
  little: boolean;
  bytesOf(storage: TorchStorage): Uint8Array;
}

function readArchive(file: Uint8Array, fail: Fail): Parts {
  const entries = readZip(file, fail);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw fail(`the zip archive has ${pickles.length} files FOLDER/data.pkl, where torch.save writes one`);
  const [name] = pickles as [string];
  const root = name.slice(0, -"data.pkl".length);
  const order = entries.get(`${root}byteorder`);
  return {
    value: unpickle(entries.get(name)!, 0, rulesOf(new Map()), fail, "data.pkl").value,
    little: order === undefined || new TextDecoder().decode(order) !== "big",
    bytesOf({ type, key, count }) {
      const bytes = entries.get(`${root}data/${key}`);
      if (bytes === undefined) throw fail(`there is no ${show(`data/${key}`)} in the zip archive`);
      const wanted = count * NUMBER_TYPES[type].bytes;
      if (bytes.length === wanted) return bytes;
      throw fail(`${show(`data/${key}`)} has ${bytes.length} bytes, where ${count} of ${type} are ${wanted}`);
    },
  };
}

/** What the first two pickles hold. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

function readLegacy(file: Uint8Array, fail: Fail): Parts {
  const storages = new Map<string, TorchStorage>();
  const rules = rulesOf(storages);
  let at = 0;
  const next = () => {
    const { value, end } = unpickle(file, at, rules, fail, "the file");
    at = end;
    return value;
  };
  if (next() !== MAGIC || next() !== PROTOCOL)
    throw fail("the file is a pickle, but none that torch.save wrote");
  const [system, value, keys] = [next(), next(), next()];
  const little = !(system instanceof Dict && system.items.get("little_endian") === false);
  if (!Array.isArray(keys)) throw fail("the file has no list of its storages");
  const found = new Map<string, Uint8Array>();
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined || found.has(key))
      throw fail(`the storage ${show(key)} is in the file, but in no tensor, or it is there twice`);
    const start = at + 8;
    const end = start + storage.count * NUMBER_TYPES[storage.type].bytes;
    if (end > file.length || view.getBigInt64(at, little) !== BigInt(storage.count))
      throw fail(`byte ${at} does not begin the ${storage.count} numbers of the storage ${show(key)}`);
    found.set(key, file.subarray(start, end));
    at = end;
  }
  return {
    value,
    little,
    bytesOf({ key }) {
      const bytes = found.get(key);
      if (bytes === undefined) throw fail(`the storage ${show(key)} is not in the file`);
      return bytes;
    },
  };
}
