// Derivatives of the losses that are operations of their own, for gradients of gradients: see derive.ts. CTC has none.
import { sizeOf } from "../../../gpu/shape.ts";
import { type KlDivAttrs, klDiv } from "../../../kernels/losses/klDiv.ts";
import { crossEntropy, type LossAttrs, labelShares, nllLoss } from "../../../kernels/losses/labelLoss.ts";
import { type PointwiseAttrs, type PointwiseName, pointwise } from "../../../kernels/losses/pointwise.ts";
import { type Applied, derive } from "../../../tensor/autograd/derive.ts";
import { where } from "../../../tensor/functions.ts";
import { arrayOf } from "../../../tensor/handle.ts";
import { Tensor } from "../../../tensor/tensor.ts";

// Of labels ------------------------------------------------------------------------------------------------

/** What dy is for each element of x: the share of its row, or of all. */
function perElement(
  dy: Tensor,
  [rows, , ...rest]: readonly number[],
  { reduction, counted }: LossAttrs,
): Tensor {
  if (reduction === "none") return dy.unsqueeze(1);
  return reduction === "mean" ? dy.mul(1 / (counted ?? rows! * sizeOf(rest))) : dy;
}

/** q of labelLoss.wgsl: constants. */
function sharesOf(of: Applied<LossAttrs>): Tensor {
  const [targets, weight] = [1, 2].flatMap((i) => (of.has(i) ? [arrayOf(of.input(i))] : []));
  return new Tensor(labelShares(of.shapes[0]!, targets!, weight, of.attrs), "shares of labels");
}

derive(nllLoss, (dy, of) => [
  perElement(dy, of.shapes[0]!, of.attrs).mul(sharesOf(of).neg()),
  ...of.shapes.slice(1).map(() => null),
]);

derive(crossEntropy, (dy, of) => {
  const shares = sharesOf(of);
  const slope = of.input(0).softmax(1).mul(shares.sum(1, true)).sub(shares);
  return [perElement(dy, of.shapes[0]!, of.attrs).mul(slope), ...of.shapes.slice(1).map(() => null)];
});

derive<KlDivAttrs>(klDiv, (dy, of) => {
  const [rows, classes] = of.shapes[0] as [number, number];
  const { reduction } = of.attrs;
  const count = reduction === "batchmean" ? rows : reduction === "mean" ? rows * classes : 1;
  return [
    of
      .input(1)
      .neg()
      .mul(dy.mul(1 / count)),
    null,
  ];
});

// Of elements ----------------------------------------------------------------------------------------------

const sign = (d: Tensor) => where(d.gt(0), 1, where(d.lt(0), -1, where(d.eq(0), 0, d)));

/** ln(1 + e⁻ˣ) */
const softplusOfMinus = (x: Tensor) => where(x.lt(-30), x.neg(), x.clamp({ min: -30 }).sigmoid().log().neg());

interface Slopes {
  x(x: Tensor, t: Tensor, p: number, weight: Tensor | number): Tensor;
  /** Where it is not that of x turned round. */
  target?(x: Tensor, t: Tensor, p: number, weight: Tensor | number): Tensor;
}

/** pointwise.wgsl's slopes. */
const SLOPES: Record<PointwiseName, Slopes> = {
  mseLoss: { x: (x, t) => x.sub(t).mul(2) },
  l1Loss: { x: (x, t) => sign(x.sub(t)) },
  smoothL1Loss: {
    x: (x, t, p) => {
      const d = x.sub(t);
      return p === 0 ? sign(d) : where(d.abs().lt(p), d.div(p), sign(d));
    },
  },
  huberLoss: {
    x: (x, t, p) => {
      const d = x.sub(t);
      return where(d.abs().lt(p), d, sign(d).mul(p));
    },
  },
  binaryCrossEntropy: {
    x: (x, t) => x.sub(t).div(x.neg().add(1).mul(x).clamp({ min: 1e-12 })),
    target: (x) =>
      x
        .neg()
        .add(1)
        .log()
        .clamp({ min: -100 })
        .sub(x.log().clamp({ min: -100 })),
  },
  binaryCrossEntropyWithLogits: {
    x: (x, t, _, w) => {
      const positive =
        typeof w === "number" ? x.neg().sigmoid() : t.mul(w.sub(1)).add(1).mul(x.neg().sigmoid());
      return t.neg().add(1).sub(positive);
    },
    target: (x, _, __, w) => (typeof w === "number" ? x.neg() : softplusOfMinus(x).mul(w.sub(1)).sub(x)),
  },
  poissonNllLoss: { x: (x, t) => x.exp().sub(t), target: (x) => x.neg() },
  poissonNllLossOfRates: {
    x: (x, t, p) => t.div(x.add(p)).neg().add(1),
    target: (x, _, p) => x.add(p).log().neg(),
  },
  softMarginLoss: {
    x: (x, t) => t.mul(t.mul(x).neg().sigmoid()).neg(),
    target: (x, t) => x.mul(t.mul(x).neg().sigmoid()).neg(),
  },
  hingeEmbeddingLoss: {
    x: (x, t, p) => where(t.eq(-1), 0, 1).sub(where(t.eq(1), 0, where(x.lt(p), 1, 0))),
    target: (x) => x.mul(0),
  },
};

for (const [name, { x: slope, target }] of Object.entries(SLOPES) as [PointwiseName, Slopes][]) {
  derive<PointwiseAttrs>(pointwise[name], (dy, of) => {
    const { reduction, p } = of.attrs;
    const [x, t] = [of.input(0), of.input(1)];
    const weight = of.shapes.length > 2 ? of.input(2) : 1;
    const g = reduction === "mean" ? dy.mul(1 / x.numel()) : dy;
    const ofTarget = target ?? ((...given: Parameters<Slopes["x"]>) => slope(...given).neg());
    return [
      of.needs(0) ? g.mul(slope(x, t, p, weight)) : null,
      of.needs(1) ? g.mul(ofTarget(x, t, p, weight)) : null,
      ...of.shapes.slice(2).map(() => null),
    ];
  });
}
