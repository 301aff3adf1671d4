// What a pickle of torch.save may name, and what it becomes: storages, which are flat lists of numbers and lie elsewhere in the
// file; tensors, which are views of one, (storage, offset, size, stride); parameters, and dictionaries in order.
// torch/_utils.py
import { show } from "../../tensor/check.ts";
import type { Fail } from "./error.ts";
import type { TypeName } from "./numbers.ts";
import { Dict, type Global, keyOf, type Rules } from "./pickle.ts";

/** A storage that the pickle names. */
export interface TorchStorage {
  readonly type: TypeName;
  readonly key: string;
  readonly count: number;
}

class NamedStorage implements TorchStorage {
  constructor(
    readonly type: TypeName,
    readonly key: string,
    readonly count: number,
  ) {}
}

/** A tensor, as the pickle has it. */
export class TorchTensor {
  requiresGrad = false;

  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** The storages that a pickle named, by their keys. */
export type Storages = Map<string, TorchStorage>;

/** A type of storage: it is named, but not called. */
class StorageType implements Global {
  readonly call = null;

  constructor(readonly type: TypeName) {}
}

const STORAGES: readonly (readonly [string, TypeName])[] = [
  ["Float", "F32"],
  ["Double", "F64"],
  ["Half", "F16"],
  ["BFloat16", "BF16"],
  ["Long", "I64"],
  ["Int", "I32"],
  ["Short", "I16"],
  ["Char", "I8"],
  ["Byte", "U8"],
  ["Bool", "BOOL"],
];

const tensorOf = ([storage, offset, size, stride, requiresGrad]: readonly unknown[], fail: Fail) => {
  if (!(storage instanceof NamedStorage)) throw fail("a tensor is made of no storage");
  if (!isCount(offset) || !isCounts(size) || !isCounts(stride) || size.length !== stride.length)
    throw fail("a tensor's offset, size and stride are not whole numbers ≥ 0");
  const empty = size.includes(0);
  const last = size.reduce((sum, n, axis) => sum + (n - 1) * stride[axis]!, offset);
  if (!empty && last >= storage.count)
    throw fail(`a tensor [${size.join(", ")}] reaches beyond the ${storage.count} numbers of its storage`);
  const tensor = new TorchTensor(storage, offset, size, stride);
  tensor.requiresGrad = requiresGrad === true;
  return tensor;
};

const parameterOf = ([tensor, requiresGrad]: readonly unknown[], fail: Fail) => {
  if (!(tensor instanceof TorchTensor)) throw fail("a parameter is made of no tensor");
  tensor.requiresGrad = requiresGrad === true;
  return tensor;
};

const dictOf = (args: readonly unknown[], fail: Fail) => {
  const dict = new Dict();
  const [pairs = []] = args;
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    throw fail("a dictionary is made of no list of pairs");
  for (const [key, value] of pairs) dict.items.set(keyOf(key, fail), value);
  return dict;
};

const setOf = (args: readonly unknown[], fail: Fail) => {
  const [items = []] = args;
  if (!Array.isArray(items)) throw fail("a set is made of no list");
  return new Set(items.map((item) => keyOf(item, fail)));
};

const sizesOf = ([sizes]: readonly unknown[], fail: Fail) => {
  if (!isCounts(sizes)) throw fail("a torch.Size is made of no list of sizes");
  return sizes;
};

const GLOBALS: Record<string, Global> = {
  "torch._utils._rebuild_tensor": { call: tensorOf },
  "torch._utils._rebuild_tensor_v2": { call: tensorOf },
  "torch._utils._rebuild_parameter": { call: parameterOf },
  "torch.Size": { call: sizesOf },
  "collections.OrderedDict": { call: dictOf },
  "__builtin__.set": { call: setOf },
  "builtins.set": { call: setOf },
  ...Object.fromEntries(STORAGES.map(([name, type]) => [`torch.${name}Storage`, new StorageType(type)])),
};

/**
 * The rules by which a pickle is read; what storages it names is noted in `storages`. Each is named as ("storage", type, key, device,
 * count), and before PyTorch 1.6 a sixth, null.
 */
export function rulesOf(storages: Storages): Rules {
  return {
    globals: GLOBALS,
    persistent(id, fail) {
      if (!Array.isArray(id)) throw fail("what is kept outside of the pickle is no storage");
      const [what, type, key, , count, view = null] = id;
      if (what !== "storage" || !(type instanceof StorageType) || typeof key !== "string" || !isCount(count))
        throw fail("what is kept outside of the pickle is no storage");
      if (view !== null) throw fail(`the storage ${show(key)} is a view of another, which is not read`);
      const before = storages.get(key);
      if (before !== undefined && (before.type !== type.type || before.count !== count))
        throw fail(
          `the storage ${show(key)} is ${before.count} of ${before.type}, and ${count} of ${type.type}`,
        );
      const storage = before ?? new NamedStorage(type.type, key, count);
      storages.set(key, storage);
      return storage;
    },
  };
}

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
