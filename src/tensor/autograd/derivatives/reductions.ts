// The derivatives of reductions, running results, softmax and matrix products.
import { linear as linearLayer } from "../../../kernels/gemm/linear.ts";
import { matmul } from "../../../kernels/gemm/matmul.ts";
import { scatter } from "../../../kernels/indexing/placing.ts";
import { prod } from "../../../kernels/reductions/prod.ts";
import { reduce } from "../../../kernels/reductions/reduce.ts";
import { cumprod, logcumsumexp } from "../../../kernels/reductions/scan.ts";
import { logSoftmax, softmax } from "../../../kernels/reductions/softmax.ts";
import { logsumexp, norm, std, variance } from "../../../kernels/reductions/sumOf.ts";
import { cat, where } from "../../functions.ts";
import { besideZeros } from "../../methods/statistics.ts";
import type { Tensor } from "../../tensor.ts";
import { derive } from "../derive.ts";
import { composed } from "../gradients.ts";
import { sumTo } from "./sum-to.ts";

/** A reduced tensor with its dimensions back, as 1. */
function kept(y: Tensor, shape: readonly number[], axes: readonly number[]): Tensor {
  return y.reshape(shape.map((n, dim) => (axes.includes(dim) ? 1 : n)));
}

for (const name of ["amax", "amin"] as const)
  derive(reduce[name], (dy, of) => {
    const { axes } = of.attrs;
    const x = of.input(0);
    // Equals share the gradient.
    const best = kept(x.detach()[name]([...axes]), x.shape, axes);
    const among = where(x.detach().eq(best), 1, 0);
    return [kept(dy, x.shape, axes).mul(among.div(among.sum([...axes], true)))];
  });

// Pair by pair, so that it is exact where elements are 0.
derive(
  prod,
  composed(([x], { axes, keepDim }) => {
    const rest = x!.shape.flatMap((_, dim) => (axes.includes(dim) ? [] : [dim]));
    let factors = x!.permute([...rest, ...axes]).reshape([...rest.map((dim) => x!.shape[dim]!), -1]);
    while (factors.shape.at(-1)! > 1) {
      const half = Math.floor(factors.shape.at(-1)! / 2);
      const pairs = factors.narrow(-1, 0, half).mul(factors.narrow(-1, half, half));
      factors = factors.shape.at(-1)! % 2 === 0 ? pairs : cat([pairs, factors.narrow(-1, 2 * half, 1)], -1);
    }
    return keepDim ? kept(factors, x!.shape, axes) : factors.squeeze(-1);
  }),
);

derive(
  variance,
  composed(([x], { axes, keepDim, correction }) => {
    const centred = x!.sub(x!.mean([...axes], true));
    const n = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
    return centred
      .square()
      .sum([...axes], keepDim)
      .div(Math.max(0, n - correction));
  }),
);
derive(
  std,
  composed(([x], { axes, keepDim, correction }) =>
    besideZeros(x!.var([...axes], { correction, keepdim: keepDim }), (squares) => squares.sqrt()),
  ),
);
derive(
  norm,
  composed(([x], { axes, keepDim }) =>
    besideZeros(x!.square().sum([...axes], keepDim), (squares) => squares.sqrt()),
  ),
);
derive(
  logsumexp,
  composed(([x], { axes, keepDim }) => {
    const largest = x!.detach().amax([...axes], true);
    const sum = x!
      .sub(largest)
      .exp()
      .sum([...axes], true)
      .log()
      .add(largest);
    return keepDim ? sum : sum.reshape(x!.shape.filter((_, dim) => !axes.includes(dim)));
  }),
);

// By doubling (Hillis & Steele 1986), exact where elements are 0.
derive(
  cumprod,
  composed(([x], { axis }) => {
    const n = x!.shape[axis]!;
    let y = x!;
    for (let step = 1; step < n; step *= 2)
      y = cat(
        [y.narrow(axis, 0, step), y.narrow(axis, step, n - step).mul(y.narrow(axis, 0, n - step))],
        axis,
      );
    return y;
  }),
);
derive(
  logcumsumexp,
  composed(([x], { axis }) => {
    const largest = x!.detach().amax(axis, true);
    return x!.sub(largest).exp().cumsum(axis).log().add(largest);
  }),
);

derive(softmax, (dy, of) => {
  const y = of.output();
  return [y.mul(dy.sub(dy.mul(y).sum(of.attrs.axis, true)))];
});
derive(logSoftmax, (dy, of) => {
  const y = of.output();
  return [dy.sub(y.exp().mul(dy.sum(of.attrs.axis, true)))];
});

derive(matmul, (dy, of) => {
  const { transposeA, transposeB } = of.attrs;
  const turned = (x: Tensor, turn: boolean) => (turn ? x.transpose(-2, -1) : x);
  const a = () => turned(of.input(0), transposeA);
  const b = () => turned(of.input(1), transposeB);
  return [
    of.needs(0) ? sumTo(turned(dy.matmul(b().transpose(-2, -1)), transposeA), of.shapes[0]!) : null,
    of.needs(1) ? sumTo(turned(a().transpose(-2, -1).matmul(dy), transposeB), of.shapes[1]!) : null,
  ];
});

derive(linearLayer, (dy, of) => {
  const [shape, weight] = of.shapes as [number[], number[]];
  const count = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const rows = dy.reshape([count, weight[0]!]);
  return [
    of.needs(0) ? rows.matmul(of.input(1)).reshape(shape) : null,
    of.needs(1) ? rows.transpose(0, 1).matmul(of.input(0).reshape([count, weight[1]!])) : null,
    ...(of.shapes.length > 2 ? [of.needs(2) ? rows.sum(0) : null] : []),
  ];
});

derive(scatter, (dy, of) => {
  const index = of.input(1);
  const { axis } = of.attrs;
  const source = () => {
    const picked = dy.gather(axis, index);
    return picked.pad(
      picked.shape
        .map((n, dim) => [0, of.shapes[2]![dim]! - n])
        .reverse()
        .flat(),
    );
  };
  return [of.needs(0) ? dy.scatter(axis, index, 0) : null, null, of.needs(2) ? source() : null];
});
