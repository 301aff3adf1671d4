// Second derivatives of convolutions. y = w ∗ x is linear in x and in w, and of the three, conv2d, its gradient by x
// (convTranspose2d) and its gradient by w (conv2dWeight), each one's gradients are the other two:
//
//   y  = conv2d(x, w)             dx = convTranspose2d(dy, w)     dw = conv2dWeight(x, dy)
//   y  = convTranspose2d(x, w)    dx = conv2d(dy, w)              dw = conv2dWeight(dy, x)
//   dw = conv2dWeight(x, y)       dx = convTranspose2d(y, ddw)    dy = conv2d(x, ddw)
import { conv2d, conv2dWeight } from "../../../kernels/convolution/conv2d.ts";
import type { Conv2dAttrs, Pair } from "../../../kernels/convolution/conv2dGeometry.ts";
import { convTranspose2d } from "../../../kernels/convolution/convTranspose2d.ts";
import { derive } from "../../../tensor/autograd/derive.ts";
import { apply, type Tensor } from "../../../tensor/tensor.ts";

const sides = (shape: readonly number[]) => shape.slice(2) as unknown as Pair;
const plain = ({ stride, padding, dilation, groups }: Conv2dAttrs): Conv2dAttrs => ({
  stride,
  padding,
  dilation,
  groups,
});

/** convTranspose2d to an image of a given size. */
function spread(y: Tensor, w: Tensor, attrs: Conv2dAttrs, [height, width]: Pair): Tensor {
  const { stride, padding, dilation } = attrs;
  const least = (axis: 0 | 1) =>
    (y.shape[axis + 2]! - 1) * stride[axis] -
    2 * padding[axis] +
    dilation[axis] * (w.shape[axis + 2]! - 1) +
    1;
  const outputPadding: Pair = [height - least(0), width - least(1)];
  return apply(convTranspose2d, [y, w], { ...plain(attrs), outputPadding });
}

/** conv2d, of which as many rows and columns are taken as are asked for. */
function convolved(x: Tensor, w: Tensor, attrs: Conv2dAttrs, [height, width]: Pair): Tensor {
  const y = apply(conv2d, [x, w], plain(attrs));
  return y.shape[2] === height && y.shape[3] === width ? y : y.narrow(2, 0, height).narrow(3, 0, width);
}

function weighed(x: Tensor, y: Tensor, attrs: Conv2dAttrs, kernel: Pair): Tensor {
  return apply(conv2dWeight, [x, y], { ...plain(attrs), kernel });
}

derive(conv2d, (dy, of) => {
  const [x, w] = of.shapes as [readonly number[], readonly number[]];
  return [
    of.needs(0) ? spread(dy, of.input(1), of.attrs, sides(x)) : null,
    of.needs(1) ? weighed(of.input(0), dy, of.attrs, sides(w)) : null,
    ...(of.shapes.length > 2 ? [of.needs(2) ? dy.sum([0, 2, 3]) : null] : []),
  ];
});

derive(convTranspose2d, (dy, of) => {
  const [x, w] = of.shapes as [readonly number[], readonly number[]];
  return [
    of.needs(0) ? convolved(dy, of.input(1), of.attrs, sides(x)) : null,
    of.needs(1) ? weighed(dy, of.input(0), of.attrs, sides(w)) : null,
  ];
});

derive(conv2dWeight, (ddw, of) => {
  const [x, y] = of.shapes as [readonly number[], readonly number[]];
  return [
    of.needs(0) ? spread(of.input(1), ddw, of.attrs, sides(x)) : null,
    of.needs(1) ? convolved(of.input(0), ddw, of.attrs, sides(y)) : null,
  ];
});
