// The matrix product on any adapter: launches matmul.wgsl.
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import operandsSource from "./gemmOperands.wgsl" with { type: "text" };
import source from "./matmul.wgsl" with { type: "text" };
import { operationsOf, type Product, paramsOf } from "./product.ts";

const kernel = defineKernel({
  name: "matmul",
  code: [source, operandsSource],
  entries: { main: ["read", "read", "write", "read"] },
});

export function launchPlain(product: Product): void {
  const { a, b, c, bias } = product;
  const params = paramsOf(product);
  kernel.launch("main", {
    arrays: [a.array, b.array, c.array, bias?.array ?? a.array], // something must be bound
    params,
    operations: operationsOf(product),
    groups: linearGroups(Math.ceil(params.m / 4) * Math.ceil(params.n / 4) * params.batches, 64),
  });
}
