// Interpolation in every mode; what F.interpolate refuses.
import { expect, test } from "bun:test";
import { interpolate as interpolateOp } from "../../../src/kernels/interpolation/interpolate.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { tensor, zeros } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import * as reference from "../../reference/interpolate.ts";
import { Random } from "../../reference/random.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

type Attrs = reference.InterpolateAttrs;
const random = new Random(62);

function drawn(from: [number, number], to: [number, number], mode: Attrs["mode"], channels = 2): Case<Attrs> {
  const attrs = {
    mode,
    alignCorners: false,
    from,
    to,
    scale: from.map((n, d) => n / to[d]!) as [number, number],
  };
  return { inputs: [random.array([1, channels, ...from])], attrs };
}

/** Outputs that read one input, or inputs that one output reads. */
const terms = ({ attrs: { from, to } }: Case<Attrs>) =>
  16 + 4 * (to[0] / from[0] + 1) * (to[1] / from[1] + 1);
/** A place is rounded to 2⁻²⁴ of the rows, 11 at most, and weights change by at most 2 a row: 1 each way, in rows and in columns. */
const ulps = 4 * 11;

check<Attrs>({
  name: "interpolate",
  covers: ["interpolate"],
  run: ([x], attrs) => apply(interpolateOp, [x!], attrs),
  reference: reference.interpolate,
  cases: [
    ...casesOf<Attrs>("interpolate"),
    drawn([9, 10], [2, 3], "linear"),
    drawn([2, 3], [17, 9], "nearest"),
    // Rows enough for launches that go on along y.
    ...(["nearest", "linear"] as const).map((mode) => drawn([11, 2], [10, 3], mode, 5)),
  ],
  terms,
  ulps,
});

test("sequences, factors and areas", async () => {
  const x = tensor([1, 3, 5, 8], { shape: [1, 1, 4] });
  expect(await F.interpolate(x, { scaleFactor: 2 }).tolist()).toEqual([[[1, 1, 3, 3, 5, 5, 8, 8]]]);
  expect(await F.interpolate(x, { size: 2, mode: "area" }).tolist()).toEqual([[[2, 6.5]]]);
  expect(await F.interpolate(x, { size: 7, mode: "linear", alignCorners: true }).tolist()).toEqual([
    [[1, 2, 3, 4, 5, 6.5, 8]],
  ]);
});

test("what is no mode of such an input, or no size, is refused by name", () => {
  const [line, image] = [zeros([1, 1, 4]), zeros([1, 1, 4, 4])];
  expectRefused([
    [
      () => F.interpolate(zeros([4, 4]), { size: 2 }),
      "interpolate: wants an input [samples, channels, length] or [samples, channels, height, width], got [4, 4]",
    ],
    [
      () => F.interpolate(line, { size: 2, mode: "bilinear" }),
      'interpolate: mode "bilinear" is not for an input [1, 1, 4]: "linear" is',
    ],
    [
      () => F.interpolate(image, { size: 2, mode: "linear" }),
      'interpolate: mode "linear" is not for an input [1, 1, 4, 4]: "bilinear" is',
    ],
    [() => F.interpolate(image, {}), "interpolate: wants one of size and scaleFactor"],
    [
      () => F.interpolate(image, { size: 2, alignCorners: true }),
      'interpolate: mode "nearest" has no alignCorners',
    ],
    [
      () => F.interpolate(image, { size: [1, 2, 3] }),
      "interpolate: size is a number or a list of 2 for such an input, got [1, 2, 3]",
    ],
    [() => F.interpolate(image, { scaleFactor: 0.1 }), "interpolate: scaleFactor 0.1 leaves nothing"],
  ]);
});
