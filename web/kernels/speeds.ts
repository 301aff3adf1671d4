// What each kernel is timed at: one call of the public face that launches it, on sizes that are said, for the GPU that there is.

import { empty } from "../../src/gpu/array.ts";
import { device } from "../../src/gpu/device.ts";
import { linearGroups } from "../../src/gpu/kernel.ts";
import {
  audio,
  F,
  fft,
  nn,
  noGrad,
  ones,
  optim,
  rand,
  randn,
  searchsorted,
  stft,
  type Tensor,
  tensor,
  where,
  zeros,
} from "../../src/index.ts";
import { fma } from "../../src/kernels/ceilings.ts";
import { families } from "../../src/kernels/gemm/gemm.ts";
import { hasEightLanes } from "../../src/kernels/shared/lanes.ts";
import { SqueezeExcitation } from "../../src/nn/models/mn.ts";
import {
  averaging,
  type Call,
  convolved,
  gradient,
  product,
  type Shape,
  type Speed,
  shapeOf,
  step,
  timed,
} from "./timed.ts";

/** Every kernel's calls, on arrays of about `n` numbers, which is a power of four. */
export function speeds(n: number): Speed[] {
  const side = Math.sqrt(n); // [side, side] has n elements
  const square = [side, side];
  const planes = [16, 16, side / 16, side / 16]; // n elements, too
  const elements = (amount: number) => ({ unit: "elements" as const, amount });
  const operations = (amount: number) => ({ unit: "operations" as const, amount });
  const labels = (rows: number, classes: number) => () =>
    tensor(Uint32Array.from({ length: rows }, (_, i) => (i * 7) % classes));
  const of = (what: string, ...shapes: Shape[]) => `${what} of ${shapes.map(shapeOf).join(", ")}`;
  const one = (kernel: string, what: string, call: Call) => timed(kernel, of(what, [n]), [[n]], call);
  const loss = (kernel: string, what: string, call: Call) =>
    timed(kernel, of(what, [n], [n]), [[n], [n]], call);
  const excitation = new SqueezeExcitation(16, 8);
  const excite = (x?: Tensor) => excitation.forward(x!);
  const width = Math.max(16, side / 16);
  const steps = Math.max(4, side / 32);
  const recurrent = (
    kernel: string,
    gates: number,
    [cells, hidden]: readonly [number, number],
    layer: { forward(x: Tensor): readonly [Tensor, unknown] },
  ) =>
    timed(
      kernel,
      `nn.${kernel.replace("Sequence", "").toUpperCase()}(${hidden}, ${hidden}) on ${shapeOf([steps, cells, hidden])}`,
      [[steps, cells, hidden]],
      (x) => layer.forward(x!)[0],
      operations(2 * 2 * gates * steps * cells * hidden * hidden),
    );
  const bins = 257;
  const frames = Math.max(4, Math.round(n / bins / 16));
  const spectra = [16, bins, frames];
  const spectrogram = new audio.Spectrogram({ nFft: 1024, hopLength: 512 });
  const mels = new audio.MelScale({ nMels: 64, sampleRate: 22_050 });
  const heads = Math.max(1, n / 256 / 64);
  const attention = (kernel: string, width: number) =>
    timed(
      kernel,
      of("F.scaledDotProductAttention(q, k, v)", ...Array<Shape>(3).fill([heads, 256, width])),
      Array<Shape>(3).fill([heads, 256, width]),
      (q, k, v) => F.scaledDotProductAttention(q!, k!, v!),
      operations(4 * heads * 256 * 256 * width),
    );
  const seconds = Math.max(1, Math.round(n / 16 / 22_050));
  const waves = [16, seconds * 22_050];
  return [
    // Element by element.
    one("unary", "x.exp()", (x) => x!.exp()),
    one("activations", "F.mish(x)", (x) => F.mish(x!)),
    one("exponentials", "x.sinh()", (x) => x!.sinh()),
    one("trigonometry", "x.tan()", (x) => x!.tan()),
    one("rounding", "x.floor()", (x) => x!.floor()),
    one("predicates", "x.isnan()", (x) => x!.isnan()),
    timed("clamp", of("x.clamp(min, max)", [n], [n], [n]), [[n], [n], [n]], (x, min, max) =>
      x!.clamp(min!, max!),
    ),
    one("cast", 'x.to("int32")', (x) => x!.to("int32")),
    one("fill", "x.newFull(x.shape, 3)", (x) => x!.newFull([n], 3)),
    loss("binary", "x.add(y)", (x, y) => x!.add(y!)),
    loss("pairFunctions", "x.hypot(y)", (x, y) => x!.hypot(y!)),
    timed(
      "bitwise",
      of("x.bitwiseAnd(y)", [n], [n]),
      [() => tensor(new Int32Array(n).fill(5)), () => tensor(new Int32Array(n).fill(6))],
      (x, y) => x!.bitwiseAnd(y!),
    ),
    timed("where", of("where(c, x, y)", [n], [n], [n]), [() => rand([n]).gt(0.5), [n], [n]], (c, x, y) =>
      where(c!, x!, y!),
    ),
    // Sums, and what else a whole row goes into.
    timed("reduce", of("x.sum(1)", square), [square], (x) => x!.sum(1)),
    timed("prod", of("x.prod(1)", square), [square], (x) => x!.prod(1)),
    timed("extreme", of("x.amax(1)", square), [square], (x) => x!.amax(1)),
    timed("sumOf", of("x.norm(2)", [n]), [[n]], (x) => x!.norm(2)),
    timed("scan", of("x.cumsum(1)", square), [square], (x) => x!.cumsum(1)),
    timed("softmax", of("x.softmax(0)", square), [square], (x) => x!.softmax(0)),
    timed("softmaxRows", of("x.softmax(1)", [4, n / 4 - 1]), [[4, n / 4 - 1]], (x) => x!.softmax(1)),
    ...(hasEightLanes()
      ? [timed("softmaxLanes", of("x.softmax(1)", [n / 64, 64]), [[n / 64, 64]], (x) => x!.softmax(1))]
      : []),
    timed("sort", of("x.sort(1)", square), [square], (x) => x!.sort(1).values, elements(n)),
    timed(
      "search",
      of("searchsorted(x, y)", [side], [n]),
      [[side], [n]],
      (x, y) => searchsorted(x!, y!),
      elements(n),
    ),
    // Shapes and indices.
    timed("copy", of("x.transpose(0, 1).clone()", square), [square], (x) => x!.transpose(0, 1).clone()),
    timed("border", of('F.pad(x, [8, 8], { mode: "reflect" })', square), [square], (x) =>
      F.pad(x!, [8, 8], { mode: "reflect" }),
    ),
    timed("frame", of("F.pad(x, [8, 8, 8, 8])", square), [square], (x) => F.pad(x!, [8, 8, 8, 8])),
    timed("triangle", of("x.tril()", square), [square], (x) => x!.tril()),
    gradient("unfold", of("x.unfold(1, 16, 8)", square), square, (x) => x.unfold(1, 16, 8)),
    timed("gather", of("x.indexSelect(0, i)", square, [side]), [square, labels(side, side)], (x, i) =>
      x!.indexSelect(0, i!),
    ),
    timed(
      "scatter",
      of("x.indexCopy(0, i, y)", square, [side], square),
      [square, labels(side, side), square],
      (x, i, y) => x!.indexCopy(0, i!, y!),
    ),
    timed(
      "scatterAdd",
      of("x.indexAdd(0, i, y)", square, [side], square),
      [square, labels(side, side), square],
      (x, i, y) => x!.indexAdd(0, i!, y!),
    ),
    // Products.
    {
      kernel: "ceilings",
      does: "1,024 multiply-adds an invocation, nothing else",
      unit: "operations",
      open() {
        const out = empty([n]);
        const params = { turns: 16, a: 0.999, b: 0.001 };
        return {
          run: () => fma.launch("main", { arrays: [out], params, groups: linearGroups(n, 64) }),
          amount: 2 * 64 * 16 * n,
          close: () => out.release(),
        };
      },
    },
    ...product("matmul", "plain", side / 2),
    ...product("matmulTiled", "tiled", side / 2),
    ...product("matmulSubgroup", "subgroup", side / 2),
    ...product("matmulTexture", "texture", side / 2),
    ...product("pack", "packed", side / 2),
    // Heads wider than 64 are the plain program's everywhere.
    attention("attention", 128),
    ...(families().includes("texture") ? [attention("attentionTiles", 64)] : []),
    // Convolutions.
    convolved(
      "conv2dRows",
      "F.conv2d(x, w)",
      [8, 2, side / 8, side / 8],
      [80, 2, 5, 5],
      (x, w) => F.conv2d(x!, w!),
      "rows",
    ),
    convolved("conv2dGroups", "F.conv2d(x, w, null, { groups: 8 })", planes, [16, 2, 3, 3], (x, w) =>
      F.conv2d(x!, w!, null, { groups: 8 }),
    ),
    ...(families().includes("texture")
      ? [
          convolved("conv2dPointwise", "F.conv2d(x, w)", planes, [16, 16, 1, 1], (x, w) => F.conv2d(x!, w!)),
          convolved("depthwise", "F.conv2d(x, w, null, { groups: 16 })", planes, [16, 1, 3, 3], (x, w) =>
            F.conv2d(x!, w!, null, { groups: 16 }),
          ),
        ]
      : []),
    timed(
      "conv2d",
      of("F.convTranspose2d(x, w, null, { stride: 2 })", planes, [16, 8, 3, 3]),
      [planes, [16, 8, 3, 3]],
      (x, w) => F.convTranspose2d(x!, w!, null, { stride: 2 }),
    ),
    timed("patches", of("F.unfold(x, 3)", planes), [planes], (x) => F.unfold(x!, 3)),
    timed("pool2d", of("F.maxPool2d(x, 2)", planes), [planes], (x) => F.maxPool2d(x!, 2)),
    timed("adaptivePool2d", of("F.adaptiveAvgPool2d(x, 7)", planes), [planes], (x) =>
      F.adaptiveAvgPool2d(x!, 7),
    ),
    timed(
      "interpolate",
      of('F.interpolate(x, { scaleFactor: 2, mode: "bilinear" })', planes),
      [planes],
      (x) => F.interpolate(x!, { scaleFactor: 2, mode: "bilinear" }),
    ),
    timed(
      "batchNorm",
      of("F.batchNorm(x, null, null, null, null, { training: true })", planes),
      [planes],
      (x) => F.batchNorm(x!, null, null, null, null, { training: true }),
    ),
    timed(
      "foldNorm",
      of("F.batchNorm(F.conv2d(x, w), mean, variance)", [1, 256, 1, 1], [n / 256, 256, 1, 1]),
      [
        [1, 256, 1, 1],
        [n / 256, 256, 1, 1],
      ],
      (x, w) => F.batchNorm(F.conv2d(x!, w!), zeros([n / 256]), ones([n / 256])), // others each time: they are folded anew
    ),
    ...["rowNorm", ...(families().includes("texture") ? ["rowNormTiles"] : [])].map((name, i) => {
      const row = i === 0 ? 512 : 256; // longer ones are the plain program's everywhere
      return timed(name, of(`F.layerNorm(x, [${row}])`, [n / row, row]), [[n / row, row]], (x) =>
        F.layerNorm(x!, [row]),
      );
    }),
    recurrent("rnn", 1, [64, width], new nn.RNN(width, width)),
    recurrent("gru", 3, [64, width], new nn.GRU(width, width)),
    // Of an odd width it takes a launch a step; small ones of others take one in all, on CPU adapters.
    recurrent("lstm", 4, [64, width + 1], new nn.LSTM(width + 1, width + 1)),
    // What only CPU adapters run.
    ...(device().adapter.software
      ? [
          recurrent("lstmSequence", 4, [16, width], new nn.LSTM(width, width)),
          timed(
            "matmulRows",
            of("F.linear(x, w)", [1, 256], [n / 256, 256]),
            [
              [1, 256],
              [n / 256, 256],
            ],
            (x, w) => F.linear(x!, w!),
          ),
          timed("excitation", of("squeeze-and-excitation", planes), [planes], excite),
        ]
      : []),
    // Losses.
    loss("pointwise", "F.mseLoss(x, y)", (x, y) => F.mseLoss(x!, y!)),
    loss("klDiv", "F.klDiv(x, y)", (x, y) => F.klDiv(x!, y!)),
    timed("labelLoss", of("F.nllLoss(x, labels)", [n / 64, 64]), [[n / 64, 64], labels(n / 64, 64)], (x, y) =>
      F.nllLoss(x!, y!),
    ),
    timed(
      "ctc",
      of("F.ctcLoss(x, targets of 16, …)", [64, side / 8, 32]),
      [[64, side / 8, 32]],
      (x) =>
        F.ctcLoss(
          x!,
          Array.from({ length: side / 8 }, () => Array.from({ length: 16 }, (_, i) => 1 + (i % 31))),
          Array<number>(side / 8).fill(64),
          Array<number>(side / 8).fill(16),
        ),
      elements(64 * (side / 8) * 32),
    ),
    // Chance.
    timed("random", `randn(${shapeOf([n])})`, [], () => randn([n]), elements(n)),
    timed("dropout", of("F.dropout(x, 0.5)", [n]), [[n]], (x) => F.dropout(x!, 0.5)),
    timed("multinomial", of("x.multinomial(4, { replacement: true })", [n / 64, 64]), [[n / 64, 64]], (x) =>
      x!.multinomial(4, { replacement: true }),
    ),
    // Optimizers: the parameter, its gradient and what the optimizer remembers are read, and all but the gradient written.
    step("sgd", n, 5, (x) => new optim.SGD(x, { lr: 0.01, momentum: 0.9 })),
    step("adam", n, 7, (x) => new optim.Adam(x)),
    step("adamax", n, 7, (x) => new optim.Adamax(x)),
    step("adagrad", n, 5, (x) => new optim.Adagrad(x)),
    step("adadelta", n, 7, (x) => new optim.Adadelta(x)),
    step("rmsprop", n, 5, (x) => new optim.RMSprop(x)),
    step("clip", n, 3, (x) => ({ step: () => noGrad(() => void nn.utils.clipGradNorm_(x, 1)) })),
    averaging(n),
    // Sounds.
    timed("resample", of("audio.resample(x, 44_100, 22_050)", waves), [waves], (x) =>
      audio.resample(x!, 44_100, 22_050),
    ),
    timed(
      "stft",
      of("new audio.Spectrogram({ nFft: 1024, hopLength: 512 }).forward(x)", waves),
      [waves],
      (x) => spectrogram.forward(x!),
    ),
    timed(
      "melScale",
      of("new audio.MelScale({ nMels: 64, sampleRate: 22_050 }).forward(x)", spectra),
      [spectra],
      (x) => mels.forward(x!),
    ),
    timed("amplitudeToDb", of("audio.amplitudeToDb(x, { topDb: 80 })", spectra), [spectra], (x) =>
      audio.amplitudeToDb(x!, { topDb: 80 }),
    ),
    timed("computeDeltas", of("audio.computeDeltas(x)", spectra), [spectra], (x) => audio.computeDeltas(x!)),
    timed(
      "freqTimeMask",
      of("audio.freqTimeMask(x, { freqMaskParam: 22, timeMaskParam: 3 })", spectra),
      [spectra],
      (x) => audio.freqTimeMask(x!, { freqMaskParam: 22, timeMaskParam: 3 }),
    ),
    timed("delay", of("audio.delay(x, 1000)", waves), [waves], (x) => audio.delay(x!, 1000)),
    timed(
      "mixBetweenClass",
      of("audio.mixBetweenClass(x, y, 0.5, 22_050)", waves, waves),
      [waves, waves],
      (x, y) => audio.mixBetweenClass(x!, y!, 0.5, 22_050),
    ),
    timed("peakNormalize", of("audio.peakNormalize(x)", waves), [waves], (x) => audio.peakNormalize(x!)),
    timed("phaseVocoder", of("audio.timeStretch(x, 1.25)", waves), [waves], (x) =>
      audio.timeStretch(x!, 1.25),
    ),
    timed("istft", of("audio.timeStretch(x, 0.8)", waves), [waves], (x) => audio.timeStretch(x!, 0.8)),
    timed("dft", of("fft.rfft(x)", [n / 1000, 1000]), [[Math.ceil(n / 1000), 1000]], (x) => fft.rfft(x!)),
    timed("frames", of("stft(x, 512)", waves), [waves], (x) => stft(x!, 512)),
    gradient("power", of("a power spectrogram", waves), waves, (x) => spectrogram.forward(x)),
  ];
}
