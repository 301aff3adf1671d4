// checkpoint: the same gradients, from less memory.
import { expect, test } from "bun:test";
import { checkpoint, F, grad, manualSeed, memory, nn, noGrad, randn, type Tensor, tensor } from "otograd";

const all = async (tensors: readonly (Tensor | null)[]) =>
  await Promise.all(tensors.map(async (each) => [...(await each!.data())]));

/** The gradients of a model's parameters and of its input, with or without checkpoints. */
async function gradients(kept: boolean): Promise<number[][]> {
  manualSeed(7);
  const layers = [new nn.Linear(6, 8), new nn.Linear(8, 8), new nn.Linear(8, 3)];
  const outside = randn([8], { requiresGrad: true });
  const scaled = outside.mul(2); // something that was computed before
  const block = (x: Tensor, factor: number) =>
    F.dropout(layers[1]!.forward(x).tanh().mul(scaled).mul(factor), 0.5).add(x);
  const x = randn([5, 6], { requiresGrad: true });
  let h = layers[0]!.forward(x);
  for (let i = 0; i < 2; i++) h = kept ? block(h, 0.5) : checkpoint(block, h, 0.5);
  const loss = layers[2]!.forward(h).square().mean().add(scaled.sum());
  loss.backward();
  const parameters = layers.flatMap((layer) => [...layer.parameters()]);
  return await all([loss, x.grad, outside.grad, ...parameters.map((each) => each.grad)]);
}

test("gradients of inputs, parameters and what it saw outside are as without it, dropout included", async () => {
  const [with_, without] = [await gradients(false), await gradients(true)];
  let worst = 0;
  for (const [i, wanted] of without.entries()) {
    expect(with_[i]!.length).toBe(wanted.length);
    const largest = Math.max(...wanted.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    for (const [j, value] of wanted.entries())
      worst = Math.max(worst, Math.abs(with_[i]![j]! - value) / largest);
  }
  console.log(`  ${without.length} gradients, the largest difference ${worst.toExponential(1)}`);
  expect(worst).toBeLessThan(1e-5);
});

test("what it computes on the way is not kept", async () => {
  const chain = (x: Tensor) => {
    let y = x;
    for (let i = 0; i < 16; i++) y = y.sin();
    return y;
  };
  const held = (f: (x: Tensor) => Tensor) => {
    const x = tensor(new Float32Array(65_536), { requiresGrad: true });
    const before = memory().bytesInUse;
    const loss = f(x).sum();
    const bytes = memory().bytesInUse - before;
    loss.backward();
    expect(x.grad!.shape).toEqual([65_536]);
    return bytes;
  };
  const [plain, spared] = [held(chain), held((x) => checkpoint(chain, x))];
  console.log(
    `  16 steps of 256 KiB: ${plain >> 10} KiB kept for backward, ${spared >> 10} KiB with checkpoint`,
  );
  expect(spared).toBeLessThan(plain / 8);
});

test("grad() goes through it without touching .grad; a second derivative says that there is none", async () => {
  const [w, x] = [tensor([2, 3], { requiresGrad: true }), tensor([1, 4])];
  const y = () => checkpoint((input: Tensor) => input.mul(w).mul(w), x).sum();
  expect(await all(grad(y(), w))).toEqual([[4, 24]]);
  expect(w.grad).toBeNull();
  expect(() => grad(y(), w, { createGraph: true })).toThrow("grad: checkpoint has no second derivative");
  const walked = y();
  walked.backward();
  expect(() => walked.backward()).toThrow("was walked and freed already");
  expect(noGrad(y).requiresGrad).toBe(false);
  expect(checkpoint((input: Tensor) => input, w)).toBe(w);
  expect(checkpoint((input: Tensor) => input.mul(2), x).requiresGrad).toBe(false);
});

test("a parameter that changed since, and results that are none, are told", () => {
  const w = tensor([2, 3], { requiresGrad: true });
  const y = checkpoint((x: Tensor) => x.mul(w), tensor([1, 4])).sum();
  noGrad(() => w.mul_(2));
  expect(() => y.backward()).toThrow(
    "a value [2] that checkpoint needs was changed in place after the forward pass",
  );
  expect(() => checkpoint((() => 3) as never, w)).toThrow(
    "checkpoint: the function returns one tensor, got 3",
  );
});
