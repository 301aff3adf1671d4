// Running sums, products, logarithms of sums of exponentials, maxima and minima along an axis.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { sizeOf } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import source from "./scan.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "scan",
  code: ({ WHOLE }) => `alias element = ${WHOLE ? "i32" : "f32"};\n${nan}\n${source}`,
  entries: {
    scan: ["read", "write", "write"],
    carry: ["read", "write"],
    recur: ["read", "write", "read", "read"],
    best: ["read", "write"],
  },
});

const WORKGROUP = 64;
/** A column of so many elements is walked in one go, and any where there are columns enough to keep a device busy. */
const SHORT = 128;
const ENOUGH = 4096;

function geometry(x: DeviceArray, axis: number) {
  const n = x.shape[axis]!;
  const inner = sizeOf(x.shape.slice(axis + 1));
  return { n, inner, columns: sizeOf(x.shape.slice(0, axis)) * inner };
}

type Operation = "add" | "multiply" | "logaddexp";

/** The running results along an axis, from the start or from the end; sums and products of whole numbers are such. */
function scanArray(operation: Operation, x: DeviceArray, axis: number, reverse = false): DeviceArray {
  const size = geometry(x, axis);
  const out = empty(x.shape, x.dtype, "a scan");
  if (x.size === 0) return out;
  const chunk = size.n <= SHORT || size.columns >= ENOUGH ? size.n : Math.ceil(Math.sqrt(size.n));
  const chunks = Math.ceil(size.n / chunk);
  const params = { ...size, chunk };
  const constants = { OPERATION: kernel.constant(operation), REVERSE: reverse ? 1 : 0 };
  const sizes: Record<string, number> = x.dtype === "float32" ? {} : { WHOLE: 1 };
  const totals = empty(x.shape.with(axis, chunks), x.dtype, "a scan");
  const groups = linearGroups(chunks * size.columns, WORKGROUP);
  kernel.launch("scan", { arrays: [x, out, totals], params, constants, sizes, groups });
  if (chunks > 1) {
    const running = scanArray(operation, totals, axis);
    kernel.launch("carry", {
      arrays: [running, out],
      params,
      constants,
      sizes,
      groups: linearGroups(x.size, WORKGROUP),
    });
    running.release();
  }
  totals.release();
  return out;
}

export const cumsum: Op<{ axis: number }> = {
  name: "cumsum",
  forward: (_, [x], { axis }) => scanArray("add", x!, axis),
  backward: (ctx, dy) => [scanArray("add", dy, ctx.attrs.axis, true)],
};

function recurring(name: string, operation: Operation): Op<{ axis: number }> {
  return {
    name,
    forward(ctx, [x], { axis }) {
      const y = scanArray(operation, x!, axis);
      ctx.save(x!, y);
      return y;
    },
    backward(ctx, dy) {
      const [x, y] = ctx.saved as [DeviceArray, DeviceArray];
      const dx = empty(x.shape, "float32", `${name}'s gradient`);
      const size = geometry(x, ctx.attrs.axis);
      kernel.launch("recur", {
        arrays: [x, dx, y, dy],
        params: { ...size, chunk: size.n },
        constants: { OPERATION: kernel.constant(operation) },
        groups: linearGroups(size.n === 0 ? 0 : size.columns, WORKGROUP),
      });
      return [dx];
    },
  };
}

export const cumprod = recurring("cumprod", "multiply");
export const logcumsumexp = recurring("logcumsumexp", "logaddexp");

/** Where the running maximum or minimum is, int32, shaped as x. */
export function runningPositions(name: "cummax" | "cummin", x: DeviceArray, axis: number): DeviceArray {
  const positions = empty(x.shape, "int32", name);
  const size = geometry(x, axis);
  kernel.launch("best", {
    arrays: [x, positions],
    params: { ...size, chunk: size.n },
    constants: { SMALLEST: name === "cummin" ? 1 : 0 },
    groups: linearGroups(x.size === 0 ? 0 : size.columns, WORKGROUP),
  });
  return positions;
}
