// What "bun:test" is where Bun is not: tests are registered as they are there, and run one after another by `runTests`.
// Its `expect` is Vitest's, with the same matchers.
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from "@vitest/expect";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

type Body = () => unknown;
type Options = number | { timeout?: number };

interface Registered {
  title: string;
  body: Body;
  /** Milliseconds. */
  timeout: number;
}

let file = "";
const prefix: string[] = [];
const tests: (Registered & { file: string })[] = [];
const afterAllOf = new Map<string, Body[]>();
const afterEachOf = new Map<string, Body[]>();
let defaultTimeout = 180_000; // as of the whole suite: these places are slow, and what is late runs on beside the next

/** Has a file register its tests. One that cannot be loaded is one test that fails. */
export async function inFile(path: string, load: () => Promise<unknown>): Promise<void> {
  file = path;
  try {
    await load();
  } catch (error) {
    register("loading", () => {
      throw error;
    });
  }
}

function register(title: string, body: Body, options: Options = {}): void {
  const timeout = typeof options === "number" ? options : (options.timeout ?? 0);
  tests.push({
    file,
    title: [...prefix, title].join(" > "),
    body,
    timeout: Math.max(timeout, defaultTimeout),
  });
}

const skip = () => {};

/** Rows as test.each takes them: an array is the arguments, anything else the only one. */
function each<T>(rows: readonly T[], add: typeof register) {
  return (title: string, body: (...row: unknown[]) => unknown, options?: Options) => {
    for (const row of rows) {
      const values: unknown[] = Array.isArray(row) ? row : [row];
      let next = 0;
      const named = title.replace(/%[isdpoj]/g, () => String(values[next++]));
      add(named, () => body(...values), options);
    }
  };
}

export const test = Object.assign(register, {
  skip,
  if: (is: boolean) => (is ? register : skip),
  skipIf: (is: boolean) => (is ? skip : register),
  each: <T>(rows: readonly T[]) => each(rows, register),
});
export const it = test;

export const describe = Object.assign(
  (title: string, body: () => void) => {
    prefix.push(title);
    body();
    prefix.pop();
  },
  {
    each: <T>(rows: readonly T[]) => each(rows, (title, body) => describe(title, body as () => void)),
  },
);

/** Of a file's tests: when all have run. */
export function afterAll(body: Body): void {
  afterAllOf.set(file, [...(afterAllOf.get(file) ?? []), body]);
}

/** Of a file's tests: when each has run. */
export function afterEach(body: Body): void {
  afterEachOf.set(file, [...(afterEachOf.get(file) ?? []), body]);
}

export function setDefaultTimeout(milliseconds: number): void {
  defaultTimeout = Math.max(defaultTimeout, milliseconds);
}

export const expect = (value: unknown, message?: string) => chai.expect(value, message);

/** How a test ended: with an error, or well. */
export interface Outcome {
  file: string;
  title: string;
  milliseconds: number;
  error: string | null;
}

/** Runs all that are registered, and tells of each. */
export async function runTests(tell: (outcome: Outcome) => void): Promise<void> {
  for (const [i, { file, title, body, timeout }] of tests.entries()) {
    const began = performance.now();
    let error: string | null = null;
    try {
      await inTime(body, timeout);
    } catch (thrown) {
      error = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    }
    for (const done of afterEachOf.get(file) ?? []) await done();
    tell({ file, title, milliseconds: performance.now() - began, error });
    if (tests[i + 1]?.file !== file) for (const done of afterAllOf.get(file) ?? []) await done();
  }
}

async function inTime(body: Body, timeout: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeout / 1000} s`)), timeout);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}
