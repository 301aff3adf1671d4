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
  klDivLoss: { layer: "KLDivLoss", inputs: two, option: "reduction" },
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

export const LOSS_CALLS: Record<string, Entry> = Object.fromEntries([
  ...Object.entries(LOSSES).flatMap(entriesOf),
  ...Object.entries(LAYERS)
    .flatMap(entriesOf)
    .filter(([name]) => !name.startsWith("F.")),
]);
