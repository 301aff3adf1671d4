// Operations that are linear in what has a gradient: the gradient is linear too, and theirs is the operation itself.
import { embedding, gather, indexSelect } from "../../../kernels/indexing/picking.ts";
import { indexAdd, scatterAdd } from "../../../kernels/indexing/placing.ts";
import { dropout } from "../../../kernels/random/dropout.ts";
import { reduce } from "../../../kernels/reductions/reduce.ts";
import { cumsum } from "../../../kernels/reductions/scan.ts";
import { border } from "../../../kernels/shapes/border.ts";
import { expand } from "../../../kernels/shapes/broadcast.ts";
import { concat } from "../../../kernels/shapes/concat.ts";
import { pad } from "../../../kernels/shapes/pad.ts";
import { permute } from "../../../kernels/shapes/permute.ts";
import { reshape } from "../../../kernels/shapes/reshape.ts";
import { slice } from "../../../kernels/shapes/slice.ts";
import { strided } from "../../../kernels/shapes/strided.ts";
import { triangle } from "../../../kernels/shapes/triangle.ts";
import { unfold } from "../../../kernels/shapes/unfold.ts";
import { derive, linear } from "../derive.ts";

derive(border, linear);
derive(concat, linear);
derive(cumsum, linear);
derive(dropout, linear);
derive(embedding, linear);
derive(expand, linear);
derive(gather, linear);
derive(indexAdd, linear);
derive(indexSelect, linear);
derive(permute, linear);
derive(reduce.mean, linear);
derive(reduce.sum, linear);
derive(reshape, linear);
derive(scatterAdd, linear);
derive(slice, linear);
derive(strided, linear);
derive(triangle, linear);
derive(unfold, linear);

// Padding is with a number: what is around x has no part in the gradient.
derive(pad, (dy, of) => {
  const [shape] = of.shapes as [readonly number[]];
  return [of.attrs.padding.reduce((rest, [before], dim) => rest.narrow(dim, before, shape[dim]!), dy)];
});
