// Runs cases in a process of their own and watches it: a case that takes too long, a process that grows too large or
// dies, ends that process, counts against the program, and the cases go on after it.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What one case may take. The first has the device to open. */
const SECONDS_A_CASE = 20;
/** What the process may ever take; it opens the GPU's driver and some codecs. */
const MOST_MEMORY = 1.5 * 2 ** 30;

export interface Fuzzed {
  cases: number;
  /** By target: made use of, refused with an error for the user, and neither. */
  counts: Map<string, { used: number; refused: number; wrong: number }>;
  /** Each case that went wrong, with what to say of it. */
  wrong: { index: number; target: string; what: string }[];
  /** The most that the process took, in bytes. */
  peakMemory: number;
}

export interface FuzzOptions {
  cases: number;
  seed: number;
  /** The first case's number. */
  from?: number;
  /** One target's name; all of them if undefined. */
  only?: string;
  onProgress?: (done: number) => void;
}

export async function fuzz({
  cases,
  seed,
  from = 0,
  only = "",
  onProgress = () => {},
}: FuzzOptions): Promise<Fuzzed> {
  const found: Fuzzed = { cases: 0, counts: new Map(), wrong: [], peakMemory: 0 };
  const end = from + cases;
  const count = (target: string, kind: "used" | "refused" | "wrong") => {
    const counts = found.counts.get(target) ?? { used: 0, refused: 0, wrong: 0 };
    counts[kind]++;
    found.counts.set(target, counts);
    found.cases++;
    onProgress(found.cases);
  };
  for (let next = from; next < end; ) {
    const command = [
      process.execPath,
      join(import.meta.dir, "child.ts"),
      ...[seed, next, end].map(String),
      only,
    ];
    const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
    let running: { index: number; target: string } | null = null;
    let since = performance.now();
    let killed: string | null = null;
    const watch = setInterval(() => {
      found.peakMemory = Math.max(found.peakMemory, peakMemoryOf(child.pid));
      if (performance.now() - since > 1000 * SECONDS_A_CASE)
        killed = `it takes more than ${SECONDS_A_CASE} s`;
      else if (found.peakMemory > MOST_MEMORY) killed = `the process takes ${found.peakMemory} bytes`;
      if (killed !== null) child.kill("SIGKILL");
    }, 100);
    const talk = new Response(child.stderr).text();
    for await (const line of linesOf(child.stdout)) {
      since = performance.now();
      if (running === null) {
        const [, index, target] = /^(\d+) (.*)$/.exec(line)!;
        running = { index: Number(index), target: target! };
        next = running.index + 1;
      } else {
        const wrong = /^WRONG (.*)$/.exec(line);
        count(running.target, wrong === null ? (line as "used" | "refused") : "wrong");
        if (wrong !== null) found.wrong.push({ ...running, what: JSON.parse(wrong[1]!) });
        running = null;
      }
    }
    clearInterval(watch);
    await child.exited;
    const stderr = await talk;
    if (running !== null) {
      const died = `the process died of ${child.signalCode ?? `exit code ${child.exitCode}`}\n${stderr}`;
      found.wrong.push({ ...running, what: killed ?? died });
      count(running.target, "wrong");
      found.peakMemory = 0; // of the next process
    } else if (child.exitCode !== 0) throw new Error(`the fuzzer itself failed: ${stderr}`);
    else if (stderr !== "")
      found.wrong.push({ index: -1, target: "all", what: `printed on stderr: ${stderr}` });
  }
  return found;
}

/** The most that a process ever had in memory, in bytes; 0 where that cannot be told. */
function peakMemoryOf(pid: number): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** The counts, as a table. */
export function table({ counts, peakMemory }: Fuzzed): string[] {
  const rows = [...counts].sort(([a], [b]) => a.localeCompare(b));
  const total = { used: 0, refused: 0, wrong: 0 };
  for (const [, each] of rows)
    for (const kind of ["used", "refused", "wrong"] as const) total[kind] += each[kind];
  const row = (name: string, { used, refused, wrong }: typeof total) =>
    `${name.padEnd(20)} ${String(used + refused + wrong).padStart(7)} ${String(refused).padStart(9)} ${String(used).padStart(9)} ${String(wrong).padStart(7)}`;
  return [
    `${"target".padEnd(20)} ${"cases".padStart(7)} ${"refused".padStart(9)} ${"made good".padStart(9)} ${"wrong".padStart(7)}`,
    ...rows.map(([name, each]) => row(name, each)),
    row("all", total),
    `peak memory ${Math.round(peakMemory / 2 ** 20)} MiB`,
  ];
}
