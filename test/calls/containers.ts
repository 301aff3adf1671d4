// The public calls of containers of modules and parameters, of hooks, and of the rest of nn.init.
import { nn, ones, type Tensor, zeros } from "otograd";
import { any, type Entry, grid, LIST } from "./entry.ts";

const parameter = () => new nn.Parameter(ones([2]));
const layer = () => new nn.ReLU();

const list = (name: "ModuleList" | "ParameterList", make: () => never, kind: string): Entry => ({
  valid: () => new nn[name]([make()]),
  wrong: [
    [() => new nn[name](any(1)), `${name}: wants a list of ${kind}s, got 1`],
    [() => new nn[name](any([1])), `${name}.append: item 0 is a ${kind}, got 1`],
    [
      () => new nn[name]([make()], any(1)),
      `${name}: an argument is left over: 1: they are one list: new ${name}([…])`,
    ],
  ],
});

const dict = (name: "ModuleDict" | "ParameterDict", make: () => never, kind: string): Entry => ({
  valid: () => new nn[name]({ a: make() }),
  wrong: [
    [() => new nn[name](any([1])), `${name}: wants an object of ${kind}s by name, got [1]`],
    [() => new nn[name](any({ a: 1 })), `${name}.set: "a" is a ${kind}, got 1`],
  ],
  more: (extra) => new nn[name]({}, extra),
});

/** A function that takes what is filled alone, or numbers behind it. */
const filling = (
  fill: (tensor: Tensor, ...more: never[]) => Tensor,
  shape: number[],
  after: number[],
): Entry => {
  const name = fill.name;
  return {
    valid: () => fill(zeros(shape)),
    wrong: [[() => fill(any([1, 2])), `${name}: what is filled ${LIST}`]],
    more: (extra) => fill(zeros(shape), ...(after as never[]), extra),
  };
};

const none = () => undefined;
const modules = () => new nn.ModuleList([layer()]);
const named = () => new nn.ModuleDict({ a: layer() });

export const CONTAINERS: Record<string, Entry> = {
  "nn.ModuleList": list("ModuleList", any(layer), "module"),
  "nn.ParameterList": list("ParameterList", any(parameter), "parameter"),
  "nn.ModuleDict": dict("ModuleDict", any(layer), "module"),
  "nn.ParameterDict": dict("ParameterDict", any(parameter), "parameter"),
  "nn.ModuleList#append": {
    valid: () => modules().append(layer()),
    wrong: [[() => modules().append(any(1)), "ModuleList.append: item 1 is a module, got 1"]],
    more: (extra) => modules().append(layer(), extra),
  },
  "nn.ModuleList#extend": {
    valid: () => modules().extend([layer()]),
    wrong: [
      [() => modules().extend(any(1)), "ModuleList.extend: wants a list of modules, got 1"],
      [() => modules().extend(any([1])), "ModuleList.append: item 1 is a module, got 1"],
    ],
    more: (extra) => modules().extend([layer()], extra),
  },
  "nn.ModuleList#at": {
    valid: () => modules().at(-1),
    wrong: [[() => modules().at(any("0")), 'ModuleList.at: the index is a number, got "0"']],
    more: (extra) => modules().at(0, extra),
  },
  "nn.ModuleDict#set": {
    valid: () => named().set("b", layer()),
    wrong: [
      [() => named().set(any(1), layer()), "ModuleDict.set: the name is a word without dots, got 1"],
      [() => named().set("b", any(1)), 'ModuleDict.set: "b" is a module, got 1'],
    ],
    more: (extra) => named().set("b", layer(), extra),
  },
  "nn.ModuleDict#get": { valid: () => named().get("a"), more: (extra) => named().get("a", extra) },
  "nn.ModuleDict#has": { valid: () => named().has("a"), more: (extra) => named().has("a", extra) },
  "nn.ModuleDict#delete": { valid: () => named().delete("a"), more: (extra) => named().delete("a", extra) },
  "nn.ModuleList#forward": {
    valid: () => new nn.ModuleList([layer()])[0]!.forward(grid()),
    wrong: [[() => new nn.ModuleList().forward(), "ModuleList has no forward pass"]],
  },
  "nn.ParameterList#forward": {
    valid: () => new nn.ParameterList([]).length,
    wrong: [[() => new nn.ParameterList([]).forward(), "ParameterList has no forward pass"]],
  },
  "nn.ModuleDict#forward": {
    valid: () => named().values()[0]!.forward(grid()), // its own it has not
    wrong: [[() => named().forward(), "ModuleDict has no forward pass: call those of what it holds"]],
  },
  "nn.Module#requiresGrad_": {
    valid: () => layer().requiresGrad_(false),
    wrong: [[() => layer().requiresGrad_(any(1)), "requiresGrad_: it is true or false, got 1"]],
    more: (extra) => layer().requiresGrad_(true, extra),
  },
  "nn.Module#getSubmodule": {
    valid: () => named().getSubmodule("a"),
    wrong: [[() => named().getSubmodule(any(1)), 'getSubmodule: there is no 1: there are "a"']],
    more: (extra) => named().getSubmodule("a", extra),
  },
  "nn.Module#getParameter": {
    valid: () => new nn.Linear(1, 1).getParameter("weight"),
    wrong: [[() => layer().getParameter("weight"), 'getParameter: there is no "weight"']],
    more: (extra) => new nn.Linear(1, 1).getParameter("weight", extra),
  },
  "nn.Module#registerForwardHook": {
    valid: () => layer().registerForwardHook(none).remove(),
    wrong: [
      [() => layer().registerForwardHook(any(1)), "registerForwardHook: the hook is a function, got 1"],
    ],
    more: (extra) => layer().registerForwardHook(none, extra),
  },
  "nn.Module#registerForwardPreHook": {
    valid: () => layer().registerForwardPreHook(none).remove(),
    wrong: [
      [() => layer().registerForwardPreHook(any(1)), "registerForwardPreHook: the hook is a function, got 1"],
    ],
    more: (extra) => layer().registerForwardPreHook(none, extra),
  },
  "nn.init.xavierNormal_": filling(nn.init.xavierNormal_, [2, 3], [1]),
  "nn.init.zeros_": filling(nn.init.zeros_, [2], []),
  "nn.init.ones_": filling(nn.init.ones_, [2], []),
  "nn.init.eye_": filling(nn.init.eye_, [2, 3], []),
  "nn.init.dirac_": filling(nn.init.dirac_, [2, 2, 3], [1]),
  "nn.init.orthogonal_": filling(nn.init.orthogonal_, [2, 3], [1]),
  "nn.init.truncNormal_": filling(nn.init.truncNormal_, [2, 3], [0, 1, -2, 2]),
  "nn.init.sparse_": {
    valid: () => nn.init.sparse_(grid(), 0.5),
    wrong: [
      [() => nn.init.sparse_(any([1, 2]), 0.5), `sparse_: what is filled ${LIST}`],
      [() => nn.init.sparse_(grid(), any("0.5")), 'sparse_: sparsity is a number, got "0.5"'],
    ],
    more: (extra) => nn.init.sparse_(grid(), 0.5, 0.01, extra),
  },
};
