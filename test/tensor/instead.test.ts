// What is written from habit, and is not there: that it says what to write.
import { expect, test } from "bun:test";
import {
  autograd,
  data,
  distributions,
  F,
  type FunctionContext,
  loadSafetensors,
  loadTorch,
  nn,
  noGrad,
  ones,
  optim,
  randint,
  type Tensor,
  tensor,
  zeros,
} from "otograd";

// biome-ignore lint/suspicious/noExplicitAny: TypeScript knows of none of them
type Any = any;

test("PyTorch's methods that there are none of say what is written instead, and can be had of one's own", () => {
  const [x, layer]: [Any, Any] = [ones([2]), new nn.Linear(1, 1)];
  expect(() => x.cuda()).toThrow("cuda: there is one device, and all is on it: leave it out");
  expect(() => x.long()).toThrow("long: whole numbers are int32: write int()");
  expect(() => x.numpy()).toThrow("numpy: write await x.data(), or await x.tolist()");
  expect(() => layer.to("cuda")).toThrow("to: there is one device");
  expect(() => layer.registerBuffer("mean", x)).toThrow(
    "registerBuffer: assign it to a field: this.mean = new nn.Buffer(…)",
  );
  expect(Object.keys(layer)).not.toContain("to");
  layer.to = () => 5;
  expect(layer.to()).toBe(5);
});

test("data is read, and neither written nor written into; its method is the tensor's still", async () => {
  const p: Any = new nn.Parameter(ones([2]));
  const refusal = "data: it reads, and nothing is written into it: write noGrad(() => p.copy_(…))";
  expect(() => (p.data = tensor([3, 4]))).toThrow(refusal);
  expect(() => (p.data = (ones([2]) as Any).data)).toThrow(refusal);
  expect(() => p.data.sub_(p)).toThrow(
    "data.sub_: it reads, and nothing is written into it: write noGrad(() => p.sub_(…))",
  );
  const asTensor = "it reads, and is no tensor: write p.detach().clone, or await p.data() for the elements";
  expect(() => p.data.clone()).toThrow(`data.clone: ${asTensor}`);
  expect(() => p.data.shape).toThrow("data.shape: it reads, and is no tensor: write p.detach().shape");
  expect(() => p.data.detach().norm()).toThrow("write p.detach(), or");
  expect([typeof p.data, JSON.stringify({ data: p.data }), Bun.inspect(p.data)]).toEqual([
    "function",
    "{}",
    "[Function: value]",
  ]);
  expect([Array.from(await p.data()), await p.tolist()]).toEqual([[1, 1], [1, 1]]); // biome-ignore format: as it looks
});

test("what comes of a habit says what is written instead", () => {
  const [x, layer]: [Any, Any] = [ones([2, 3]), new nn.Linear(1, 1)];
  expect(() => x.double()).toThrow("double: all floats are float32: leave it out");
  expect(() => layer.float()).toThrow("float: all floats are float32: leave it out");
  expect(() => x.type()).toThrow("type: write x.dtype");
  expect(() => layer.registerFullBackwardHook(() => {})).toThrow(
    "registerFullBackwardHook: hang the hook on what",
  );
  expect(() => x.sum().item().toFixed(4)).toThrow("item() gives a promise: write await item()");
  expect(() => x.tolist().map((row: Any) => row)).toThrow("tolist() gives a promise: write await tolist()");
  expect(() => x.mean({ dim: 1, keepdim: true })).toThrow(
    "mean: the dim is a whole number or a list of them, got { dim: 1, keepdim: true }: write 1, { keepdim: true }",
  );
  expect(() => x.sum({ dim: [0, 1] })).toThrow("got { dim: [0, 1] }: write [0, 1]");
  expect(() => x.diagonal({ offset: 1 })).toThrow(
    "diagonal: the offset is a whole number, got { offset: 1 }: write 1",
  );
  expect(() => x.rot90({ k: 1 })).toThrow("rot90: k is a whole number, got { k: 1 }: write 1");
  expect(() => x.roll([-0.5], 0)).toThrow("roll: shift 0 is a whole number, got -0.5");
  expect(() => x.slice([[0, 1]]).zero_()).toThrow(
    "write into that by indexCopy_, indexFill_, maskedFill_ or scatter_",
  );
  expect(() => ones([1, 1, 1, 1, 1, 1, 1, 1]).unsqueeze(0)).toThrow("has more than 8 dimensions");
  const posWeight = ones([5]);
  expect(() => F.binaryCrossEntropyWithLogits(x, x, { posWeight })).toThrow(
    "binaryCrossEntropyWithLogits: posWeight [5] does not broadcast to the input [2, 3]",
  );
  expect(() => F.binaryCrossEntropy(x, x, { weight: ones([2, 2, 3]) })).toThrow(
    "binaryCrossEntropy: weight [2, 2, 3] does not broadcast to the input [2, 3]",
  );
  expect(() => F.conv1d(ones([1, 1, 4]), ones([1, 1, 2]), null, { stride: 2, padding: "same" })).toThrow(
    'conv1d: padding "same" wants stride 1, got 2',
  );
});

test("a parameter may be made that is not learned", () => {
  expect(new nn.Parameter(ones([2]), { requiresGrad: false }).requiresGrad).toBe(false);
  expect(new nn.Parameter(ones([2]), {}).requiresGrad).toBe(true);
  expect(() => new nn.Parameter(ones([2]), false as Any)).toThrow(
    "Parameter: the second argument is an object of options: { requiresGrad: false }",
  );
});

test("tensor takes lists of typed arrays, and of tensors says what to write", async () => {
  const rows = tensor([new Float32Array([1, 2]), new Float64Array([3, 4.5])]);
  expect([rows.dtype, await rows.tolist()]).toEqual(["float32", [[1, 2], [3, 4.5]]]); // biome-ignore format: as it looks
  const whole = tensor([[new Int32Array([1, -2])], [new Int32Array([3, 4])]]);
  expect([whole.dtype, whole.shape, Array.from(await whole.data())]).toEqual([
    "int32",
    [2, 1, 2],
    [1, -2, 3, 4],
  ]);
  expect(tensor([new Int32Array(1), new Float32Array(1)]).dtype).toBe("float32");
  expect(() => tensor([new Float32Array(2), new Float32Array(3)])).toThrow("the nested arrays are ragged");
  expect(() => tensor([tensor(1), tensor(2)] as Any)).toThrow(
    "tensor: wants numbers, element 0 is a tensor []: stack([…]) makes one of tensors",
  );
});

test("indexSelect says what takes an index of more dimensions", async () => {
  const index = tensor([[0, 1]], { dtype: "int32" });
  expect(() => ones([2, 3]).indexSelect(0, index)).toThrow(
    "got [1, 2]: F.embedding(index, x) takes rows by any",
  );
  expect(F.embedding(index, ones([2, 3])).shape).toEqual([1, 2, 3]);
});

test("a tensor is no array, and what is promised no list: both say so where they would be undefined", () => {
  const x: Any = ones([2, 3]);
  expect(() => x.length).toThrow("length: write x.size(0), or x.numel() for all elements");
  expect(() => x[0]).toThrow("x[0]: write x.select(0, 0), and");
  expect(() => x[-1]).toThrow("x[-1]: write x.select(0, -1)");
  expect(() => {
    x[1] = 5;
  }).toThrow(
    "x[1]: write x.select(0, 1), and x.indexCopy_(0, [1], rows) or x.indexFill_(0, [1], 0) for x[1] = …",
  );
  const set: Any = new data.TensorDataset(x);
  expect(() => set[0]).toThrow("dataset[0]: write dataset.get(0)");
  expect(() => x.detach_()).toThrow("detach_: write x = x.detach()");
  expect([...x].length).toBe(2);
  expect(() => x.data()[0]).toThrow("data() gives a promise: write await data()");
  expect(() => x.tolist().length).toThrow("tolist() gives a promise: write await tolist()");
  expect(() => [...x.tolist()]).toThrow("tolist() gives a promise: write await tolist()");
  expect(() => x.tolist().forEach(() => {})).toThrow("tolist() gives a promise: write await tolist()");
});

test("options stand where a dim does that is left out, as Python's keywords do", async () => {
  const x: Any = tensor([3, 1, 2]);
  expect(await x.sort({ descending: true }).values.tolist()).toEqual([3, 2, 1]);
  expect(await x.argsort({ descending: true }).tolist()).toEqual([0, 2, 1]);
  expect(await x.topk(2, { largest: false }).values.tolist()).toEqual([1, 2]);
  expect(await x.var({ correction: 0 }).item()).toBeCloseTo(2 / 3, 6);
  expect(await x.std({ correction: 0, keepdim: true }).tolist()).toEqual([expect.closeTo(0.8165, 4)]);
  expect(await x.varMean({ correction: 0 })[0].item()).toBeCloseTo(2 / 3, 6);
  expect(x.stdMean({ keepdim: true })[1].shape).toEqual([1]);
  expect(() => x.sort({ ascending: true })).toThrow(
    "sort: there is no option ascending: did you mean descending?",
  );
  expect(() => x.sort({ dim: 0, descending: true })).toThrow(
    "got { dim: 0, descending: true }: write 0, { descending: true }",
  );
  expect(() => x.topk(2, Promise.resolve(0))).toThrow("topk: the dim is a whole number, got a promise");
  expect(() => x.topk(2, { largest: false }, 3)).toThrow("topk: ");
  expect(() => x.std({ unbiased: false })).toThrow("std: there is no option unbiased: write correction: 0");
  expect(() => x.var(0, { unbiased: true })).toThrow("var: there is no option unbiased: write correction: 1");
  expect(() => x.sum({ keepdim: true })).toThrow("got { keepdim: true }: the options come behind it");
  expect(() => x.norm({ dim: 0 })).toThrow(
    'norm: p is a number or "fro", got { dim: 0 }: it comes before the dim',
  );
});

test("what is said of lists, booleans, files and parameters can be written as it stands", () => {
  const [x, net]: [Any, Any] = [ones([2, 3]), new nn.Sequential(new nn.Linear(1, 1))];
  expect(() => (F.pad as Any)(x, 1)).toThrow("pad: the padding is a list of whole numbers: write [1]");
  expect(() => (randint as Any)(0, 10, 3)).toThrow(
    "randint: the shape is a list of whole numbers: write [3]",
  );
  expect(() => x.unflatten(1, 3, 1)).toThrow(
    "unflatten: the sizes are a list of whole numbers: write [3, 1]",
  );
  expect(() => x.view(3, 2)).toThrow("view: the shape is a list of whole numbers: view([3, 2])");
  expect(() => x.repeatInterleave(x)).toThrow("a tensor [2, 3]: write await x.tolist()");
  expect(() => (F.ctcLoss as Any)(zeros([1, 1, 2]), [[1]], ones([1]), [1])).toThrow(
    "ctcLoss: inputLengths is a list of whole numbers, got a tensor [1]: write await x.tolist()",
  );
  expect(() => x.gt(0).eq(true)).toThrow("eq: the other operand is a tensor or a number, got true: write 1");
  expect(() => x.gt(0).fill_(true)).toThrow("fill_: the value is a number, got true: write 1");
  const seen: Any[] = [];
  noGrad(() => void seen.push(x.mul(2)));
  expect(() => seen[0].add(1)).toThrow(
    "inside noGrad, which did not return it: return it, alone or in a list or an object",
  );
  expect(() => (loadTorch as Any)("net.pt")).toThrow('an ArrayBuffer, got "net.pt": read it first');
  expect(() => (loadSafetensors as Any)(new Blob([]))).toThrow("got a Blob: write await file.arrayBuffer()");
  const meant = "parameter 0 is not a tensor, got a Linear: write model.parameters()";
  expect(() => nn.utils.clipGradNorm_(net, 1)).toThrow(`clipGradNorm_: ${meant}`);
  expect(() => new optim.SGD(net, { lr: 1 })).toThrow(`SGD: ${meant}`);
  expect(() => new optim.SGD(net.namedParameters(), { lr: 1 })).toThrow(
    "a tensor [1, 1]]: write model.parameters()",
  );
  expect(() => nn.utils.clipGradNorm_(net.parameters, 1)).toThrow(
    "got a function: call it, model.parameters()",
  );
});

test("names as Python spells them are refused, where set they would be one field more", () => {
  const x: Any = ones([2]);
  expect(() => x.requires_grad).toThrow("requires_grad: write requiresGrad");
  expect(() => x.masked_fill(x, 0)).toThrow("masked_fill: write maskedFill");
  expect(() => x.requires_grad_()).toThrow("requires_grad_: write requiresGrad_");
  const net: Any = new nn.Linear(2, 1);
  for (const parameter of net.parameters())
    expect(() => {
      parameter.requires_grad = false;
    }).toThrow("requires_grad: write requiresGrad");
  expect(() => net.state_dict()).toThrow("state_dict: write stateDict");
  expect(() => net.register_buffer("mean", x)).toThrow("registerBuffer: assign it to a field");
  for (const name of ["requiresGrad", "requires_grad"])
    expect(() => {
      net[name] = false;
    }).toThrow("requiresGrad: it is of parameters: write model.requiresGrad_(false), or true");
  const optimizer: Any = new optim.SGD(net.parameters(), { lr: 0.1 });
  expect(() => optimizer.zero_grad()).toThrow("zero_grad: write zeroGrad");
  expect(() => optimizer.param_groups[0]).toThrow("param_groups: write paramGroups");
  expect(() => (new optim.LBFGS(net.parameters()) as Any).param_groups).toThrow("write paramGroups");
  const schedule: Any = new optim.lrScheduler.StepLR(optimizer, { stepSize: 1 });
  expect(() => schedule.get_last_lr()).toThrow("get_last_lr: write getLastLr");
  expect(() => (new distributions.Normal(0, 1) as Any).log_prob(x)).toThrow("log_prob: write logProb");
});

test("so are those of an autograd.Function's context", () => {
  class Doubled extends autograd.Function {
    static override forward(ctx: FunctionContext, a: Tensor): Tensor {
      expect(() => (ctx as Any).save_for_backward(a)).toThrow("save_for_backward: write saveForBackward");
      ctx.saveForBackward(a);
      return a.mul(2);
    }
    static override backward(ctx: FunctionContext, dy: Tensor): Tensor {
      expect(() => (ctx as Any).saved_tensors).toThrow("saved_tensors: write savedTensors");
      return dy.mul(2);
    }
  }
  Doubled.apply(ones([1], { requiresGrad: true }))
    .sum()
    .backward();
  expect.assertions(2);
});

test("a list in a dim's place is told to go without its brackets", () => {
  const x: Any = ones([2, 3]);
  expect(() => x.transpose([1, 0])).toThrow("transpose: the dim is a whole number, got [1, 0]: write 1, 0");
  expect(() => x.flatten([0, 1])).toThrow("flatten: the dim is a whole number, got [0, 1]: write 0, 1");
  expect(() => x.softmax([])).toThrow("softmax: the dim is a whole number, got []");
});

test("a list in an index's place is told to be of whole numbers", () => {
  expect(() => ones([2, 2]).gather(1, [0, 1] as Any)).toThrow(
    'gather: the index is a tensor, got [0, 1]: write tensor([0, 1], { dtype: "int32" })',
  );
  expect(() => ones([2]).mul([0, 1] as Any)).toThrow("got [0, 1]: write tensor([0, 1])");
});
