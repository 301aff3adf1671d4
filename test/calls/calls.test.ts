// Every public function, constructor and method, found by walking what the package exports: that it accepts one valid call,
// and refuses an option that there is none of and arguments of a wrong type by name, in one line, before anything runs. A
// name without an entry in the tables of test/calls fails.
import { expect, setDefaultTimeout, test } from "bun:test";
import * as otograd from "otograd";
import { kernels } from "../../src/gpu/kernel.ts";
import { OF_MODULES, OF_TENSORS } from "../../src/tensor/instead.ts";
import { ATTENTION } from "./attention.ts";
import { AUDIO } from "./audio.ts";
import { AUTOGRAD } from "./autograd.ts";
import { CONTAINERS } from "./containers.ts";
import { CONV } from "./conv.ts";
import { DATA } from "./data.ts";
import { any, grid } from "./entry.ts";
import { FOURIER } from "./fourier.ts";
import { FUNCTIONAL } from "./functional.ts";
import { IN_PLACE } from "./in-place.ts";
import { INDEXING } from "./indexing.ts";
import { LOSS_CALLS } from "./losses.ts";
import { MAKING } from "./making.ts";
import { INSIDE, NOTHING } from "./names.ts";
import { NN } from "./nn.ts";
import { OPERATIONS } from "./operations.ts";
import { OPTIM } from "./optim.ts";
import { PRODUCTS } from "./products.ts";
import { REARRANGING } from "./rearranging.ts";
import { RECURRENT } from "./recurrent.ts";
import { SCHEDULERS } from "./schedulers.ts";
import { TENSOR } from "./tensor.ts";
import { WAVES } from "./waves.ts";
import { WEIGHTS } from "./weights.ts";

setDefaultTimeout(180_000); // the first use of a kernel compiles it

const { F, nn, audio, zeros, ones, Tensor } = otograd;
const TABLE = {
  ...DATA,
  ...CONTAINERS,
  ...LOSS_CALLS,
  ...OPTIM,
  ...SCHEDULERS,
  ...TENSOR,
  ...IN_PLACE,
  ...AUTOGRAD,
  ...INDEXING,
  ...REARRANGING,
  ...PRODUCTS,
  ...OPERATIONS,
  ...MAKING,
  ...FUNCTIONAL,
  ...ATTENTION,
  ...NN,
  ...AUDIO,
  ...FOURIER,
  ...WEIGHTS,
  ...RECURRENT,
  ...CONV,
  ...WAVES,
};

/** Every name that can be called: "F.relu", "nn.Linear", "nn.Linear#forward", "Tensor#grad=". What is inherited, once. */
function walk(): string[] {
  const names: string[] = [];
  const seen = new Set<unknown>();
  const all = (of: object, names: object) => Object.keys(names).map((name) => of[name as keyof object]);
  const refusing = new Set<unknown>([
    ...all(Tensor.prototype, OF_TENSORS),
    ...all(nn.Module.prototype, OF_MODULES),
  ]);
  const isClass = (value: unknown) =>
    typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
  const namespaces = (space: object, path: string): void => {
    for (const [key, value] of Object.entries(space)) {
      if (typeof value === "function") names.push(path + key);
      else if (typeof value === "object") namespaces(value as object, `${path}${key}.`);
    }
  };
  const methods = (space: object, path: string): void => {
    for (const [key, value] of Object.entries(space)) {
      if (typeof value === "object") methods(value as object, `${path}${key}.`);
      if (!isClass(value) || value.prototype instanceof Error) continue;
      const chain: object[] = [];
      for (let at = value.prototype as object; at !== Object.prototype; at = Object.getPrototypeOf(at))
        chain.unshift(at); // a function goes by its first name: second ones come later
      for (const at of chain) {
        for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
          // What refuses to be written is read as a method.
          const f = name === "data" ? property.get?.() : (property.set ?? property.value);
          if (
            typeof f !== "function" ||
            name === "constructor" ||
            seen.has(f) ||
            refusing.has(f) ||
            f === property.get || // read or written, it is refused
            INSIDE.includes(name) ||
            (name === "all" && path === "optim.")
          )
            continue;
          seen.add(f);
          if (!NOTHING.includes(name)) names.push(`${path}${key}#${name}${property.set ? "=" : ""}`);
          else expect([name, f.length]).toEqual([name, 0]);
        }
      }
    }
  };
  namespaces(otograd, "");
  // Base classes first, so that what they have goes by their names.
  methods({ Tensor, nn: { Module: nn.Module }, optim: { lrScheduler: otograd.optim.lrScheduler } }, "");
  methods(otograd, "");
  return names;
}

/** Launches so far, and bytes held. */
function done(): [launches: number, bytes: number] {
  const launches = [...kernels.values()].flatMap((kernel) => [...kernel.launches.values()]);
  return [launches.reduce((a, b) => a + b, 0), otograd.memory().bytesInUse];
}

/** What a call throws. */
async function thrown(call: (...anything: never[]) => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("every public name has an entry, and every entry is a public name", () => {
  const names = walk();
  expect([...names].sort()).toEqual(Object.keys(TABLE).sort());
  console.log(`  ${names.length} functions, constructors and methods`);
});

test("one valid call of each is accepted", async () => {
  for (const [name, { valid }] of Object.entries(TABLE))
    expect([name, await thrown(valid)]).toEqual([name, undefined]);
});

test("a wrong type is refused by name, in one line", async () => {
  let count = 0;
  for (const [name, { wrong = [] }] of Object.entries(TABLE)) {
    for (const [call, says] of wrong) {
      const error = await thrown(call);
      expect([
        name,
        error instanceof TypeError || error instanceof RangeError,
        (error as Error)?.message,
      ]).toEqual([name, true, expect.stringContaining(says)]);
      expect((error as Error).message).toStartWith(says.split(":")[0]!);
      expect((error as Error).message).not.toContain("\n");
      count++;
    }
  }
  console.log(`  ${count} wrong calls`);
});

test("an option that there is none of is named, with the one that was meant; so is an argument too many", async () => {
  const slips = (known: string) => [
    known.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), // Python's spelling, where there is another
    known.slice(0, -1),
  ];
  let count = 0;
  for (const [name, { options, more }] of Object.entries(TABLE)) {
    const last = name.split(".").at(-1)!;
    const own = last.endsWith("#forward") ? last.replace("#", ".") : last.split("#").at(-1)!; // many layers have one
    if (options !== undefined) {
      const [call, known] = options;
      for (const slip of slips(known).filter((slip) => slip !== known)) {
        const error = await thrown(() => call(any({ [slip]: 1 })));
        expect(String(error)).toBe(`TypeError: ${own}: there is no option ${slip}: did you mean ${known}?`);
      }
      const error = await thrown(() => call(any({ quux: 1 })));
      expect(String(error)).toStartWith(`TypeError: ${own}: there is no option quux: there `);
      expect(String(error)).toContain(known);
      expect(String(error)).not.toContain("\n");
      count++;
    }
    if (more !== undefined) {
      const error = await thrown(() => more(any({ quux: 1 })));
      expect(String(error)).toMatch(
        new RegExp(
          `^TypeError: (\\w+\\.)?${own}: (an argument is left over: \\{ quux: 1 \\}|layer 1 is a module, got \\{ quux: 1 \\}).*$`,
        ),
      );
      count++;
    }
  }
  console.log(`  ${count} functions with options that do not exist`);
});

test("every function has a call with one argument too many, or with an object of options behind its arguments", () => {
  const without = Object.entries(TABLE).flatMap(([name, { options, more }]) =>
    /(^|\.)[a-z]\w*$/.test(name) && !name.includes("#") && !options && !more ? [name] : [],
  );
  // Two that take as many tensors as one likes, and one that answers a question.
  expect(new Set(without.map((name) => name.split(".").at(-1)))).toEqual(
    new Set(["checkpoint", "einsum", "isGradEnabled"]),
  );
});

test("a method refuses one argument more than it was given, and a wrong one where there is room", async () => {
  const taken: string[] = [];
  let count = 0;
  for (const [name, { valid }] of Object.entries(TABLE)) {
    const [, path, method] = /^(.+)#(\w+)$/.exec(name) ?? [];
    // A forward pass is JavaScript's, which may look at what it does not name.
    if (path === undefined || method === undefined || method === "forward") continue;
    const owner = path
      .split(".")
      .reduce((space, key) => space[key as never], otograd as object) as unknown as { prototype: object };
    let at = owner.prototype;
    while (!Object.hasOwn(at, method)) at = Object.getPrototypeOf(at);
    const before = Object.getOwnPropertyDescriptor(at, method)!;
    const value = function (this: unknown, ...given: unknown[]) {
      return before.value.call(this, ...given, any({ quux: 1 }));
    };
    Object.defineProperty(at, method, { value, configurable: true });
    const error = await thrown(valid);
    Object.defineProperty(at, method, before);
    if (error === undefined) taken.push(name);
    count++;
  }
  console.log(`  ${count} methods`);
  expect(taken).toEqual([]);
  const [module, sgd] = [new nn.Linear(1, 1), new otograd.optim.SGD([ones([1]).requiresGrad_()], { lr: 1 })];
  for (const name of NOTHING.filter((name) => name !== "toJSON" && name !== "toString")) {
    const of = [grid(), module, sgd, new otograd.optim.lrScheduler.ExponentialLR(sgd, { gamma: 1 })];
    for (const each of of.filter((each) => name in each && !(each === module && name in OF_MODULES)))
      expect(() =>
        (each as never as Record<string, (...given: never[]) => unknown>)[name]!(any({ quux: 1 })),
      ).toThrow(`${name}: an argument is left over: { quux: 1 }`);
  }
});

test("nothing runs before a call is refused", async () => {
  const x = grid();
  const [weight, index] = [ones([4, 3]), ones([2])];
  const before = done();
  for (const call of [
    () => x.add(any([1])),
    () => F.linear(x, weight, any(1)),
    () => F.conv1d(x, weight, null, any(2)),
    () => F.crossEntropy(x, [0, 5]),
    () => F.crossEntropy(x, index),
    () => F.dropout(x, 0.5, any(false)),
    () => otograd.where(x, 1, any("0")),
    () => x.variance(0, any(true)),
    () => x.clamp(0, any("1")),
    () => zeros(any(2), any(3)),
    () => audio.computeDeltas(x, any(3)),
    () => audio.mixBetweenClass(x, x, 0.5, any("1")),
    () => new nn.Linear(3, 1, any(false)),
    () => new nn.BatchNorm2d(3, any(0.1)),
    () => nn.init.uniform_(x, any("0")),
  ]) {
    expect(await thrown(call)).toBeInstanceOf(Error);
    expect([String(call), ...done()]).toEqual([String(call), ...before]);
  }
});
