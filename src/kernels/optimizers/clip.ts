// Clipping of gradients, several a launch: the norm of all of them together, and what is too long or too large, shortened
// in place.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import source from "./clip.wgsl" with { type: "text" };
import { defineSlotKernel, inLaunches } from "./slots.ts";

const kernel = defineSlotKernel("clip", `${nan}\n${source}`, {
  sums: { each: ["read"], shared: ["write"] },
  total: { each: [], shared: ["read", "write"] },
  scale: { each: ["write"], shared: ["read"] },
  clamp: { each: ["write"] },
});

/** `total` has no slots of its own: it is an entry point of any of the programs. */
const ANY = { SLOTS: 1, EACH: 1 };
/** A GPU's invocations that each leave a part of the sum. */
const PARTS = 16384;

const NOTHING = { sizes: [], at: 0, parts: 0, p: 0, most: 0 };

/** The p-norm of all elements, a number; p may be infinite. */
export function gradientNorm(gradients: readonly DeviceArray[], p: number): DeviceArray {
  const constants = { MAXIMUM: p === Number.POSITIVE_INFINITY ? 1 : 0, SQUARES: p === 2 ? 1 : 0 };
  const own = { ...NOTHING, p };
  const slots = gradients.map((gradient) => [gradient]);
  const options = { shared: 1, invocations: PARTS };
  let parts = 0;
  inLaunches(
    slots,
    ({ params, constants: { WORKGROUP } }) => {
      parts += params.total * WORKGROUP;
    },
    options,
  );
  const sums = empty([parts], "float32", "the parts of a norm");
  let at = 0;
  inLaunches(
    slots,
    ({ arrays, params, constants: { WORKGROUP }, ...given }) => {
      kernel.launch("sums", {
        ...given,
        arrays: [...arrays, sums],
        params: { ...params, ...own, sizes: arrays.map(({ size }) => size), at },
        constants: { ...constants, WORKGROUP },
      });
      at += params.total * WORKGROUP;
    },
    options,
  );
  const norm = empty([], "float32", "a norm");
  kernel.launch("total", {
    arrays: [sums, norm],
    params: { ...own, n4: [], begins: [], total: 0, per: 0, parts },
    constants,
    sizes: ANY,
    groups: [1, 1, 1],
  });
  sums.release();
  return norm;
}

/** Multiplies all gradients by maxNorm / (norm + 1e-6) where that is less than 1. */
export function scaleGradients(gradients: readonly DeviceArray[], norm: DeviceArray, maxNorm: number): void {
  inLaunches(
    gradients.map((gradient) => [gradient]),
    ({ arrays, params, ...given }) =>
      kernel.launch("scale", {
        ...given,
        arrays: [...arrays, norm],
        params: { ...params, ...NOTHING, most: maxNorm },
      }),
    { shared: 1 },
  );
}

/** Cuts all elements off at ±most. */
export function clampGradients(gradients: readonly DeviceArray[], most: number): void {
  inLaunches(
    gradients.map((gradient) => [gradient]),
    ({ params, ...given }) => kernel.launch("clamp", { ...given, params: { ...params, ...NOTHING, most } }),
  );
}
