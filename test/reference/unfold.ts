// The patches that a convolution reads, laid out, and the image that patches add up to:
//
//   unfold   columns[n, (c, r, s), (p, q)] = x[n, c, p·stride₀ − padding₀ + r·dilation₀, q·stride₁ − padding₁ + s·dilation₁]
//   fold     the transpose: each element of columns is added to the image where unfold would have read it
import { type Arr, arr, type Reference } from "./reference.ts";

export interface UnfoldAttrs {
  image: [number, number];
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
}

/** Visits each element of the columns that is not padding, with its place in the image. */
function forEachElement(
  planes: number,
  attrs: UnfoldAttrs,
  visit: (atColumns: number, atImage: number) => void,
): void {
  const { image, kernel, stride, padding, dilation } = attrs;
  const [P, Q] = patches(attrs);
  for (let plane = 0; plane < planes; plane++)
    for (let r = 0; r < kernel[0]; r++)
      for (let s = 0; s < kernel[1]; s++)
        for (let p = 0; p < P; p++)
          for (let q = 0; q < Q; q++) {
            const h = p * stride[0] - padding[0] + r * dilation[0];
            const w = q * stride[1] - padding[1] + s * dilation[1];
            if (h < 0 || h >= image[0] || w < 0 || w >= image[1]) continue;
            const row = (plane * kernel[0] + r) * kernel[1] + s;
            visit((row * P + p) * Q + q, (plane * image[0] + h) * image[1] + w);
          }
}

function patches({ image, kernel, stride, padding, dilation }: UnfoldAttrs): number[] {
  return [0, 1].map(
    (d) => Math.floor((image[d] + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d]) + 1,
  );
}

function columnsOf(x: Arr, attrs: UnfoldAttrs): Arr {
  const [P, Q] = patches(attrs);
  const columns = arr([x.shape[0], x.shape[1] * attrs.kernel[0] * attrs.kernel[1], P * Q]);
  forEachElement(x.shape[0] * x.shape[1], attrs, (atColumns, atImage) => {
    columns.data[atColumns] = x.data[atImage];
  });
  return columns;
}

function imageOf(columns: Arr, attrs: UnfoldAttrs): Arr {
  const channels = columns.shape[1] / (attrs.kernel[0] * attrs.kernel[1]);
  const image = arr([columns.shape[0], channels, ...attrs.image]);
  forEachElement(columns.shape[0] * channels, attrs, (atColumns, atImage) => {
    image.data[atImage] += columns.data[atColumns];
  });
  return image;
}

export const unfold: Reference<UnfoldAttrs> = {
  forward: ([x], attrs) => columnsOf(x, attrs),
  backward: (_, attrs, g) => [imageOf(g, attrs)],
};

export const fold: Reference<UnfoldAttrs> = {
  forward: ([columns], attrs) => imageOf(columns, attrs),
  backward: (_, attrs, g) => [columnsOf(g, attrs)],
};
