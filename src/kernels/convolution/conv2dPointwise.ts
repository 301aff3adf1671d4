// Launches conv2dPointwise.wgsl: convolutions of kernels of one element that are small, or store more than they multiply.
import type { DeviceArray } from "../../gpu/array.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import { copiesToTextures, prefersPointwise } from "../gemm/gemm.ts";
import finishing from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import { type Finish, finishParams } from "../shared/unfinished.ts";
import { unroll } from "../shared/unroll.ts";
import { pointwiseByGemm } from "./conv2dBySample.ts";
import type { Geometry } from "./conv2dGeometry.ts";
import source from "./conv2dPointwise.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "conv2dPointwise",
  code: (sizes) => [unroll(source, sizes), finishing, nan].join("\n"),
  entries: {
    pointwise: ({ TEXTURES }) => [TEXTURES === 1 ? "texture" : "read", "read", "write", "read", "read"],
  },
});

/** y[n] = W · x[n] + b, and what follows, where isPointwise says that patches are elements. */
export function pointwiseForward(
  x: DeviceArray,
  w: DeviceArray,
  bias: DeviceArray | undefined,
  y: DeviceArray,
  g: Geometry,
  finish: Finish,
): void {
  const { batch, channels, outChannels, positions } = g;
  const groups = [Math.ceil(outChannels / 8), Math.ceil((batch * Math.ceil(positions / 8)) / 8), 1] as const;
  const multiplyAdds = batch * positions * channels * outChannels;
  if (channels % 4 !== 0 || groups[1] > 65535 || !prefersPointwise(outChannels, multiplyAdds)) {
    pointwiseByGemm(x, w, bias, y, g, finish);
    return;
  }
  kernel.launch("pointwise", {
    arrays: [x, w, y, bias ?? w, finish.other ?? w], // something must be bound
    params: {
      ...{ samples: batch, channels, outChannels, fours: positions / 4 },
      ...finishParams(finish),
      hasBias: bias === undefined ? 0 : 1,
    },
    sizes: { TEXTURES: copiesToTextures(4 * x.size) ? 1 : 0 },
    operations: 2 * multiplyAdds,
    groups,
  });
}
