// The public face: what it exports, and what a program sees that starts wrong.
import { expect, test } from "bun:test";
import { join, relative } from "node:path";
import type {
  AdapterFacts,
  DType,
  MemoryFacts,
  NestedNumbers,
  Shape,
  TensorLike,
  TensorOptions,
} from "otograd";
import * as otograd from "otograd";

const root = join(import.meta.dir, "..");

/** Runs a program in a process of its own; stdout, stderr and exit code. */
async function run(program: string, env: Record<string, string> = {}, ...flags: string[]) {
  const child = Bun.spawn([process.execPath, ...flags, "-e", program], {
    cwd: root,
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { out: out.trim(), err: err.trim(), code: await child.exited };
}

/** Every name that is public. A new one is added here and documented; one that goes is a break. */
const PUBLIC: Record<string, string> = {
  "": `DeviceError F NoAdapterError Tensor WeightsError arange audio autograd blockDiag broadcastTensors
    bucketize cartesianProd cat cdist checkpoint columnStack compile data distributions dstack einsum empty
    emptyLike enableGrad eye fft full fullLike getRngState grad hannWindow hstack init isGradEnabled istft kron linspace
    loadSafetensors loadTorch logspace manualSeed memory meshgrid nn noGrad normal ones onesLike optim rand
    randLike randint randintLike randn randnLike randperm safetensorsMetadata saveSafetensors searchsorted setRngState
    stack stft tensor tensordot vstack where zeros zerosLike`,
  F: `adaptiveAvgPool1d adaptiveAvgPool2d adaptiveMaxPool1d adaptiveMaxPool2d affineGrid alphaDropout
    avgPool1d avgPool2d batchNorm binaryCrossEntropy binaryCrossEntropyWithLogits celu channelShuffle conv1d
    conv2d convTranspose1d convTranspose2d cosineEmbeddingLoss cosineSimilarity crossEntropy ctcLoss dropout
    dropout1d dropout2d elu embedding featureAlphaDropout fold gaussianNllLoss gelu glu gridSample groupNorm
    gumbelSoftmax hardshrink hardsigmoid hardswish hardtanh hingeEmbeddingLoss huberLoss instanceNorm
    interpolate klDiv l1Loss layerNorm leakyRelu linear localResponseNorm logSoftmax logsigmoid lpPool1d
    lpPool2d marginRankingLoss maxPool1d maxPool2d maxUnpool1d maxUnpool2d mish mseLoss multiMarginLoss
    multilabelSoftMarginLoss nllLoss normalize oneHot pad pairwiseDistance pixelShuffle pixelUnshuffle
    poissonNllLoss prelu relu relu6 rmsNorm rrelu scaledDotProductAttention selu sigmoid silu smoothL1Loss
    softMarginLoss softmax softmin softplus softshrink softsign tanh tanhshrink threshold tripletMarginLoss
    unfold`,
  nn: `AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AlphaDropout AvgPool1d
    AvgPool2d BCELoss BCEWithLogitsLoss BatchNorm1d BatchNorm2d Buffer CELU CTCLoss ChannelShuffle
    CircularPad1d CircularPad2d ConstantPad1d ConstantPad2d Conv1d Conv2d ConvNet ConvTranspose1d
    ConvTranspose2d CosineEmbeddingLoss CosineSimilarity CrossEntropyLoss Dropout Dropout1d Dropout2d ELU Embedding EnvNet EnvNetV2 FeatureAlphaDropout
    Flatten Fold GELU GLU GRU GRUCell GaussianNLLLoss GroupNorm Hardshrink Hardsigmoid Hardswish Hardtanh
    HingeEmbeddingLoss HuberLoss Identity InstanceNorm1d InstanceNorm2d KLDivLoss L1Loss LPPool1d LPPool2d
    LSTM LSTMCell LayerNorm LeakyReLU Linear LocalResponseNorm LogSigmoid LogSoftmax M5 MN
    MSELoss MarginRankingLoss MaxPool1d MaxPool2d Mish Module ModuleDict ModuleList MultiLabelSoftMarginLoss
    MultiMarginLoss MultiheadAttention NLLLoss PReLU PairwiseDistance Parameter ParameterDict ParameterList Piczak
    PixelShuffle PixelUnshuffle PoissonNLLLoss RMSNorm RNN RNNCell RReLU ReLU ReLU6 ReflectionPad1d
    ReflectionPad2d ReplicationPad1d ReplicationPad2d SELU Sequential SiLU Sigmoid SmoothL1Loss
    SoftMarginLoss Softmax Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold Transformer
    TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer TripletMarginLoss
    Unflatten Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d ZeroPad2d init utils`,
  "nn.init": `calculateFanInAndFanOut calculateGain constant_ dirac_ eye_ kaimingNormal_ kaimingUniform_
    normal_ ones_ orthogonal_ sparse_ truncNormal_ uniform_ xavierNormal_ xavierUniform_ zeros_`,
  "nn.utils": `clipGradNorm_ clipGradValue_ deepcopy parametersToVector removeSpectralNorm removeWeightNorm rnn skipInit
    spectralNorm vectorToParameters weightNorm`,
  "nn.utils.rnn": "padSequence",
  fft: `fft ifft irfft rfft`,
  optim: `Adadelta Adagrad Adam AdamW Adamax AveragedModel LBFGS NAdam RAdam RMSprop SGD SWALR lrScheduler
    updateBn`,
  audio: `MelScale MelSpectrogram Spectrogram aWeightedGain amplitudeToDb computeDeltas delay freqTimeMask
    melFilterBank mixBetweenClass peakNormalize pitchShift preemphasis resample segments timeStretch`,
  "Tensor.prototype": `T abs abs_ absolute acos acosh add add_ addcdiv addcdiv_ addcmul addcmul_ addmm
    all allclose amax amin aminmax any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax
    argmin argsort asin asinh atan atan2 atanh backward baddbmm bernoulli bernoulli_ bitwiseAnd
    bitwiseLeftShift bitwiseNot bitwiseOr bitwiseRightShift bitwiseXor bmm bool broadcastTo ceil ceil_
    celu chunk clamp clampMax clampMax_ clampMin clampMin_ clamp_ clip clone constructor contiguous
    copy_ copysign cos cos_ cosh countNonzero cpu cross cuda cummax cummin cumprod cumsum data deg2rad
    detach detach_ diag diagEmbed diagonal diff dim div div_ divide dot double dtype elu eq equal erf erfc exp exp2
    exp_ expand expandAs expm1 fillDiagonal_ fill_ fix flatten flip fliplr flipud float floatPower floor
    floorDivide floor_ fmax fmin fmod frac gather ge gelu grad greater greaterEqual gt half hardshrink
    hardsigmoid hardswish hardtanh heaviside hypot indexAdd indexAdd_ indexCopy indexCopy_ indexFill
    indexFill_ indexSelect inner int isFloatingPoint isLeaf isSameSize isSigned isclose isfinite isinf
    isnan isneginf isposinf item kthvalue ldexp le leakyRelu length lerp lerp_ less lessEqual log log10 log1p
    log2 logSoftmax log_ logaddexp logaddexp2 logcumsumexp logicalAnd logicalNot logicalOr logicalXor
    logit logsigmoid logsumexp long lt mT maskedFill maskedFill_ maskedSelect matmul matrixPower max
    maximum mean median min minimum mish mm moveaxis movedim mul mul_ multinomial multiply mv nanToNum
    nanmean nansum narrow ndim ne neg neg_ negative newEmpty newFull newOnes newZeros nonzero norm
    normal_ notEqual numel numpy outer pad permute positive pow pow_ prelu prod quantile rad2deg ravel
    reciprocal reciprocal_ registerHook relu relu6 relu_ remainder repeat repeatInterleave requiresGrad
    requiresGrad_ reshape reshapeAs retainGrad roll rot90 round round_ rpow rsqrt rsqrt_ rsub scatter
    scatterAdd scatterAdd_ scatter_ select selu sgn shape sigmoid sigmoid_ sign signbit silu sin sin_
    sinc sinh size slice softmax softplus softshrink softsign sort split sqrt sqrt_ square square_
    squeeze std stdMean sub sub_ subtract sum swapaxes swapdims t take takeAlongDim tan tanh tanh_
    tanhshrink tensorSplit threshold tile to toJSON toString tolist topk trace transpose tril tril_ triu
    triu_ trueDivide trunc trunc_ type typeAs unbind unflatten unfold uniform_ unsqueeze var varMean variance
    view viewAs where xlogy zero_`,
  "optim.lrScheduler": `ChainedScheduler ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR
    LambdaLR LinearLR MultiStepLR MultiplicativeLR OneCycleLR PolynomialLR ReduceLROnPlateau SequentialLR
    StepLR`,
  data: "BatchSampler ConcatDataset DataLoader Dataset RandomSampler SequentialSampler Subset SubsetRandomSampler TensorDataset WeightedRandomSampler randomSplit",
  distributions: "Bernoulli Categorical Normal klDivergence",
};

/** What TypeScript keeps from users, but JavaScript has no word for. */
const PROTECTED = [
  "along",
  "apply",
  "asOne",
  "asOneChosen",
  "become",
  "beside",
  "between",
  "binary",
  "bits",
  "chosen",
  "close",
  "compare",
  "deviation",
  "draw",
  "expanded",
  "extreme",
  "filled",
  "filledWith",
  "firstArrivals",
  "indicesOf",
  "logical",
  "number",
  "of",
  "order",
  "pair",
  "passingNaN",
  "picked",
  "plus",
  "position",
  "reduce",
  "repeated",
  "requireFloat",
  "running",
  "scaled",
  "scan",
  "sharedAs",
  "slices",
  "spread",
  "stepped",
  "taken",
  "through",
  "told",
  "triangle",
  "unary",
  "wantRank",
  "wantRanks",
  "wantWritable",
  "wholeBetween",
  "with",
  "wrap",
  "written",
];

/** The names of a namespace, or of a class's prototype with what it inherits. */
function namesOf(path: string): string[] {
  let found: unknown = otograd;
  for (const name of path.split(".").filter((part) => part !== ""))
    found = (found as Record<string, unknown>)[name];
  if (!path.endsWith("prototype")) return Object.keys(found as object);
  const names = new Set<string>();
  for (let at = found as object; at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  // x[0] and x.masked_fill say what to write.
  return [...names].filter((name) => !PROTECTED.includes(name) && !/^-?\d$|_\w/.test(name));
}

test("the public names are these, and no others", () => {
  for (const [path, names] of Object.entries(PUBLIC))
    expect([path, namesOf(path).sort()]).toEqual([path, names.split(/\s+/)]);
  const counts = Object.keys(PUBLIC).map((path) => `${path || "otograd"} ${namesOf(path).length}`);
  console.log(`  public names: ${counts.join(", ")}`);
});

test("the types that signatures use are exported", () => {
  const shape: Shape = [2];
  const dtype: DType = "float32";
  const nested: NestedNumbers = [[1, 2], [3]];
  const like: TensorLike = 3;
  const facts: Pick<MemoryFacts, "tensors"> & Pick<AdapterFacts, "vendor"> = { tensors: 0, vendor: "" };
  const options: TensorOptions = { requiresGrad: true };
  expect([shape, dtype, nested, like, facts, options]).toHaveLength(6); // that it compiles is the check
});

test("a tensor shows nothing of the engine's insides", () => {
  const x = otograd.tensor([1, 2]);
  expect(Object.keys(x)).toEqual([]);
  for (const inside of ["array", "node", "gradArray", "takeGrad", "replaceGrad", "free", "watch"])
    expect(inside in x).toBe(false);
  expect(Bun.inspect(x)).toBe("Tensor([2], float32)");
});

test("importing the package loads the engine alone: no package, no file of the system, no Node", async () => {
  const { out } = await run(`
    import "otograd";
    console.log(Object.keys(require.cache).join("\\n"));`);
  const rooms = new Map<string, number>();
  for (const path of out.split("\n").filter((path) => !path.includes("[eval]"))) {
    const room = relative(root, path).split("/").slice(0, -1).slice(0, 2).join("/");
    rooms.set(room, (rooms.get(room) ?? 0) + 1);
  }
  console.log(`  loaded: ${[...rooms].map(([room, count]) => `${room} ${count}`).join(", ")}`);
  expect([...rooms.keys()].sort()).toEqual([
    "src",
    "src/audio",
    "src/gpu",
    "src/kernels",
    "src/nn",
    "src/tensor",
  ]);
});

test("init() says what it found, and later calls do nothing", async () => {
  const { out, code } = await run(`
    import { init, tensor } from "otograd";
    const facts = await init();
    const again = await init();
    console.log(facts === again, facts.description !== "", await tensor([1, 2]).sum().item());`);
  expect([out, code]).toEqual(["true true 3", 0]);
});

test("without init() the first tensor says to call it", async () => {
  const { out } = await run(`
    import { tensor } from "otograd";
    try { tensor([1]); } catch (error) { console.log(error.message); }`);
  expect(out).toBe("otograd has no device yet: call `await init()` first");
});

test("where there is no adapter, init() says why and what to do", async () => {
  const none = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
  const { out } = await run(
    `
    import { init } from "otograd";
    await init().catch((error) => console.log(error.name, error.message));`,
    none,
  );
  expect(out).toStartWith("NoAdapterError no usable GPU adapter was found (");
  expect(out).toEndWith(
    "\ninstall a Vulkan driver; where there is no GPU, one that computes on the CPU will do: in a checkout ./setup.sh, " +
      "on Debian 13 or Ubuntu apt-get install mesa-vulkan-drivers",
  );
});

test("nor where there is no WebGPU at all, or no adapter of the name that is asked for: a program tells it by the error's class", async () => {
  const program = `
    import { init, NoAdapterError } from "otograd";
    await init().catch((error) => console.log(error instanceof NoAdapterError, error.message));`;
  const [page, nonsense] = await Promise.all([
    run(program, {}, "--conditions=browser"),
    run(program, { OTOGRAD_ADAPTER: "nonsense" }),
  ]);
  expect(page.out).toStartWith("true there is no WebGPU here: use a browser that has it");
  expect(nonsense.out).toStartWith(`true no adapter's name contains "nonsense" (OTOGRAD_ADAPTER); there are`);
});
