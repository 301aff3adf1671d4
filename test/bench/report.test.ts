// The arithmetic of the benchmark's tables: medians, ratios, verdicts. Nothing is timed here.
import { expect, test } from "bun:test";
import { differences, judge, renderComparison } from "../../bench/compare.ts";
import { CompetitorProcess, TooLate } from "../../bench/competitor.ts";
import type { Machine } from "../../bench/machine.ts";
import { count, summarize } from "../../bench/measure.ts";
import { choosePeers, chooseWorkloads } from "../../bench/peer-list.ts";
import { FLOPS_A_SAMPLE } from "../../bench/piczak.ts";
import { digits, parseReport, quantity, type Report, render, type Section } from "../../bench/report.ts";
import { withResults } from "../../bench/results.ts";
import { disagreement, without } from "../../bench/sections/peer-duel.ts";
import { measurePeers } from "../../bench/sections/peers.ts";

const machine: Machine = {
  otograd: "0.1.0",
  commit: "abc1234",
  date: "2026-01-01 00:00:00",
  adapter: "an adapter",
  software: false,
  bun: "1.4.5",
  cpu: "a CPU",
  cores: 2,
  memoryGiB: 8,
  load: 0,
  quick: false,
};

function report(values: Section["rows"][number]["values"], others: Partial<Machine> = {}): Report {
  return {
    machine: { ...machine, ...others },
    sections: [{ name: "step", title: "Steps", rows: [{ name: "batch 32", values }] }],
  };
}

test("median and quartiles are those of NumPy, in any order", () => {
  expect(summarize([7, 1, 3, 5], "more")).toEqual({
    median: 4,
    low: 2.5,
    high: 5.5,
    runs: 4,
    better: "more",
  });
  expect(summarize([2])).toEqual({ median: 2, low: 2, high: 2, runs: 1 });
  expect(() => summarize([])).toThrow("nothing was measured");
});

test("numbers keep the digits that matter", () => {
  expect([1234.6, 73.44, 4.5, 0.0333, 1024, 0, 4 / 0, Number.NaN].map(digits)).toEqual([
    "1235",
    "73.4",
    "4.50",
    "0.033",
    "1024",
    "0",
    "∞",
    "–",
  ]);
  expect(quantity(summarize([1, 2, 3]))).toBe("2 (1.50 … 2.50)");
  expect(quantity(count(63))).toBe("63");
});

test("a table has a column for every value that any row has", () => {
  const text = render({
    name: "kernels",
    title: "Kernels",
    rows: [
      { name: "product", values: { ms: count(2), "GFLOP/s": count(27.1) } },
      { name: "copy", values: { ms: count(10), "GB/s": count(16.3) } },
    ],
    notes: ["a note"],
  });
  console.log(text);
  expect(text.split("\n")).toEqual([
    "Kernels",
    "         ms  GFLOP/s  GB/s",
    "───────  ──  ───────  ────",
    "product   2     27.1",
    "copy     10           16.3",
    "a note",
  ]);
});

test("a table of many columns is turned on its side", () => {
  const values = Object.fromEntries(["a", "b", "c", "d", "e", "f", "g"].map((name, i) => [name, count(i)]));
  const text = render({ name: "step", title: "Steps", rows: [{ name: "batch 32", values }] });
  expect(text.split("\n").slice(1, 5)).toEqual(["   batch 32", "─  ────────", "a         0", "b         1"]);
});

test("better is more for a rate and less for a cost, and same where the quartiles overlap", () => {
  const rate = (...samples: number[]) => summarize(samples, "more");
  const cost = (...samples: number[]) => summarize(samples, "less");
  expect(judge(rate(10, 11, 12), rate(20, 22, 24))).toEqual({ factor: 2, verdict: "better" });
  expect(judge(rate(20, 22, 24), rate(10, 11, 12))).toEqual({ factor: 0.5, verdict: "worse" });
  expect(judge(cost(10, 10, 10), cost(5, 5, 5))).toEqual({ factor: 2, verdict: "better" });
  expect(judge(cost(5, 5, 5), cost(10, 10, 10))).toEqual({ factor: 0.5, verdict: "worse" });
  expect(judge(rate(10, 20, 30), rate(15, 25, 35)).verdict).toBe("same");
  expect(judge(count(0, "less"), count(0, "less"))).toEqual({ factor: 1, verdict: "same" });
  expect(judge(count(0, "less"), count(4, "less")).verdict).toBe("worse");
});

test("two reports are compared where they meet", () => {
  const before = report({ "samples/s": summarize([100, 100, 100], "more"), dispatches: count(64, "less") });
  const after = report({
    "samples/s": summarize([150, 150, 150], "more"),
    dispatches: count(48, "less"),
    "peak MiB": count(300, "less"),
    share: "40 %",
  });
  before.sections[0]!.rows.push({ name: "batch 128", values: { "samples/s": count(200, "more") } });
  expect(differences(before, after).map(({ column, factor, verdict }) => [column, factor, verdict])).toEqual([
    ["samples/s", 1.5, "better"],
    ["dispatches", 64 / 48, "better"],
  ]);
  const text = renderComparison(before, after);
  console.log(text);
  expect(text).toMatch(/step: batch 32 +samples\/s +100 +150 +×1.50 +better/);
  expect(text).toContain("only before: step: batch 128");
});

test("a comparison says where the two runs had different conditions", () => {
  const before = report({ "samples/s": count(1, "more") }, { adapter: "llvmpipe", quick: true });
  const text = renderComparison(before, report({ "samples/s": count(1, "more") }));
  expect(text).toContain("note: adapter was llvmpipe, is an adapter");
  expect(text).toContain("note: quick was true, is false");
});

test("a peer that computes something else is not timed", () => {
  expect(disagreement([2.3, 2.2, 2.1], [2.3001, 2.2, 2.1])).toBeNull();
  expect(disagreement([2.3, 2.2, 2.1], [2.3, 2.2, 2.11])).toBe("computes otherwise: 2.110 for 2.100");
  expect(disagreement([3.938, 3.91376], [3.938, 3.91439])).toBe("computes otherwise: 3.9144 for 3.9138");
  expect(disagreement([2.3, 2.2], [2.3, Number.NaN])).toBe("computes otherwise: NaN for 2.200");
  expect(disagreement([2.3, 2.2], [2.3])).toContain("computes otherwise");
  expect(() => disagreement([2.3, 2.3], [2.3, 2.3])).toThrow("too much alike");
});

test("a peer that did not answer in time is slower by at least what otograd did in it", () => {
  expect(without(new TooLate("no answer in 120 s"), 120, 8000)).toBe("> 15: no answer in 120 s");
  expect(without(new Error("Allocation exceeds 4 GiB"), 120, 8000)).toBe("refused: Allocation exceeds 4 GiB");
});

test("a process that does not answer in its time is ended", async () => {
  const silent = [process.execPath, "-e", "setInterval(() => {}, 1000)"];
  const started = CompetitorProcess.start(silent, { seconds: 0.2 });
  await expect(started).rejects.toThrow(new TooLate("no answer in 0.2 s"));
});

test("rows that an interrupted run has left are not measured again", async () => {
  const row = { name: "MLP 784-128-10, batch 128: step", values: { "otograd, ms": count(2) } };
  const kept: Section[] = [];
  const section = await measurePeers({
    peers: [],
    workloads: chooseWorkloads("mlp"),
    others: [],
    rounds: 1,
    milliseconds: 1,
    limit: 1,
    clips: () => "",
    done: { name: "peers", title: "", rows: [row], notes: ["PyTorch 1.13"] },
    keep: (each) => kept.push(each),
    note: () => {},
  });
  console.log(render(section));
  expect(section.rows).toEqual([row]);
  expect(section.notes).toContain("PyTorch 1.13");
  expect(kept).toEqual([]);
});

test("the table of peers replaces the one before it in docs/results.md", () => {
  const peers: Section = {
    name: "peers",
    title: "otograd and its peers",
    rows: [
      {
        name: "LeNet, batch 64: step",
        values: { "otograd, ms": count(4), "jax-js Wasm": summarize([2, 3, 4]) },
      },
      { name: "mn04", values: { "otograd, ms": count(9), "jax-js Wasm": "no such thing" } },
    ],
    notes: ["a note"],
  };
  const marks = ["<!-- peers: written by --write-results -->", "<!-- peers: end -->"];
  const once = withResults(
    `before\n${marks.join("\nold\n")}\nbehind`,
    { machine, sections: [peers] },
    "cmd 1",
  );
  const text = withResults(once, { machine, sections: [peers] }, "cmd 2");
  console.log(text);
  expect(text).toMatch(/^before\n<!--.*\n {4}cmd 2\n.*abc1234.*<!-- peers: end -->\nbehind$/s);
  expect(text).toContain("| LeNet, batch 64: step | 4 | 3 (2.50 … 3.50) |\n| mn04 | 9 | no such thing |");
  expect(text).not.toMatch(/old|cmd 1/);

  const few = { ...peers, rows: [{ name: "mn04", values: { "otograd, ms": count(7), PyTorch: count(2) } }] };
  const later = withResults(text, { machine: { ...machine, commit: "def5678" }, sections: [few] }, "cmd 3");
  const latest = withResults(later, { machine: { ...machine, commit: "fed9876" }, sections: [few] }, "cmd 4");
  console.log(latest);
  for (const each of [later, latest]) {
    expect(each).toContain("| mn04 | 7 | 2 |  |\n| LeNet, batch 64: step ¹ | 4 |  | 3 (2.50 … 3.50) |");
    expect(each).toMatch(/^- ¹: otograd .* at abc1234, .*, CPU .*$/m);
  }
  expect(() => withResults("", { machine, sections: [peers] }, "")).toThrow("docs/results.md lacks");
});

test("a report survives JSON, and what is none is refused by name", () => {
  const whole = report({ "samples/s": summarize([1, 2, 3], "more") });
  expect(parseReport(JSON.stringify(whole), "old.json")).toEqual(whole);
  expect(() => parseReport("{", "old.json")).toThrow("old.json is not JSON");
  expect(() => parseReport("{}", "old.json")).toThrow("old.json is not a benchmark's report");
  expect(() => parseReport("null", "old.json")).toThrow("old.json is not a benchmark's report");
});

test("peers and workloads are chosen by name", () => {
  expect(choosePeers("tfjs, pytorch").map(({ id }) => id)).toEqual(["tfjs", "pytorch"]);
  expect(choosePeers(undefined)).toHaveLength(7);
  expect(() => choosePeers("keras")).toThrow("there is no peer 'keras'; there are tfjs, jax-webgpu");
  expect(chooseWorkloads("piczak-1000, mlp").map(({ id }) => id)).toEqual(["piczak-1000", "mlp"]);
  expect(chooseWorkloads(undefined)).toHaveLength(11);
  expect(() => chooseWorkloads("vgg")).toThrow("there is no workload 'vgg'; there are mlp, lenet");
});

test("a training step's operations are counted as the layers have them", () => {
  // Two products for conv 1 (nobody asks for its input's gradient), three for all others; an fma is two operations.
  const conv1 = 80 * 4 * 36 * 2 * 57 * 6;
  const others = 80 * 10 * 80 * 3 + 240 * 5000 + 5000 * 5000 + 5000 * 50;
  expect(FLOPS_A_SAMPLE).toBe(2 * (2 * conv1 + 3 * others));
});
