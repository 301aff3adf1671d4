// How a kernel is timed: one call of the public face that launches it, by kinds of calls, and what it is counted in.

import { nn, noGrad, optim, rand, randn, type Tensor } from "../../src/index.ts";
import { type Family, families, useFamily } from "../../src/kernels/gemm/gemm.ts";
import { handleOf } from "../../src/tensor/handle.ts";

/** What a rate counts: bytes of inputs and results, each once; the sum's own operations; elements of the result. */
export type Unit = "bytes" | "operations" | "elements";

export interface Opened {
  run(): void;
  /** What one call does, in the unit. */
  amount: number;
  close(): void;
}

export interface Speed {
  kernel: string;
  /** The call, with its sizes. */
  does: string;
  unit: Unit;
  open(): Opened;
}

export type Shape = readonly number[];
type Input = Shape | (() => Tensor);
export type Call = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

const FLOAT = 4;
export const shapeOf = (shape: Shape) => `[${shape.join(", ")}]`;
const drop = (tensors: readonly Tensor[]) => {
  for (const each of tensors) handleOf(each).free("it was timed");
};

/** A call without gradients. `count`: what it does, where that is not the bytes of its inputs and results. */
export function timed(
  kernel: string,
  does: string,
  inputs: readonly Input[],
  call: Call,
  count?: { unit: Unit; amount: number },
): Speed {
  return {
    kernel,
    does,
    unit: count?.unit ?? "bytes",
    open() {
      const given = inputs.map((input) => (typeof input === "function" ? input() : rand(input)));
      const run = () => {
        const results = [noGrad(() => call(...given))].flat();
        return results.filter((each) => handleOf(each).array.storage); // what nobody reads is put off
      };
      const results = run();
      const all = [...new Set([...given, ...results])];
      const bytes = all.reduce((sum, x) => sum + x.numel() * (x.dtype === "bool" ? 1 : FLOAT), 0);
      for (const result of results) if (!given.includes(result)) drop([result]);
      return {
        run: () => void run(),
        amount: count?.amount ?? bytes,
        close: () => drop(given),
      };
    },
  };
}

/** A step of an optimizer: it reads `reads` arrays of the parameter's size, and writes `writes`. */
export function step(
  kernel: string,
  n: number,
  arrays: number,
  make: (parameters: Tensor[]) => { step(): unknown },
): Speed {
  return {
    kernel,
    does: `a step of ${kernel} on ${n.toLocaleString("en")} parameters`,
    unit: "bytes",
    open() {
      const weight = randn([n], { requiresGrad: true });
      const gradient = randn([n]);
      weight.grad = gradient;
      const optimizer = make([weight]);
      return {
        run: () => void optimizer.step(),
        amount: arrays * FLOAT * n,
        close: () => {
          weight.grad = null;
          drop([weight, gradient]);
        },
      };
    },
  };
}

/** A square product by one family of programs, where this adapter has it. */
export function product(kernel: string, family: Family, side: number): Speed[] {
  if (!(families() as Family[]).includes(family)) return [];
  const { open, ...rest } = timed(
    kernel,
    `x.matmul(y), ${side}×${side} each`,
    [
      [side, side],
      [side, side],
    ],
    (x, y) => x!.matmul(y!),
    {
      unit: "operations",
      amount: 2 * side ** 3,
    },
  );
  return [{ ...rest, open: () => forcing(family, open) }];
}

function forcing(family: Family, open: () => Opened): Opened {
  useFamily(family);
  const opened = open();
  return {
    ...opened,
    close() {
      opened.close();
      useFamily(null);
    },
  };
}

/** A convolution by one family of programs. */
export function convolved(
  kernel: string,
  does: string,
  x: Shape,
  w: Shape,
  call: (x: Tensor, w: Tensor) => Tensor,
  family: Family | null = null,
): Speed {
  const [samples, , height, width] = x as [number, number, number, number];
  const [out, inGroup, high, wide] = w as [number, number, number, number];
  const amount = 2 * samples * out * inGroup * high * wide * (height - high + 1) * (width - wide + 1);
  const { open, ...rest } = timed(
    kernel,
    `${does}, x ${shapeOf(x)}, w ${shapeOf(w)}`,
    [x, w],
    (x, w) => call(x!, w!),
    {
      unit: "operations",
      amount,
    },
  );
  return { ...rest, open: () => (family === null ? open() : forcing(family, open)) };
}

/** The gradient of a call's input, where that is what the kernel is for: bytes of x, of the result's gradient and of dx. */
export function gradient(kernel: string, does: string, shape: Shape, call: (x: Tensor) => Tensor): Speed {
  return {
    kernel,
    does: `the gradient of ${does}`,
    unit: "bytes",
    open() {
      const x = rand(shape, { requiresGrad: true });
      const result = call(x);
      const dy = rand(result.shape);
      return {
        run() {
          x.grad = null;
          result.backward(dy, { retainGraph: true });
        },
        amount: FLOAT * (2 * x.numel() + dy.numel()),
        close() {
          x.grad = null;
          result.backward(dy); // lets go of what the graph keeps
          x.grad = null;
          drop([x, result, dy]);
        },
      };
    },
  };
}

/** One weight, to be averaged. */
class Averaged extends nn.Module {
  readonly weight: nn.Parameter;
  constructor(weight: Tensor) {
    super();
    this.weight = new nn.Parameter(weight);
  }
  forward(): Tensor {
    return this.weight;
  }
}

/** An average of weights takes new ones in. */
export function averaging(n: number): Speed {
  return step("average", n, 3, ([x]) => {
    const model = new Averaged(x!);
    const average = new optim.AveragedModel(model);
    return { step: () => average.updateParameters(model) };
  });
}
