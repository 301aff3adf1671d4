// Launches excitation.wgsl: how much squeeze-and-excitation makes of each channel, where no gradient is recorded. Means, two dense
// layers and their activations are five operations of next to no work, each of which a CPU adapter takes a launch for.

import { type DeviceArray, empty } from "../../gpu/array.ts";
import { copiesToTextures } from "../../gpu/bindings.ts";
import { device, MOST_GROUPS } from "../../gpu/device.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import type { Shape } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import texel from "../shared/texel.wgsl" with { type: "text" };
import { unroll } from "../shared/unroll.ts";
import source from "./excitation.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "excitation",
  code: (sizes) => [nan, texel, unroll(source, sizes)].join("\n"),
  entries: {
    excite: ({ TEXTURES }) => {
      const weights = TEXTURES === 1 ? "texture" : "read";
      return ["read", weights, "read", weights, "read", "write"];
    },
  },
});

/** Numbers that excitation.wgsl has room for. */
const MOST = 1024;

/** Whether it can be done so: x [n, channels, height, width], the first layer's weights [squeezed, channels]. */
export function excitesAtOnce(x: Shape, w1: Shape): boolean {
  const [n, channels, height, width] = x as [number, number, number, number];
  const sizes = [channels, w1[0]!];
  const fits = sizes.every((size) => size > 0 && size % 4 === 0 && size <= MOST);
  return (
    device().adapter.software && fits && n <= MOST_GROUPS && height * width > 0 && (height * width) % 4 === 0
  );
}

/** Inputs: x, W₁ [squeezed, channels], b₁, W₂ [channels, squeezed], b₂, as excitesAtOnce wants them; result [n, channels, 1, 1]. */
export const excitation: Op<undefined> = {
  name: "excitation",
  forward(_, inputs) {
    requireFloat("excitation", ...inputs);
    const [x, w1] = inputs as [DeviceArray, DeviceArray];
    const [n, channels, height, width] = x.shape as [number, number, number, number];
    const s = empty([n, channels, 1, 1], "float32", "excitation");
    kernel.launch("excite", {
      arrays: [...inputs, s],
      params: { channels, squeezed: w1.shape[0]!, fours: (height * width) / 4 },
      sizes: { TEXTURES: copiesToTextures(4 * w1.size) ? 1 : 0 },
      operations: n * channels * (height * width + 4 * w1.shape[0]!),
      groups: [n, 1, 1],
    });
    return s;
  },
  backward() {
    throw new Error("internal: excitation is for where no gradient is recorded");
  },
};
