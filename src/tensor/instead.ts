// Methods of PyTorch's that there are none of here, for those who write them from habit: each says what is written instead.
// TypeScript knows nothing of them.

/** Has a class refuse names by what is to be written instead. */
export function instead(prototype: object, says: Readonly<Record<string, string>>): void {
  for (const [name, what] of Object.entries(says)) {
    const value = () => {
      throw new TypeError(`${name}: ${what}`);
    };
    for (const each of [name, snakeCase(name)])
      Object.defineProperty(prototype, each, { value, writable: true, configurable: true });
  }
}

/** A name as PyTorch spells it: requiresGrad is requires_grad. */
export function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** All that a class and those that it is made from have. */
function namesOf(prototype: object): string[] {
  const names: string[] = [];
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at))
    names.push(...Object.getOwnPropertyNames(at));
  return names;
}

/**
 * Has a class refuse names as PyTorch spells them, all of its own unless some are given: what is set by such a name,
 * `p.requires_grad = false`, would be one field more, which nobody asks for.
 */
export function refuseInPython(prototype: object, names: readonly string[] = namesOf(prototype)): void {
  for (const name of names) {
    const python = snakeCase(name);
    if (python in prototype) continue;
    const refuse = () => {
      throw new TypeError(`${python}: write ${name}`);
    };
    Object.defineProperty(prototype, python, { get: refuse, set: refuse, configurable: true });
  }
}

/** What a module is thought to have is its parameters': set, it would be one field more, which nobody asks for. */
export function refuseRequiresGrad(prototype: object): void {
  const refuse = () => {
    throw new TypeError("requiresGrad: it is of parameters: write model.requiresGrad_(false), or true");
  };
  for (const name of ["requiresGrad", "requires_grad"])
    Object.defineProperty(prototype, name, { get: refuse, set: refuse, configurable: true });
}

function refuse(prototype: object, name: string | number, what: string): void {
  const value = () => {
    throw new TypeError(what);
  };
  Object.defineProperty(prototype, name, { get: value, set: value, configurable: true });
}

/** Has a class refuse the first indices: each would be undefined, and where it is set one field more, which nobody asks for. */
export function refuseIndices(prototype: object, what: (i: number) => string): void {
  for (const i of [-1, 0, 1, 2, 3]) refuse(prototype, i, what(i));
}

/** What arrays have would be undefined of a tensor, and a loop over it one that never runs. */
export function refuseAsArray(prototype: object): void {
  refuse(prototype, "length", "length: write x.size(0), or x.numel() for all elements");
  const set = (i: number) => `x.indexCopy_(0, [${i}], rows) or x.indexFill_(0, [${i}], 0) for x[${i}] = …`;
  refuseIndices(
    prototype,
    (i) => `x[${i}]: write x.select(0, ${i}), and ${set(i)}; for (const row of x) goes over all`,
  );
}

/**
 * Has a method that PyTorch has as a field, a tensor, refuse what tensors have, `p.data.sub_(…)` and `p.data.shape`, and to be written:
 * nothing would come of it but undefined, or a method in another's place. `says` is what is written instead of a name, which ends in
 * `_` where it writes.
 */
export function isNoField(prototype: object, field: string, says: (name: string) => string): void {
  let owner = prototype;
  while (!Object.hasOwn(owner, field)) owner = Object.getPrototypeOf(owner);
  const method = owner[field as never] as object;
  for (const name of new Set(namesOf(prototype))) {
    if (name in Function.prototype || name === "toJSON") continue; // which are asked of functions too
    const get = () => {
      throw new TypeError(`${field}.${name}: ${says(name)}`);
    };
    Object.defineProperty(method, name, { get, configurable: true });
  }
  const set = () => {
    throw new TypeError(`${field}: ${says("copy_")}`);
  };
  Object.defineProperty(owner, field, { get: () => method, set, configurable: true });
}

const DEVICE = "there is one device, and all is on it: leave it out";

const FLOAT = "all floats are float32: leave it out";
const HOOK =
  "hang the hook on what it computes: layer.registerForwardHook((_, __, y) => { y.registerHook(…) })";

export const OF_TENSORS = {
  cpu: DEVICE,
  cuda: DEVICE,
  detach_: "write x = x.detach()",
  double: FLOAT,
  half: FLOAT,
  long: "whole numbers are int32: write int()",
  numpy: "write await x.data(), or await x.tolist()",
  type: 'write x.dtype, or x.to("int32")',
};

export const OF_MODULES = {
  addModule: "assign the module to a field, or write new nn.ModuleList([…])",
  cpu: DEVICE,
  cuda: DEVICE,
  double: FLOAT,
  float: FLOAT,
  half: FLOAT,
  registerBackwardHook: HOOK,
  registerBuffer: "assign it to a field: this.mean = new nn.Buffer(…)",
  registerFullBackwardHook: HOOK,
  registerParameter: "assign it to a field: this.weight = new nn.Parameter(…)",
  to: DEVICE,
};
