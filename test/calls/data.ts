// The public calls of data and of distributions.
import { data, distributions, ones, tensor } from "otograd";
import { any, type Entry, grid, LIST, u32 } from "./entry.ts";

const rows = () => new data.TensorDataset(grid(), ones([2]));
const normal = () => new distributions.Normal(0, 1);
const coin = () => new distributions.Bernoulli({ probs: tensor([0.5]) });
const die = () => new distributions.Categorical({ logits: ones([6]) });

const byProbs = (name: "Categorical" | "Bernoulli"): Entry => ({
  valid: () => new distributions[name]({ probs: tensor([0.5, 0.5]) }),
  wrong: [
    [
      () => new distributions[name](any(ones([2]))),
      `${name}: the first argument is an object of options: { probs: a tensor [2] }`,
    ],
    [() => new distributions[name]({ probs: any([0.5]) }), `${name}: probs is a tensor, got [0.5]`],
    [() => new distributions[name]({}), `${name}: give probs or logits, one of both`],
  ],
  options: [(options) => new distributions[name]({ probs: ones([2]), ...(options as object) }), "logits"],
});

const logProb = (name: string, make: () => { logProb(value: never, ...more: never[]): unknown }): Entry => ({
  valid: () => make().logProb(any(name === "Categorical" ? u32(1) : ones([1]))),
  wrong: [[() => make().logProb(any([1, 2])), `${name}.logProb: the value ${LIST}`]],
  more: (extra) => make().logProb(any(u32(1)), extra),
});

export const DATA: Record<string, Entry> = {
  "data.Dataset": {
    valid: () =>
      new (class extends data.Dataset {
        length = 2;
        get = (i: number) => i;
      })(),
  },
  "data.TensorDataset": {
    valid: () => rows(),
    wrong: [
      [() => new data.TensorDataset(any([1, 2])), `TensorDataset: argument 0 ${LIST}`],
      [() => new data.TensorDataset(), "TensorDataset: wants one tensor or more"],
    ],
  },
  "data.TensorDataset#get": {
    valid: () => rows().get(1),
    wrong: [[() => rows().get(any("0")), 'TensorDataset.get: the index is one of 0 … 1, got "0"']],
    more: (extra) => rows().get(0, extra),
  },
  "data.Subset": {
    valid: () => new data.Subset(rows(), [1]),
    wrong: [
      [() => new data.Subset(any(1), [0]), "Subset: the dataset has a length and a get(i), got 1"],
      [() => new data.Subset(rows(), any(1)), "Subset: the indices are a list of whole numbers, got 1"],
    ],
    more: (extra) => new data.Subset(rows(), [0], extra),
  },
  "data.Subset#get": {
    valid: () => new data.Subset(rows(), [1]).get(0),
    wrong: [
      [() => new data.Subset(rows(), [1]).get(any("0")), 'Subset.get: the index is one of 0 … 0, got "0"'],
    ],
    more: (extra) => new data.Subset(rows(), [1]).get(0, extra),
  },
  "data.ConcatDataset": {
    valid: () => new data.ConcatDataset([rows(), [1, 2]] as never[]),
    wrong: [[() => new data.ConcatDataset(any(1)), "ConcatDataset: wants a list of datasets, got 1"]],
    more: (extra) => new data.ConcatDataset([rows()], extra),
  },
  "data.ConcatDataset#get": {
    valid: () => new data.ConcatDataset([rows(), rows()]).get(3),
    wrong: [
      [
        () => new data.ConcatDataset([rows()]).get(any("0")),
        'ConcatDataset.get: the index is one of 0 … 1, got "0"',
      ],
    ],
    more: (extra) => new data.ConcatDataset([rows()]).get(0, extra),
  },
  "data.SequentialSampler": {
    valid: () => new data.SequentialSampler(rows()),
    wrong: [[() => new data.SequentialSampler(any(3)), "SequentialSampler: the dataset has a length, got 3"]],
    more: (extra) => new data.SequentialSampler(rows(), extra),
  },
  "data.BatchSampler": {
    valid: () => new data.BatchSampler([0, 1, 2], 2, { dropLast: true }),
    wrong: [
      [
        () => new data.BatchSampler(any(3), 2),
        "BatchSampler: the sampler has a length and can be iterated, got 3",
      ],
      [() => new data.BatchSampler([0], 0), "BatchSampler: batchSize is a whole number ≥ 1, got 0"],
    ],
    options: [(options) => new data.BatchSampler([0], 1, options), "dropLast"],
  },
  "data.RandomSampler": {
    valid: () => new data.RandomSampler(rows(), { replacement: true, numSamples: 3 }),
    wrong: [
      [() => new data.RandomSampler(any(3)), "RandomSampler: the dataset has a length, got 3"],
      [() => new data.RandomSampler(any(ones([2]))), "RandomSampler: the dataset has a length, got a tensor"],
      [
        () => new data.RandomSampler(rows(), { numSamples: 0.5 }),
        "RandomSampler: numSamples is a whole number ≥ 0, got 0.5",
      ],
    ],
    options: [(options) => new data.RandomSampler(rows(), options), "numSamples"],
  },
  "data.SubsetRandomSampler": {
    valid: () => new data.SubsetRandomSampler([1, 0]),
    wrong: [
      [
        () => new data.SubsetRandomSampler(any(ones([2]))),
        "SubsetRandomSampler: the indices are a list of whole numbers, got a tensor [2]: write await indices.tolist()",
      ],
    ],
    options: [(options) => new data.SubsetRandomSampler([1], options), "seed"],
  },
  "data.WeightedRandomSampler": {
    valid: () => new data.WeightedRandomSampler([1, 2], 3, { replacement: true }),
    wrong: [
      [
        () => new data.WeightedRandomSampler(any([1, "2"]), 1),
        'WeightedRandomSampler: the weights are a list of numbers ≥ 0, got "2"',
      ],
      [
        () => new data.WeightedRandomSampler([1], any("1")),
        'WeightedRandomSampler: numSamples is a whole number ≥ 1, got "1"',
      ],
    ],
    options: [(options) => new data.WeightedRandomSampler([1, 2], 1, options), "replacement"],
  },
  "data.DataLoader": {
    valid: () => new data.DataLoader(rows(), { batchSize: 2 }),
    wrong: [
      [
        () => new data.DataLoader(any(grid())),
        "DataLoader: the dataset has a length and a get(i), got a tensor [2, 3]: write new data.TensorDataset(x)",
      ],
      [
        () => new data.DataLoader(rows(), any(32)),
        "DataLoader: the second argument is an object of options: { batchSize: 32 }",
      ],
      [() => new data.DataLoader(rows(), { shuffle: any(1) }), "DataLoader: shuffle is true or false, got 1"],
    ],
    options: [(options) => new data.DataLoader(rows(), options), "dropLast"],
  },
  "data.randomSplit": {
    valid: () => data.randomSplit(rows(), [1, 1], { seed: 1 }),
    wrong: [
      [() => data.randomSplit(any(1), [1]), "randomSplit: the dataset has a length and a get(i), got 1"],
      [() => data.randomSplit(rows(), any(1)), "randomSplit: the lengths are a list of numbers ≥ 0, got 1"],
    ],
    options: [(options) => data.randomSplit(rows(), [2], options), "seed"],
  },
  "distributions.Categorical": byProbs("Categorical"),
  "distributions.Bernoulli": byProbs("Bernoulli"),
  "distributions.Normal": {
    valid: () => normal(),
    wrong: [
      [() => new distributions.Normal(any([0]), 1), "Normal: loc is a tensor or a number, got [0]"],
      [() => new distributions.Normal(0, any("1")), 'Normal: scale is a tensor or a number, got "1"'],
    ],
    more: (extra) => new distributions.Normal(0, 1, extra),
  },
  "distributions.Bernoulli#sample": {
    valid: () => [coin().sample(), die().sample([2])],
    wrong: [[() => normal().sample(any(3)), "Normal.sample: the shape is a list of whole numbers"]],
    more: (extra) => normal().sample([2], extra),
  },
  "distributions.Normal#rsample": {
    valid: () => normal().rsample([2]),
    wrong: [[() => normal().rsample(any(3)), "Normal.rsample: the shape is a list of whole numbers"]],
    more: (extra) => normal().rsample([2], extra),
  },
  "distributions.Bernoulli#logProb": logProb("Bernoulli", coin),
  "distributions.Categorical#logProb": logProb("Categorical", die),
  "distributions.Normal#logProb": logProb("Normal", normal),
  ...Object.fromEntries(
    Object.entries({ Bernoulli: coin, Categorical: die, Normal: normal }).map(([name, make]) => [
      `distributions.${name}#entropy`,
      { valid: () => make().entropy(), more: (extra: never) => make().entropy(extra) },
    ]),
  ),
  "distributions.klDivergence": {
    valid: () => distributions.klDivergence(normal(), normal()),
    wrong: [
      [
        () => distributions.klDivergence(normal(), coin()),
        "klDivergence: wants two distributions of one kind, got a Normal and a Bernoulli",
      ],
    ],
    more: (extra) => distributions.klDivergence(normal(), normal(), extra),
  },
};
