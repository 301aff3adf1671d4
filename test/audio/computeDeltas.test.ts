// Deltas: windows wider than the spectrogram, one frame, many channels.
import { expect, test } from "bun:test";
import { computeDeltas } from "../../src/audio/computeDeltas.ts";
import { toTensor } from "../harness.ts";
import { computeDeltas as reference } from "../reference/audio/computeDeltas.ts";
import { Random } from "../reference/random.ts";
import { prove, ROUNDING } from "./prove.ts";

const random = new Random(5);

prove<{ winLength?: number }>({
  name: "computeDeltas",
  covers: ["computeDeltas.forward"],
  cases: [undefined, 3, 4, 5, 9, 21].flatMap((winLength) =>
    [[1], [2], [3, 41], [2, 60, 41], [2, 3, 5, 65], [7, 128]].map((shape) => ({
      input: random.array(shape, -100, 0),
      attrs: { winLength },
    })),
  ),
  run: computeDeltas,
  reference: (x, { winLength }) => reference(x, winLength),
  against: "peak",
  allowed: ({ attrs: { winLength = 5 } }) => (4 + 2 * Math.sqrt(winLength)) * ROUNDING,
});

test("computeDeltas says what is wrong with its arguments", () => {
  const x = toTensor(random.array([3, 4]));
  expect(() => computeDeltas(x, { winLength: 2 })).toThrow(
    "computeDeltas: winLength is a whole number ≥ 3, got 2",
  );
});
