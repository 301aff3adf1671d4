// The public calls of nn: layers, modules' methods, initial weights.
import { compile, F, nn, noGrad, ones, type Tensor } from "otograd";
import { any, type Entry, forward, grid, image, LIST } from "./entry.ts";

const mn = new nn.MN({ width: 0.1, classes: 2 }).eval();
const small = () => mn;

const poolLayer = (name: "MaxPool2d" | "AvgPool2d"): Entry => ({
  valid: () => new nn[name](2, { stride: 1 }),
  wrong: [
    [
      () => new nn[name](any(undefined)),
      `${name}: kernelSize is a whole number ≥ 1 or a pair of them, got undefined`,
    ],
    [() => new nn[name](2, any(2)), `${name}: the second argument is an object of options: { stride: 2 }`],
  ],
  options: [(options) => new nn[name](2, options), "padding"],
});

const bare = (name: "ReLU" | "Sigmoid" | "Tanh" | "Identity"): Entry => ({
  valid: () => new nn[name](),
  wrong: [
    [() => new nn[name](any(true)), `${name}: an argument is left over: true: its constructor takes none`],
  ],
  more: (extra) => new nn[name](extra),
});

const batchNorm = (name: "BatchNorm1d" | "BatchNorm2d"): Entry => ({
  valid: () => new nn[name](3, { eps: 1e-3 }),
  wrong: [
    [() => new nn[name](any("3")), `${name}: numFeatures is a whole number ≥ 1, got "3"`],
    [
      () => new nn[name](3, any(1e-3), any(0.2)),
      `${name}: the second argument is an object of options: { eps: 0.001, momentum: 0.2 }`,
    ],
    [() => new nn[name](3, { affine: any(0) }), `${name}: affine is true or false, got 0`],
  ],
  options: [(options) => new nn[name](3, options), "trackRunningStats"],
});

const axisLayer = (name: "Softmax" | "LogSoftmax"): Entry => ({
  valid: () => new nn[name](1),
  wrong: [
    [() => new nn[name](any({ dim: 1 })), `${name}: dim is a number, got { dim: 1 }: write 1 without names`],
  ],
  more: (extra) => new nn[name](1, extra),
});

const filling = (name: "uniform_" | "normal_"): Entry => ({
  valid: () => nn.init[name](grid(), 0, 2),
  wrong: [
    [() => nn.init[name](any([1, 2])), `${name}: what is filled ${LIST}`],
    [
      () => nn.init[name](grid(), any({ a: 0 })),
      `${name}: ${name === "uniform_" ? "low" : "mean"} is a number, got { a: 0 }`,
    ],
  ],
  more: (extra) => nn.init[name](grid(), 0, 1, extra),
});

const kaiming = (name: "kaimingUniform_" | "kaimingNormal_"): Entry => ({
  valid: () => nn.init[name](grid(), { a: 1, mode: "fanOut", nonlinearity: "relu" }),
  wrong: [
    [() => nn.init[name](any([1, 2])), `${name}: what is filled ${LIST}`],
    [
      () => nn.init[name](grid(), any(0.5)),
      `${name}: the second argument is an object of options: { a: 0.5 }`,
    ],
    [
      () => nn.init[name](grid(), { mode: any("fan_in") }),
      `${name}: mode is "fanIn" or "fanOut", got "fan_in"`,
    ],
  ],
  options: [(options) => nn.init[name](grid(), options), "nonlinearity"],
});

export const NN: Record<string, Entry> = {
  compile: {
    valid: () => noGrad(() => compile(new nn.Linear(3, 1))(grid())),
    wrong: [
      [() => compile(any(3)), "compile: takes a module or a function, got 3"],
      [() => compile(any(() => 3))(), "compile: the body returns a tensor, or a list of tensors, got 3"],
    ],
    more: (extra) => (compile as (...given: unknown[]) => unknown)(new nn.Linear(3, 1), extra),
  },
  "nn.Linear": {
    valid: () => new nn.Linear(3, 1, { bias: false }),
    wrong: [
      [
        () => new nn.Linear(3, 1, any(false)),
        "Linear: the third argument is an object of options: { bias: false }",
      ],
      [() => new nn.Linear(any("3"), 1), 'Linear: inFeatures is a whole number ≥ 1, got "3"'],
      [() => new nn.Linear(3, any(undefined)), "Linear: outFeatures is a whole number ≥ 1, got undefined"],
    ],
    options: [(options) => new nn.Linear(3, 1, options), "bias"],
  },
  "nn.Conv2d": {
    valid: () => new nn.Conv2d(1, 1, 3, { stride: 2, bias: false }),
    wrong: [
      [
        () => new nn.Conv2d(1, 1, 3, any(2)),
        "Conv2d: the fourth argument is an object of options: { stride: 2 }",
      ],
      [
        () => new nn.Conv2d(1, 1, 3, { stride: 2 }, any(1)),
        "Conv2d: the object of options is the last argument, but 1 comes behind it",
      ],
      [() => new nn.Conv2d(6, 3, 3, { groups: 2 }), "Conv2d: outChannels, 3, do not come in 2 groups"],
      [
        () => new nn.Conv2d(1, 1, any(undefined)),
        "Conv2d: kernelSize is a whole number ≥ 1 or a pair of them, got undefined",
      ],
      [
        () => new nn.Conv2d(1, 1, 3, { depth: 2 } as never),
        "Conv2d: there is no option depth: there are stride, padding, dilation, groups, bias, paddingMode",
      ],
    ],
    options: [(options) => new nn.Conv2d(1, 1, 3, options), "dilation"],
  },
  "nn.Conv1d": {
    valid: () => new nn.Conv1d(1, 1, 3, { padding: 1 }),
    wrong: [
      [
        () => new nn.Conv1d(1, 1, 3, any(2), any(1)),
        "Conv1d: the fourth argument is an object of options: { stride: 2, padding: 1 }",
      ],
    ],
    options: [(options) => new nn.Conv1d(1, 1, 3, options), "padding"],
  },
  "nn.Embedding": {
    valid: () => new nn.Embedding(4, 2),
    wrong: [[() => new nn.Embedding(any("4"), 2), 'Embedding: numEmbeddings is a whole number ≥ 1, got "4"']],
    options: [(options) => new nn.Embedding(4, 2, options), "paddingIdx"],
  },
  "nn.Dropout": {
    valid: () => new nn.Dropout(0.5),
    wrong: [
      [() => new nn.Dropout(any({ p: 0.5 })), "Dropout: p is a probability from 0 to 1, got { p: 0.5 }"],
    ],
    more: (extra) => new nn.Dropout(0.5, extra),
  },
  "nn.LeakyReLU": {
    valid: () => new nn.LeakyReLU(0.1),
    wrong: [[() => new nn.LeakyReLU(any("0.1")), 'LeakyReLU: negativeSlope is a number, got "0.1"']],
    more: (extra) => new nn.LeakyReLU(0.1, extra),
  },
  "nn.ReLU": bare("ReLU"),
  "nn.Sigmoid": bare("Sigmoid"),
  "nn.Tanh": bare("Tanh"),
  "nn.Identity": bare("Identity"),
  "nn.Softmax": axisLayer("Softmax"),
  "nn.LogSoftmax": axisLayer("LogSoftmax"),
  "nn.BatchNorm1d": batchNorm("BatchNorm1d"),
  "nn.BatchNorm2d": batchNorm("BatchNorm2d"),
  "nn.MaxPool2d": poolLayer("MaxPool2d"),
  "nn.AvgPool2d": poolLayer("AvgPool2d"),
  "nn.Flatten": {
    valid: () => new nn.Flatten(1, -1),
    wrong: [
      [
        () => new nn.Flatten(any({ startDim: 1 })),
        "Flatten: startDim is a number, got { startDim: 1 }: write 1 without names",
      ],
    ],
    more: (extra) => new nn.Flatten(1, -1, extra),
  },
  "nn.Unflatten": {
    valid: () => new nn.Unflatten(1, [3, -1]),
    wrong: [
      [() => new nn.Unflatten(any("1"), [3]), 'Unflatten: dim is a number, got "1"'],
      [() => new nn.Unflatten(1, any(3)), "Unflatten: the sizes are a list of whole numbers: write [3]"],
    ],
    more: (extra) => new nn.Unflatten(1, [3], extra),
  },
  "nn.CosineSimilarity": {
    valid: () => new nn.CosineSimilarity(),
    wrong: [
      [
        () => new nn.CosineSimilarity(any(1)),
        "CosineSimilarity: the first argument is an object of options: { dim: 1 }",
      ],
    ],
    options: [(options) => new nn.CosineSimilarity(options), "dim"],
  },
  "nn.PairwiseDistance": {
    valid: () => new nn.PairwiseDistance(),
    wrong: [
      [
        () => new nn.PairwiseDistance(any(1)),
        "PairwiseDistance: the first argument is an object of options: { p: 1 }",
      ],
    ],
    options: [(options) => new nn.PairwiseDistance(options), "keepdim"],
  },
  "nn.Unflatten#forward": forward(() => new nn.Unflatten(1, [3]), grid(), `Unflatten: the input ${LIST}`),
  "nn.CosineSimilarity#forward": {
    valid: () => new nn.CosineSimilarity().forward(grid(), grid()),
    wrong: [
      [
        () => new nn.CosineSimilarity().forward(grid(), any([1, 2])),
        `cosineSimilarity: the second input ${LIST}`,
      ],
    ],
  },
  "nn.PairwiseDistance#forward": {
    valid: () => new nn.PairwiseDistance().forward(grid(), grid()),
    wrong: [
      [
        () => new nn.PairwiseDistance().forward(grid(), any([1, 2])),
        `pairwiseDistance: the second input ${LIST}`,
      ],
    ],
  },
  "nn.Sequential": {
    valid: () => new nn.Sequential(new nn.ReLU(), new nn.Tanh()),
    wrong: [
      [
        () => new nn.Sequential(any([new nn.ReLU()])),
        "Sequential: layer 0 is a module, got [a ReLU]: they are given one by one, new Sequential(...layers)",
      ],
      [() => new nn.Sequential(any(F.relu)), "Sequential: layer 0 is a module, got a function"],
    ],
    more: (extra) => new nn.Sequential(new nn.ReLU(), extra),
  },
  "nn.Parameter": {
    valid: () => new nn.Parameter(grid()),
    wrong: [[() => new nn.Parameter(any([1, 2])), `Parameter: what it is made from ${LIST}`]],
    options: [(options) => new nn.Parameter(grid(), options), "requiresGrad"],
  },
  "nn.Buffer": {
    valid: () => new nn.Buffer(grid()),
    wrong: [
      [() => new nn.Buffer(any([1, 2])), `Buffer: what it is made from ${LIST}`],
      [
        () => new nn.Buffer(grid(), any({ persistent: false })),
        "Buffer: what is not persistent is no buffer here",
      ],
    ],
    options: [(options) => new nn.Buffer(grid(), options), "persistent"],
  },
  "nn.Module": {
    valid: () =>
      new (class Net extends nn.Module {
        forward = (x: Tensor) => x;
      })(),
    wrong: [
      [
        () => {
          // @ts-expect-error JavaScript does not see that it is missing
          class Net extends nn.Module {}
          return new Net().forward(grid());
        },
        "Net has no forward pass: write forward(x) { … }, which gives what it computes",
      ],
    ],
    more: (extra) =>
      new (class Module extends nn.Module {
        forward = (x: Tensor) => x;
      })(extra),
  },
  "nn.Piczak": {
    valid: () => new nn.Piczak({ classes: 2, filters: 2, hidden: [4], frames: 20 }),
    wrong: [
      [() => new nn.Piczak(any(2)), "Piczak: the first argument is an object of options: { classes: 2 }"],
      [() => new nn.Piczak(any(undefined)), "Piczak: classes is a number, got undefined"],
      [
        () => new nn.Piczak({ classes: 2, form: any("batchNorm") }),
        'Piczak: form is "dropout" or "batch-norm", got "batchNorm"',
      ],
    ],
    options: [(options) => new nn.Piczak({ classes: 2, ...(options as object) }), "melBands"],
  },
  "nn.MN": {
    valid: () => new nn.MN({ width: 0.1, classes: 2 }),
    wrong: [
      [() => new nn.MN(any(0.4)), "MN: the first argument is an object of options: { width: 0.4 }"],
      [() => new nn.MN({ width: any("0.4") }), 'MN: width is a number, got "0.4"'],
      [() => new nn.MN({ classes: 0 }), "MN: classes is a whole number ≥ 1, got 0"],
    ],
    options: [(options) => new nn.MN({ width: 0.1, classes: 2, ...(options as object) }), "width"],
  },
  "nn.MN#forward": forward(() => small(), ones([1, 1, 32, 32]), `MN.embed: the input ${LIST}`),
  "nn.MN#embed": {
    valid: () => small().embed(ones([1, 1, 32, 32])),
    wrong: [[() => small().embed(any([1, 2])), `MN.embed: the input ${LIST}`]],
    more: (extra) => small().embed(ones([1, 1, 32, 32]), extra),
  },
  "nn.MN#blocks": {
    valid: () => small().blocks(ones([1, 1, 32, 32]), 0, 2),
    wrong: [
      [() => small().blocks(any([1, 2])), `MN.blocks: the input ${LIST}`],
      [
        () => small().blocks(ones([1, 1, 32, 32]), any("1")),
        'MN.blocks: from is a whole number ≥ 0, got "1"',
      ],
      [() => small().blocks(ones([1, 1, 32, 32]), 3, 2), "MN.blocks: wants 0 ≤ from ≤ to ≤ 17, got 3 and 2"],
    ],
    more: (extra) => small().blocks(ones([1, 1, 32, 32]), 0, 1, extra),
  },
  "nn.MN#pool": {
    valid: () => small().pool(ones([1, 2, 3, 4])),
    wrong: [[() => small().pool(any([1, 2])), `MN.pool: the input ${LIST}`]],
    more: (extra) => small().pool(ones([1, 2, 3, 4]), extra),
  },
  "nn.MN#classify": {
    valid: () => small().classify(ones([1, small().embeddingSize])),
    wrong: [[() => small().classify(any([1, 2])), `MN.classify: the input ${LIST}`]],
    more: (extra) => small().classify(ones([1, 96]), extra),
  },
  "nn.init.uniform_": filling("uniform_"),
  "nn.init.normal_": filling("normal_"),
  "nn.init.constant_": {
    valid: () => nn.init.constant_(grid(), 2),
    wrong: [[() => nn.init.constant_(grid(), any("2")), 'constant_: value is a number, got "2"']],
    more: (extra) => nn.init.constant_(grid(), 1, extra),
  },
  "nn.init.kaimingUniform_": kaiming("kaimingUniform_"),
  "nn.init.kaimingNormal_": kaiming("kaimingNormal_"),
  "nn.init.xavierUniform_": {
    valid: () => nn.init.xavierUniform_(grid(), 2),
    wrong: [
      [
        () => nn.init.xavierUniform_(grid(), any({ gain: 2 })),
        "xavierUniform_: gain is a number, got { gain: 2 }",
      ],
    ],
    more: (extra) => nn.init.xavierUniform_(grid(), 1, extra),
  },
  "nn.init.calculateFanInAndFanOut": {
    valid: () => nn.init.calculateFanInAndFanOut(grid()),
    wrong: [
      [() => nn.init.calculateFanInAndFanOut(any([1, 2])), `calculateFanInAndFanOut: the weight ${LIST}`],
    ],
    more: (extra) => nn.init.calculateFanInAndFanOut(grid(), extra),
  },
  "nn.init.calculateGain": {
    valid: () => nn.init.calculateGain("leakyRelu", 0.1),
    wrong: [
      [
        () => nn.init.calculateGain(any("leaky_relu")),
        'calculateGain: the nonlinearity is "linear", "sigmoid", "tanh", "relu", "leakyRelu" or "selu", got "leaky_relu"',
      ],
      [() => nn.init.calculateGain("relu", any("1")), 'calculateGain: negativeSlope is a number, got "1"'],
    ],
    more: (extra) => nn.init.calculateGain("relu", 0, extra),
  },
  "nn.Module#train": {
    valid: () => new nn.ReLU().train(false),
    wrong: [[() => new nn.ReLU().train(any("eval")), 'train: the mode is true or false, got "eval"']],
  },
  "nn.Module#zeroGrad": {
    valid: () => new nn.Linear(1, 1).zeroGrad({ setToNone: false }),
    wrong: [
      [
        () => new nn.Linear(1, 1).zeroGrad(any(false)),
        "zeroGrad: the first argument is an object of options: { setToNone: false }",
      ],
    ],
    options: [(options) => new nn.Linear(1, 1).zeroGrad(options), "setToNone"],
  },
  "nn.Module#loadStateDict": {
    valid: () => new nn.Linear(1, 1).loadStateDict(new nn.Linear(1, 1).stateDict(), { strict: true }),
    wrong: [
      [
        () => new nn.Linear(1, 1).loadStateDict(any("net.pt")),
        'loadStateDict: the state is an object of tensors by name, got "net.pt"',
      ],
      [
        () => new nn.Linear(1, 1).loadStateDict(any(new nn.Linear(1, 1))),
        "loadStateDict: the state is an object of tensors by name, got a Linear: write model.stateDict()",
      ],
      [
        () => new nn.Linear(1, 1).loadStateDict({ weight: any([1]) }),
        'loadStateDict: "weight" is a tensor, got [1]',
      ],
      [
        () => new nn.Linear(1, 1).loadStateDict({}, any(false)),
        "loadStateDict: the second argument is an object of options: { strict: false }",
      ],
    ],
    options: [
      (options) => new nn.Linear(1, 1).loadStateDict(new nn.Linear(1, 1).stateDict(), options),
      "strict",
    ],
  },
  "nn.Linear#forward": forward(() => new nn.Linear(3, 1), grid(), `linear: the input ${LIST}`),
  "nn.Conv2d#forward": forward(() => new nn.Conv2d(1, 1, 2), image(), `conv2d: the input ${LIST}`),
  "nn.Conv1d#forward": forward(() => new nn.Conv1d(1, 1, 2), ones([1, 1, 4]), `conv1d: the input ${LIST}`),
  "nn.Embedding#forward": {
    valid: () => new nn.Embedding(3, 2).forward([1, 2]),
    wrong: [
      [
        () => new nn.Embedding(3, 2).forward(any(1)),
        "embedding: the index is a list of whole numbers or an int32 tensor, got 1",
      ],
    ],
  },
  "nn.Dropout#forward": forward(() => new nn.Dropout(), grid(), `dropout: the input ${LIST}`),
  "nn.LeakyReLU#forward": forward(() => new nn.LeakyReLU(), grid(), `leakyRelu: the input ${LIST}`),
  "nn.ReLU#forward": forward(() => new nn.ReLU(), grid(), `relu: the input ${LIST}`),
  "nn.Sigmoid#forward": forward(() => new nn.Sigmoid(), grid(), `sigmoid: the input ${LIST}`),
  "nn.Tanh#forward": forward(() => new nn.Tanh(), grid(), `tanh: the input ${LIST}`),
  "nn.Softmax#forward": forward(() => new nn.Softmax(1), grid(), `softmax: the input ${LIST}`),
  "nn.LogSoftmax#forward": forward(() => new nn.LogSoftmax(1), grid(), `logSoftmax: the input ${LIST}`),
  "nn.BatchNorm1d#forward": forward(() => new nn.BatchNorm1d(3), grid(), `BatchNorm1d: the input ${LIST}`),
  "nn.MaxPool2d#forward": forward(() => new nn.MaxPool2d(2), image(), `maxPool2d: the input ${LIST}`),
  "nn.AvgPool2d#forward": forward(() => new nn.AvgPool2d(2), image(), `avgPool2d: the input ${LIST}`),
  "nn.Flatten#forward": forward(() => new nn.Flatten(), grid(), `Flatten: the input ${LIST}`),
  "nn.Sequential#forward": {
    ...forward(() => new nn.Sequential(new nn.ReLU()), grid(), `relu: the input ${LIST}`),
    more: (extra) => new nn.Sequential(new nn.ReLU()).forward(grid(), extra),
  },
  "nn.Identity#forward": { valid: () => new nn.Identity().forward(any([1, 2])) },
  "nn.Piczak#forward": forward(
    () => new nn.Piczak({ classes: 2, filters: 1, hidden: [], frames: 20, melBands: 4 }),
    ones([1, 2, 4, 20]),
    `Piczak: the input ${LIST}`,
  ),
};
