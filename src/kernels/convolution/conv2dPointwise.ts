// Launches conv2dPointwise.wgsl: convolutions of kernels of one element that are small, or store more than they multiply.

import type { DeviceArray } from "../../gpu/array.ts";
import { copiesToTextures } from "../../gpu/bindings.ts";
import { MOST_GROUPS } from "../../gpu/device.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import { multiplyArrays } from "../elementwise/binary.ts";
import { isAmongFirst, prefersPointwise } from "../gemm/gemm.ts";
import { launchPlain } from "../gemm/matmulPlain.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import texel from "../shared/texel.wgsl" with { type: "text" };
import { type Finish, finishedBy, finishParams, type Parts } from "../shared/unfinished.ts";
import { unroll } from "../shared/unroll.ts";
import { pointwiseProduct } from "./conv2dBySample.ts";
import type { Geometry } from "./conv2dGeometry.ts";
import source from "./conv2dPointwise.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "conv2dPointwise",
  code: (sizes) => [unroll(source, sizes), finishedBy(sizes.FINISH!), nan, texel].join("\n"),
  entries: {
    pointwise: ({ TEXTURES }) => [
      TEXTURES === 1 ? "texture" : "read",
      "read",
      "write",
      "read",
      "read",
      "read",
    ],
  },
});

/** Multiply-adds of all of it. */
const workOf = ({ batch, channels, outChannels, positions }: Geometry) =>
  batch * positions * channels * outChannels;
/** Workgroups along y: 8 lanes, each with 8 positions. */
const lanesOf = ({ batch, positions }: Geometry) => Math.ceil((batch * Math.ceil(positions / 8)) / 8);

/** Whether this program does it sooner than a product a sample. */
export function isSmall(g: Geometry): boolean {
  return g.channels % 4 === 0 && lanesOf(g) <= MOST_GROUPS && prefersPointwise(g.outChannels, workOf(g));
}

/** y[n] = W · (s[n] · x[n]) + b, and what follows, where isPointwise says that patches are elements, and isSmall that they are few. */
export function pointwiseForward(
  { x, w, bias, s }: Parts,
  y: DeviceArray,
  g: Geometry,
  finish: Finish,
): void {
  const { batch, channels, outChannels, positions } = g;
  if (isAmongFirst(workOf(g), `pointwise ${finish.f}`)) {
    const weighed = s === undefined ? x.retain() : multiplyArrays(x, s);
    launchPlain(pointwiseProduct(weighed, w, bias, y, g, finish));
    weighed.release();
    return;
  }
  kernel.launch("pointwise", {
    arrays: [x, w, y, bias ?? w, finish.other ?? w, s ?? w], // something must be bound
    params: {
      ...{ samples: batch, channels, outChannels, fours: positions / 4 },
      ...finishParams(finish),
      hasBias: bias === undefined ? 0 : 1,
      rows: 8,
      weighs: s === undefined ? 0 : 1,
    },
    sizes: { TEXTURES: copiesToTextures(4 * x.size) ? 1 : 0, FINISH: finish.f },
    operations: 2 * workOf(g),
    groups: [Math.ceil(outChannels / 8), lanesOf(g), 1],
  });
}
