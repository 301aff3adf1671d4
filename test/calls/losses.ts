// The public calls of losses, as functions and as layers.
import { F, nn, ones, type Tensor, tensor } from "otograd";
import { any, type Entry, grid } from "./entry.ts";

type Call = (...inputsAndOptions: never[]) => Tensor;

/** What a loss is called with, a wrong first input's error, and one of its options. */
interface Loss {
  layer: keyof typeof nn;
  inputs: () => unknown[];
  option: string;
  /** What else the function calls its first input. */
  first?: string;
}

const two = () => [grid(), grid()];
const three = () => [grid(), grid(), ones([2])];
const labels = () => [grid(), tensor([0, 1], { dtype: "int32" })];

const LOSSES: Record<string, Loss> = {
  l1Loss: { layer: "L1Loss", inputs: two, option: "reduction" },
  smoothL1Loss: { layer: "SmoothL1Loss", inputs: two, option: "beta" },
  huberLoss: { layer: "HuberLoss", inputs: two, option: "delta" },
  softMarginLoss: { layer: "SoftMarginLoss", inputs: two, option: "reduction" },
  hingeEmbeddingLoss: { layer: "HingeEmbeddingLoss", inputs: two, option: "margin" },
  binaryCrossEntropy: { layer: "BCELoss", inputs: two, option: "weight" },
  binaryCrossEntropyWithLogits: { layer: "BCEWithLogitsLoss", inputs: two, option: "posWeight" },
  poissonNllLoss: { layer: "PoissonNLLLoss", inputs: two, option: "logInput" },
  gaussianNllLoss: {
    layer: "GaussianNLLLoss",
    inputs: () => [grid(), grid(), grid()],
    option: "full",
  },
  cosineEmbeddingLoss: {
    layer: "CosineEmbeddingLoss",
    inputs: three,
    option: "margin",
    first: "the first input",
  },
  marginRankingLoss: {
    layer: "MarginRankingLoss",
    inputs: () => [ones([2]), ones([2]), ones([2])],
    option: "margin",
    first: "the first input",
  },
  tripletMarginLoss: {
    layer: "TripletMarginLoss",
    inputs: () => [grid(), grid(), grid()],
    option: "swap",
    first: "the anchor",
  },
  multilabelSoftMarginLoss: { layer: "MultiLabelSoftMarginLoss", inputs: two, option: "weight" },
  multiMarginLoss: { layer: "MultiMarginLoss", inputs: labels, option: "weight" },
};
/** Whose functions have entries in functional.ts. */
const LAYERS: Record<string, Loss> = {
  crossEntropy: { layer: "CrossEntropyLoss", inputs: labels, option: "labelSmoothing" },
  nllLoss: { layer: "NLLLoss", inputs: labels, option: "ignoreIndex" },
  mseLoss: { layer: "MSELoss", inputs: two, option: "reduction" },
  klDiv: { layer: "KLDivLoss", inputs: two, option: "reduction" },
};

const functions = { ...F } as unknown as Record<string, Call>;
const layers = { ...nn } as unknown as Record<string, new (options?: unknown) => { forward: Call }>;

function entriesOf([name, { layer, inputs, option, first = "the input" }]: [string, Loss]): [
  string,
  Entry,
][] {
  const call = functions[name]!;
  const Layer = layers[layer]!;
  const wrongInput = (of: Call) => () => of(...(["x", ...inputs().slice(1)] as never[]));
  const wrongOption = { [option]: any(Symbol.iterator) };
  return [
    [
      `F.${name}`,
      {
        valid: () => call(...(inputs() as never[])),
        wrong: [
          [wrongInput(call), `${name}: ${first} is a tensor, got "x"`],
          [() => call(...([...inputs(), wrongOption] as never[])), `${name}: ${option} is `],
        ],
        options: [(options) => call(...([...inputs(), options] as never[])), option],
      },
    ],
    [
      `nn.${layer}`,
      {
        valid: () => new Layer({}),
        wrong: [
          [() => new Layer(1), `${layer}: the first argument is an object of options`],
          [() => new Layer(wrongOption), `${layer}: ${option} is `],
        ],
        options: [(options) => new Layer(options), option],
      },
    ],
    [
      `nn.${layer}#forward`,
      {
        valid: () => new Layer().forward(...(inputs() as never[])),
        wrong: [[wrongInput(new Layer().forward), `${name}: ${first} is a tensor, got "x"`]],
      },
    ],
  ];
}

const speech = () => [ones([4, 1, 3]), [[1, 2]], [4], [2]] as [Tensor, number[][], number[], number[]];

const CTC: Record<string, Entry> = {
  "F.ctcLoss": {
    valid: () => F.ctcLoss(...speech()),
    wrong: [
      [() => F.ctcLoss(any([1, 2]), [1], [1], [1]), "ctcLoss: the input is a tensor, got [1, 2]"],
      [
        () => F.ctcLoss(speech()[0], any(1), [4], [2]),
        "ctcLoss: the targets are lists of whole numbers or a tensor of them, got 1",
      ],
      [
        () => F.ctcLoss(speech()[0], [[1, 2]], any(tensor([4])), [2]),
        "ctcLoss: inputLengths is a list of whole numbers, got a tensor [1]",
      ],
      [
        () => F.ctcLoss(speech()[0], [[1, 2]], [4], any(["2"])),
        'ctcLoss: targetLengths[0] is a whole number ≥ 0, got "2"',
      ],
      [
        () => F.ctcLoss(...speech(), any(0)),
        "ctcLoss: the fifth argument is an object of options: { blank: 0 }",
      ],
    ],
    options: [(options) => F.ctcLoss(...speech(), options), "zeroInfinity"],
  },
  "nn.CTCLoss": {
    valid: () => new nn.CTCLoss({ blank: 1 }),
    wrong: [
      [() => new nn.CTCLoss(any(0)), "CTCLoss: the first argument is an object of options: { blank: 0 }"],
      [() => new nn.CTCLoss({ blank: any("0") }), 'CTCLoss: blank is a number, got "0"'],
    ],
    options: [(options) => new nn.CTCLoss(options), "zeroInfinity"],
  },
  "nn.CTCLoss#forward": {
    valid: () => new nn.CTCLoss().forward(...speech()),
    wrong: [[() => new nn.CTCLoss().forward(any(1), [1], [1], [1]), "ctcLoss: the input is a tensor, got 1"]],
  },
};

export const LOSS_CALLS: Record<string, Entry> = Object.fromEntries([
  ...Object.entries(CTC),
  ...Object.entries(LOSSES).flatMap(entriesOf),
  ...Object.entries(LAYERS)
    .flatMap(entriesOf)
    .filter(([name]) => !name.startsWith("F.")),
]);
