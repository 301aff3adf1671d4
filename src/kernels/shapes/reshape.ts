// The same elements under another shape: shares memory, launches nothing.
import type { Op } from "../../gpu/op.ts";

export const reshape: Op<{ shape: number[] }> = {
  name: "reshape",
  forward: (_, [x], { shape }) => x!.view(shape),
  backward: (ctx, grad) => [grad.view(ctx.inputShapes[0]!)],
};
