// The matrix product on any adapter: launches matmul.wgsl.
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import finish from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import operandsSource from "./gemmOperands.wgsl" with { type: "text" };
import source from "./matmul.wgsl" with { type: "text" };
import { bindingsOf, operationsOf, type Product, paramsOf } from "./product.ts";

const kernel = defineKernel({
  name: "matmul",
  code: [source, operandsSource, finish, nan],
  entries: { main: ["read", "read", "write", "read", "read"] },
});

export function launchPlain(product: Product): void {
  const params = paramsOf(product);
  kernel.launch("main", {
    arrays: bindingsOf(product),
    params,
    operations: operationsOf(product),
    groups: linearGroups(Math.ceil(params.m / 4) * Math.ceil(params.n / 4) * params.batches, 64),
  });
}
