// Which changes are tried: drawn by seed, from each kernel in turn, so that a long program gets no more than a short one.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UserError } from "../../src/train/terminal/errors.ts";
import { Random } from "../reference/random.ts";
import { type Mutant, mutants } from "./mutants.ts";

export const ROOT = join(import.meta.dir, "../..");

/** Test files that are run for a change, at most: nearly all import some libraries. */
const MOST_TESTS = 6;

export interface Trial {
  kernel: string;
  /** The file that is changed, from the root. */
  file: string;
  mutant: Mutant;
  /** The tests that are to fail. */
  tests: readonly string[];
}

export interface KernelFiles {
  name: string;
  files: readonly string[];
  tests: readonly string[];
}

function list(folder: string, ending: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .sort();
}

const text = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** Test files by what they say that they cover. */
function coverage(): { file: string; covers: Set<string> }[] {
  return list("test", ".test.ts").flatMap((file) => {
    const lists = [...text(file).matchAll(/\bcovers: \[([^\]]*)\]/g)].map(([, names]) => names!);
    const covers = new Set(lists.flatMap((names) => [...names.matchAll(/"(\w+)/g)].map(([, name]) => name!)));
    return covers.size === 0 ? [] : [{ file, covers }];
  });
}

/** All kernels, or those that are named. A library of WGSL is proved by the programs that it is joined to. */
export function kernelsOf(names: readonly string[]): KernelFiles[] {
  const tests = coverage();
  const halves = [...list("src/kernels", ".ts"), ...list("src/audio", ".ts")];
  const programs = [...list("src/kernels", ".wgsl"), ...list("src/audio", ".wgsl")];
  const all = programs.map((program): KernelFiles => {
    const name = basename(program, ".wgsl");
    const half = program.replace(".wgsl", ".ts");
    // The programs that import it, over their TypeScript halves.
    const users = new Set([name]);
    for (const seen of users)
      for (const file of halves)
        if (new RegExp(`/${seen}\\.(wgsl|ts)"`).test(text(file))) users.add(basename(file, ".ts"));
    const own = tests.filter(({ covers }) => covers.has(name));
    const by =
      own.length > 0 ? own : tests.filter(({ covers }) => [...users].some((user) => covers.has(user)));
    // Those of the nearest users first, as they are the likeliest to fail, and what is named like it before all.
    const order = [...users];
    const distance = ({ file, covers }: (typeof by)[number]) =>
      file.includes(`/${name}.`) ? -1 : order.findIndex((user) => covers.has(user));
    const nearest = by.sort((a, b) => distance(a) - distance(b)).slice(0, MOST_TESTS);
    return {
      name,
      files: [program, ...(halves.includes(half) ? [half] : [])],
      tests: nearest.map(({ file }) => file),
    };
  });
  const unknown = names.find((name) => !all.some((kernel) => kernel.name === name));
  if (unknown !== undefined)
    throw new UserError(`there is no kernel ${unknown}; there are ${all.map(({ name }) => name).join(", ")}`);
  return all.filter(({ name, tests }) => tests.length > 0 && (names.length === 0 || names.includes(name)));
}

/** All changes of one file of a kernel. */
export function mutantsOf(file: string): Mutant[] {
  return mutants(text(file), file.endsWith(".ts") ? "ts" : "wgsl");
}

/** `count` different changes, one kernel after the other. */
export function drawn(kernels: readonly KernelFiles[], count: number, seed: number): Trial[] {
  const random = new Random(seed);
  const left = kernels.map(({ name, files, tests }) =>
    files.flatMap((file) => mutantsOf(file).map((mutant): Trial => ({ kernel: name, file, mutant, tests }))),
  );
  const trials: Trial[] = [];
  while (trials.length < count && left.some((some) => some.length > 0))
    for (const some of left) {
      if (some.length === 0 || trials.length === count) continue;
      trials.push(...some.splice(random.int(0, some.length - 1), 1));
    }
  return trials;
}
