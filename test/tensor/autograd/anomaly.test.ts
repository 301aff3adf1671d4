// The first NaN of a pass is told by its operation and the program's line; what has none goes its way.
import { expect, test } from "bun:test";
import { detectAnomaly } from "../../../src/tensor/autograd/anomaly.ts";
import { tensor, where } from "../../../src/tensor/index.ts";

test("the first NaN is told: of a pass, of a gradient alone, of what was put in", async () => {
  const line = /anomaly\.test\.ts:\d+:\d+$/;
  const told = async (body: () => unknown): Promise<string> =>
    detectAnomaly(body).then(
      () => "nothing",
      ({ message }: Error) => {
        expect(message).toMatch(line);
        return message.replace(/, called at .*/, "");
      },
    );
  const x = tensor([0, 4], { requiresGrad: true });
  const holds = "holds NaN";
  expect([
    await told(() => x.sub(1).log().mul(2).sum().backward()),
    await told(() => where(x.gt(0), x.sqrt(), 0).sum().backward()), // of √ at 0: ∞ · 0
    await told(() => tensor([1, Number.NaN]).mul(x)),
    await told(async () => {
      await Promise.resolve();
      return x.div(0).sub(x.div(0));
    }),
    await told(() => x.add(1).sqrt().sum().backward()),
  ]).toEqual([
    `detectAnomaly: what log gave, a tensor [2] ${holds}`,
    `detectAnomaly: the gradient of input 0 of sqrt, [2] ${holds}`,
    `detectAnomaly: what mul was given, a tensor [2] ${holds}`,
    `detectAnomaly: what div gave, a tensor [2] ${holds}`,
    "nothing",
  ]);
});

test("it gives what its body gives, throws what that throws, and there is one at a time", async () => {
  expect(await detectAnomaly(async () => 3)).toBe(3);
  await expect(
    detectAnomaly(() =>
      tensor([1])
        .add(tensor([1, 2]))
        .reshape([5]),
    ),
  ).rejects.toThrow("do not fit");
  const first = detectAnomaly(() => Promise.resolve(1));
  await expect(detectAnomaly(() => 2)).rejects.toThrow(
    "detectAnomaly: another one is running: await it first",
  );
  expect(await first).toBe(1);
});
