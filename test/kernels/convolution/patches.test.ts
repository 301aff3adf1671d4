// Patches to columns and back.
import { fold as foldOp, unfold as unfoldOp } from "../../../src/kernels/convolution/patches.ts";
import "../../../src/nn/functional/index.ts"; // with its second derivatives
import { apply } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { fold, type UnfoldAttrs, unfold } from "../../reference/unfold.ts";
import { casesOf } from "../drawn.ts";

const terms = ({ attrs: { kernel } }: Case<UnfoldAttrs>) => kernel[0] * kernel[1];

check<UnfoldAttrs>({
  name: "unfold",
  covers: ["patches"],
  run: ([x], attrs) => apply(unfoldOp, [x!], attrs),
  reference: unfold,
  cases: casesOf<UnfoldAttrs>("unfold"),
  terms,
});

check<UnfoldAttrs>({
  name: "fold",
  covers: ["patches"],
  run: ([x], attrs) => apply(foldOp, [x!], attrs),
  reference: fold,
  cases: casesOf<UnfoldAttrs>("fold"),
  terms,
});
