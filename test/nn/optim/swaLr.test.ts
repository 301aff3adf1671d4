// SWALR: its rates are PyTorch's (torch 1.13.0a0), a group each, and it goes on from its state.
import { expect, test } from "bun:test";
import { SGD, SWALR, type SwaLrOptions } from "../../../src/nn/optim/index.ts";
import { tensor } from "../../../src/tensor/index.ts";

const leaf = () => tensor([1], { requiresGrad: true });
const sgd = () => new SGD([{ params: [leaf()] }, { params: [leaf()], lr: 1 }], { lr: 0.2 });

/** The first rates, and those after each step. */
function rates(schedule: SWALR, steps: number): number[][] {
  const all = [schedule.getLastLr()];
  for (let i = 0; i < steps; i++) {
    schedule.step();
    all.push(schedule.getLastLr());
  }
  return all.map((each) => each.map((lr) => Number(lr.toFixed(7))));
}

test.each<[SwaLrOptions, number[][]]>([
  [
    { swaLr: 0.05, annealEpochs: 4 },
    [
      [0.2, 1],
      [0.178033, 0.8608757],
      [0.125, 0.525],
      [0.071967, 0.1891243],
      [0.05, 0.05],
      [0.05, 0.05],
    ],
  ],
  [
    { swaLr: [0.5, 0.5], annealEpochs: 3, annealStrategy: "linear" },
    [
      [0.2, 1],
      [0.3, 0.8333333],
      [0.4, 0.6666667],
      [0.5, 0.5],
      [0.5, 0.5],
    ],
  ],
  [
    { swaLr: 0.01, annealEpochs: 0 },
    [
      [0.01, 0.01],
      [0.01, 0.01],
    ],
  ],
])("%o", (options, wanted) => {
  expect(rates(new SWALR(sgd(), options), wanted.length - 1)).toEqual(wanted);
});

test("one that goes on from its state, through JSON, ends where an unbroken one does", () => {
  const [optimizer, other] = [sgd(), sgd()];
  const options = { swaLr: 0.05, annealEpochs: 4 };
  const [schedule, next] = [new SWALR(optimizer, options), new SWALR(other, options)];
  rates(schedule, 2);
  next.loadStateDict(JSON.parse(JSON.stringify(schedule.stateDict())));
  other.loadStateDict(optimizer.stateDict());
  expect(rates(next, 3)).toEqual(rates(schedule, 3));
});

test("what it refuses", () => {
  const make = (options: unknown) => () => new SWALR(sgd(), options as SwaLrOptions);
  expect(make({})).toThrow("SWALR: swaLr must be given");
  expect(make({ swaLr: [1] })).toThrow("SWALR: swaLr has 1 numbers for 2 groups");
  expect(make({ swaLr: -1 })).toThrow("SWALR: swaLr is a number ≥ 0, got -1");
  expect(make({ swaLr: 1, annealEpochs: 1.5 })).toThrow("SWALR: annealEpochs is a whole number ≥ 0, got 1.5");
  expect(make({ swaLr: 1, annealStrategy: "cosine" })).toThrow(
    'annealStrategy is "cos" or "linear", got "cosine"',
  );
});
