// Softmax and log-softmax along every axis, of small, huge and very long rows.
import { expect, test } from "bun:test";
import { hasEightLanes } from "../../../src/kernels/shared/lanes.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import { check } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import { logSoftmax, softmax } from "../../reference/softmax.ts";
import { casesOf, SHAPES } from "../drawn.ts";

const random = new Random(17);
const randomRows = new Random(18);

const LANES = hasEightLanes() ? ["softmaxLanes"] : []; // covers: ["softmaxLanes"]
/** That lie together. */
const ROWS = [
  [3, 16],
  [70, 36], // some lanes have two vec4s
  [515, 64], // several rows a workgroup, and some left over
  [3, 512],
  [70, 65],
  [3, 2049],
  [2, 5000],
];

interface Attrs {
  axis: number;
}

for (const [name, reference] of [
  ["softmax", softmax],
  ["logSoftmax", logSoftmax],
] as const) {
  check<Attrs>({
    name,
    covers: ["softmax", "softmaxRows", ...LANES],
    run: ([x], { axis }) => x![name](axis),
    reference,
    cases: [
      ...casesOf<Attrs>(name),
      ...SHAPES.flatMap((shape) =>
        shape.map((_, axis) => ({ inputs: [random.array(shape, -5, 5)], attrs: { axis } })),
      ),
      ...ROWS.map((shape) => ({ inputs: [randomRows.array(shape, -3, 3)], attrs: { axis: 1 } })),
    ],
    terms: ({ inputs: [x], attrs: { axis } }) => x!.shape[axis]!,
  });
}

// Of rows this far apart hardly anything is left but probabilities near e⁻¹⁶ and below 1: the error is that of WGSL's
// exp(−16), 3 + 2 · 16 units in the last place, two roundings each.
check<Attrs>({
  name: "softmax of huge numbers",
  covers: ["softmax"],
  run: ([x], { axis }) => x!.softmax(axis),
  reference: softmax,
  cases: [{ inputs: [random.array([65, 10], -1000, 1000)], attrs: { axis: 1 } }],
  terms: () => 10,
  ulps: 2 * (3 + 2 * 16),
});

test("rows of −∞ and NaN, whoever does them", async () => {
  for (const n of [3, 32, 100, 1001]) {
    const row = (special: number, at: number) =>
      Array.from({ length: n }, (_, i) => (i === at ? special : 0));
    const rows = [
      row(-Infinity, 1),
      row(Number.NaN, n - 1),
      row(0, 0).fill(-Infinity),
      row(200, Math.min(33, n - 1)),
    ];
    for (const log of [false, true]) {
      const x = tensor(rows);
      const y = (await (log ? x.logSoftmax(1) : x.softmax(1)).tolist()) as number[][];
      const plain = (p: number) => (log ? Math.log(p) : p);
      expect(y[0]![1]!).toBe(plain(0));
      expect(y[0]![0]!).toBeCloseTo(plain(1 / (n - 1)), 5);
      for (const i of [1, 2])
        expect([n, log, i, y[i]!.filter((p) => !Number.isNaN(p))]).toEqual([n, log, i, []]);
      expect(y[3]![Math.min(33, n - 1)]!).toBe(plain(1));
    }
  }
});

test("the largest element is found wherever it is", async () => {
  for (const n of [100, 101]) {
    const row = (at: number) => Array.from({ length: n }, (_, i) => (i === at ? 200 : 0));
    for (let at = 0; at < n; at += 4) {
      const places = [0, 1, 2, 3].map((i) => Math.min(at + i, n - 1)); // few rows, so that a workgroup may share each
      const found = (await tensor(places.map(row)).softmax(1).tolist()) as number[][];
      expect(found.map((y, i) => y[places[i]!])).toEqual([1, 1, 1, 1]);
    }
  }
});

test("softmax of −∞ is 0, and of a row with a NaN not a number", async () => {
  expect([...(await tensor([-Infinity, -Infinity, 3]).softmax(0).data())]).toEqual([0, 0, 1]);
  expect([...(await tensor([1, Number.NaN]).softmax(0).data())]).toEqual([Number.NaN, Number.NaN]);
});
