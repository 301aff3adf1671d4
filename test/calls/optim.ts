// The public calls of optim, and of nn.utils: optimizers, and what is done to all gradients at once.
import { nn, ones, optim, tensor } from "otograd";
import { any, type Entry, LIST, leaf } from "./entry.ts";

type Name = "Adadelta" | "Adagrad" | "Adam" | "AdamW" | "Adamax" | "NAdam" | "RAdam" | "RMSprop" | "SGD";

const optimizer = (name: Name): Entry => ({
  valid: () => new optim[name]([{ params: [leaf()], weightDecay: 0 }], { lr: 0.1 }),
  wrong: [
    [
      () => new optim[name](any(leaf()), { lr: 1 }),
      `${name}: the parameters are a list of tensors, got a tensor [2]: write [parameter]`,
    ],
    [
      () => new optim[name](any(new nn.Linear(1, 1)), { lr: 1 }),
      `${name}: the parameters are a list of tensors, got a Linear: write model.parameters()`,
    ],
    [
      () => new optim[name](any(undefined), { lr: 1 }),
      `${name}: the parameters are a list of tensors, got undefined`,
    ],
    [
      () => new optim[name](any([new nn.Linear(1, 1)]), { lr: 1 }),
      `${name}: parameter 0 is not a tensor, got a Linear: write model.parameters()`,
    ],
    [() => new optim[name](any([1]), { lr: 1 }), `${name}: parameter 0 is not a tensor, got 1`],
    [
      () => new optim[name]([leaf()], any(0.1)),
      `${name}: the second argument is an object of options: { lr: 0.1 }`,
    ],
    [() => new optim[name]([leaf()], { lr: any("0.1") }), `${name}: lr is a number, got "0.1"`],
    [
      () => new optim[name]([{ params: [leaf()], weight_decay: 1 } as never], { lr: 1 }),
      `${name}: group 0: there is no option weight_decay: did you mean weightDecay?`,
    ],
    [
      () => new optim[name]([{ params: leaf() } as never], { lr: 1 }),
      `${name}: group 0: the parameters are a list of tensors, got a tensor [2]`,
    ],
  ],
  options: [
    (options) => new optim[name]([leaf()], { lr: 1, ...(options as object) } as never),
    "weightDecay",
  ],
});

const clipping = (name: "clipGradNorm_" | "clipGradValue_"): Entry => ({
  valid: () => nn.utils[name]([leaf()], 1),
  wrong: [
    [
      () => nn.utils[name](any(new nn.Linear(1, 1)), 1),
      `${name}: the parameters are a list of tensors, got a Linear: write model.parameters()`,
    ],
    [() => nn.utils[name](any([1]), 1), `${name}: parameter 0 is not a tensor, got 1`],
    [
      () => nn.utils[name](leaf(), any("1")),
      `${name}: ${name === "clipGradNorm_" ? "maxNorm" : "clipValue"} is a number, got "1"`,
    ],
    [
      () => nn.utils[name](leaf(), Number.NaN),
      `${name}: ${name === "clipGradNorm_" ? "maxNorm" : "clipValue"} is a number ≥ 0, got NaN`,
    ],
  ],
});

const layer = () => new nn.Linear(2, 1);

export const OPTIM: Record<string, Entry> = {
  "optim.AveragedModel": {
    valid: () => new optim.AveragedModel(layer(), { decay: 0.9 }),
    wrong: [
      [() => new optim.AveragedModel(any(leaf())), "AveragedModel: the model is a module, got a tensor [2]"],
      [
        () => new optim.AveragedModel(layer(), any(0.9)),
        "AveragedModel: the second argument is an object of options: { decay: 0.9 }",
      ],
      [
        () => new optim.AveragedModel(layer(), { avgFn: any(0.9) }),
        "AveragedModel: avgFn is a function, got 0.9",
      ],
    ],
    options: [(options) => new optim.AveragedModel(layer(), options), "useBuffers"],
  },
  "optim.AveragedModel#forward": {
    valid: () => new optim.AveragedModel(layer()).forward(tensor([[1, 2]])),
    wrong: [[() => new optim.AveragedModel(layer()).forward(any([1, 2])), `linear: the input ${LIST}`]],
  },
  "optim.AveragedModel#nAveraged=": {
    valid: () => Object.assign(new optim.AveragedModel(layer()), { nAveraged: 2 }),
    wrong: [
      [
        () => Object.assign(new optim.AveragedModel(layer()), { nAveraged: "2" }),
        'AveragedModel: nAveraged is a whole number ≥ 0, got "2"',
      ],
    ],
  },
  "optim.AveragedModel#updateParameters": {
    valid: () => new optim.AveragedModel(layer()).updateParameters(layer()),
    wrong: [
      [
        () => new optim.AveragedModel(layer()).updateParameters(any(1)),
        "AveragedModel.updateParameters: the model is a module, got 1",
      ],
    ],
    more: (extra) => new optim.AveragedModel(layer()).updateParameters(layer(), extra),
  },
  "optim.updateBn": {
    valid: () => optim.updateBn([], layer()),
    wrong: [
      [() => optim.updateBn(any(1), layer()), "updateBn: the loader gives batches, got 1"],
      [() => optim.updateBn([], any(1)), "updateBn: the model is a module, got 1"],
    ],
    more: (extra) => optim.updateBn([], layer(), extra),
  },
  "optim.Adadelta": optimizer("Adadelta"),
  "optim.Adagrad": optimizer("Adagrad"),
  "optim.Adam": optimizer("Adam"),
  "optim.AdamW": optimizer("AdamW"),
  "optim.Adamax": optimizer("Adamax"),
  "optim.NAdam": optimizer("NAdam"),
  "optim.RAdam": optimizer("RAdam"),
  "optim.RMSprop": optimizer("RMSprop"),
  "optim.SGD": optimizer("SGD"),
  "optim.LBFGS": {
    valid: () => new optim.LBFGS([leaf()], { lineSearchFn: null }),
    wrong: [
      [() => new optim.LBFGS(any(leaf())), "LBFGS: the parameters are a list of tensors, got a tensor [2]"],
      [
        () => new optim.LBFGS(any([{ params: [leaf()] }])),
        "LBFGS: parameter 0 is not a tensor, got { params: [a tensor [2]] }: it has one group of parameters alone",
      ],
      [
        () => new optim.LBFGS([leaf()], any(1)),
        "LBFGS: the second argument is an object of options: { lr: 1 }",
      ],
      [
        () => new optim.LBFGS([leaf()], { lineSearchFn: any("strong_wolfe") }),
        'LBFGS: lineSearchFn is "strongWolfe", or null, got "strong_wolfe"',
      ],
    ],
    options: [(options) => new optim.LBFGS([leaf()], options), "historySize"],
  },
  "optim.LBFGS#lr=": {
    valid: () => Object.assign(new optim.LBFGS([leaf()]), { lr: 2 }),
    wrong: [
      [() => Object.assign(new optim.LBFGS([leaf()]), { lr: "2" }), 'LBFGS: lr is a number ≥ 0, got "2"'],
    ],
  },
  "optim.LBFGS#step": {
    valid: () => new optim.LBFGS([leaf()]).step(() => tensor(1)),
    wrong: [
      [
        () => new optim.LBFGS([leaf()]).step(any(undefined)),
        "LBFGS.step: the closure is a function, got undefined",
      ],
      [
        () => new optim.LBFGS([leaf()]).step(any(() => 1)),
        "LBFGS.step: the closure returns the loss, a tensor, got 1",
      ],
    ],
  },
  "optim.LBFGS#zeroGrad": {
    valid: () => new optim.LBFGS([leaf()]).zeroGrad({ setToNone: false }),
    wrong: [
      [
        () => new optim.LBFGS([leaf()]).zeroGrad(any(false)),
        "zeroGrad: the first argument is an object of options: { setToNone: false }",
      ],
    ],
    options: [(options) => new optim.LBFGS([leaf()]).zeroGrad(options), "setToNone"],
  },
  "optim.LBFGS#loadStateDict": {
    valid: () => {
      const lbfgs = new optim.LBFGS([leaf()]);
      lbfgs.loadStateDict(lbfgs.stateDict());
    },
    wrong: [
      [
        () => new optim.LBFGS([leaf()]).loadStateDict(any({})),
        "loadStateDict: LBFGS goes on from what its stateDict() gave",
      ],
    ],
  },
  "optim.Adadelta#addParamGroup": {
    valid: () => new optim.SGD([leaf()], { lr: 1 }).addParamGroup({ params: [leaf()], lr: 2 }),
    wrong: [
      [
        () => new optim.SGD([leaf()], { lr: 1 }).addParamGroup(any(leaf())),
        "SGD.addParamGroup: group 1: the first argument is an object of options: { params: a tensor [2] }",
      ],
      [
        () => new optim.SGD([leaf()], { lr: 1 }).addParamGroup({ params: [any(1)] }),
        "SGD.addParamGroup: parameter 1 is not a tensor, got 1",
      ],
    ],
    more: (extra) => new optim.SGD([leaf()], { lr: 1 }).addParamGroup({ params: [leaf()] }, extra),
  },
  "optim.Adadelta#zeroGrad": {
    valid: () => new optim.SGD([leaf()], { lr: 1 }).zeroGrad({ setToNone: false }),
    wrong: [
      [
        () => new optim.SGD([leaf()], { lr: 1 }).zeroGrad(any(false)),
        "zeroGrad: the first argument is an object of options: { setToNone: false }",
      ],
    ],
    options: [(options) => new optim.SGD([leaf()], { lr: 1 }).zeroGrad(options), "setToNone"],
  },
  "optim.Adadelta#step": {
    valid: () => new optim.SGD([leaf()], { lr: 1 }).step(),
    wrong: [
      [
        () => new optim.SGD([leaf()], { lr: 1 }).step(any(() => 1)),
        "SGD.step: an argument is left over: a function: compute the loss",
      ],
    ],
    more: (extra) => new optim.SGD([leaf()], { lr: 1 }).step(extra),
  },
  "optim.Adadelta#lr=": {
    valid: () => Object.assign(new optim.SGD([leaf()], { lr: 1 }), { lr: 2 }),
    wrong: [
      [
        () => Object.assign(new optim.SGD([leaf()], { lr: 1 }), { lr: "2" }),
        'SGD: lr is a number ≥ 0, got "2"',
      ],
    ],
  },
  "optim.Adadelta#loadStateDict": {
    valid: () => {
      const sgd = new optim.SGD([leaf()], { lr: 1 });
      sgd.loadStateDict(sgd.stateDict());
    },
    wrong: [
      [
        () => new optim.SGD([leaf()], { lr: 1 }).loadStateDict(any(undefined)),
        "loadStateDict: SGD goes on from what its stateDict() gave",
      ],
      [
        () => {
          const sgd = new optim.SGD([leaf()], { lr: 1 });
          sgd.loadStateDict({ ...sgd.stateDict(), tensors: { "0.momentum_buffer": any([1]) } });
        },
        'loadStateDict: "0.momentum_buffer" is a tensor, got [1]',
      ],
    ],
  },
  "nn.utils.clipGradNorm_": {
    ...clipping("clipGradNorm_"),
    options: [(options) => nn.utils.clipGradNorm_(leaf(), 1, options), "normType"],
  },
  "nn.utils.clipGradValue_": {
    ...clipping("clipGradValue_"),
    more: (extra) => nn.utils.clipGradValue_(leaf(), 1, extra),
  },
  "nn.utils.parametersToVector": {
    valid: () => nn.utils.parametersToVector([leaf()]),
    wrong: [
      [
        () => nn.utils.parametersToVector(any(1)),
        "parametersToVector: the parameters are a list of tensors, got 1",
      ],
    ],
    more: (extra) => nn.utils.parametersToVector([leaf()], extra),
  },
  "nn.utils.deepcopy": {
    valid: () => nn.utils.deepcopy(new nn.Linear(1, 1)),
    wrong: [
      [
        () => nn.utils.deepcopy(any(new nn.Linear(1, 1).weight.data())),
        "deepcopy: wants a module or a tensor, or lists, maps and plain objects of them, got a promise, which wants an await",
      ],
    ],
    more: (extra) => nn.utils.deepcopy(new nn.Linear(1, 1), extra),
  },
  "nn.utils.skipInit": {
    valid: () => nn.utils.skipInit(() => new nn.Linear(1, 1)),
    wrong: [
      [
        () => nn.utils.skipInit(any(new nn.Linear(1, 1))),
        "skipInit: what makes the module is a function, got a Linear",
      ],
    ],
    more: (extra) => nn.utils.skipInit(() => new nn.Linear(1, 1), extra),
  },
  "nn.utils.weightNorm": {
    valid: () => nn.utils.weightNorm(new nn.Linear(2, 1), { name: "weight", dim: null }),
    wrong: [
      [() => nn.utils.weightNorm(any(leaf())), "weightNorm: the model is a module, got a tensor"],
      [
        () => nn.utils.weightNorm(new nn.Linear(2, 1, { bias: false }), { name: "bias" }),
        'weightNorm: Linear has no parameter "bias": there are "weight"',
      ],
      [
        () => nn.utils.weightNorm(new nn.Linear(2, 1), any("weight")),
        'weightNorm: the second argument is an object of options: { name: "weight" }',
      ],
    ],
    options: [(options) => nn.utils.weightNorm(new nn.Linear(2, 1), options), "dim"],
  },
  "nn.utils.removeWeightNorm": {
    valid: () => nn.utils.removeWeightNorm(nn.utils.weightNorm(new nn.Linear(2, 1))),
    wrong: [
      [() => nn.utils.removeWeightNorm(any(1)), "removeWeightNorm: the model is a module, got 1"],
      [
        () => nn.utils.removeWeightNorm(new nn.Linear(2, 1)),
        'removeWeightNorm: Linear has no weightNorm of "weight"',
      ],
    ],
    more: (extra) => nn.utils.removeWeightNorm(nn.utils.weightNorm(new nn.Linear(2, 1)), "weight", extra),
  },
  "nn.utils.spectralNorm": {
    valid: () => nn.utils.spectralNorm(new nn.Linear(2, 1), { nPowerIterations: 2, eps: 1e-6 }),
    wrong: [
      [() => nn.utils.spectralNorm(any(leaf())), "spectralNorm: the model is a module, got a tensor"],
      [
        () => nn.utils.spectralNorm(new nn.Linear(2, 1), { dim: -3 }),
        "spectralNorm: dim -3 is out of range: there are -2 … 1",
      ],
      [
        () => nn.utils.spectralNorm(new nn.Linear(2, 1), { eps: 0 }),
        "spectralNorm: eps is a number above 0, got 0",
      ],
    ],
    options: [(options) => nn.utils.spectralNorm(new nn.Linear(2, 1), options), "nPowerIterations"],
  },
  "nn.utils.removeSpectralNorm": {
    valid: () => nn.utils.removeSpectralNorm(nn.utils.spectralNorm(new nn.Linear(2, 1))),
    wrong: [
      [() => nn.utils.removeSpectralNorm(any(1)), "removeSpectralNorm: the model is a module, got 1"],
      [
        () => nn.utils.removeSpectralNorm(new nn.Linear(2, 1)),
        'removeSpectralNorm: Linear has no spectralNorm of "weight"',
      ],
    ],
    more: (extra) => nn.utils.removeSpectralNorm(nn.utils.spectralNorm(new nn.Linear(2, 1)), "weight", extra),
  },
  "nn.utils.rnn.padSequence": {
    valid: () => nn.utils.rnn.padSequence([ones([2]), ones([1])]),
    wrong: [
      [() => nn.utils.rnn.padSequence(any(1)), "padSequence: the sequences are one list of tensors, got 1"],
      [
        () => nn.utils.rnn.padSequence([ones([2]), ones([2, 1])]),
        "padSequence: sequences differ in their length alone, got [2] and [2, 1]",
      ],
    ],
    options: [(options) => nn.utils.rnn.padSequence([ones([2])], options), "batchFirst"],
  },
  "nn.utils.vectorToParameters": {
    valid: () => nn.utils.vectorToParameters(tensor([1, 2]), [leaf()]),
    wrong: [
      [() => nn.utils.vectorToParameters(any([1, 2]), [leaf()]), `vectorToParameters: the vector ${LIST}`],
    ],
    more: (extra) => nn.utils.vectorToParameters(tensor([1, 2]), [leaf()], extra),
  },
};
