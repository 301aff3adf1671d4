// EfficientAT's networks: their names and sizes, their parts, and that the last blocks learn alone. test/oracle/mn.test.ts
// has their numbers.
import { expect, setDefaultTimeout, test } from "bun:test";
import { nn, noGrad, optim, randn } from "otograd";
import { manualSeed } from "../../src/tensor/index.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

test("mn04 and mn10 have the published networks' names and sizes", () => {
  const net = new nn.MN({ width: 0.4 });
  const state = Object.entries(net.stateDict());
  const numbers = net.parameters().reduce((sum, parameter) => sum + parameter.numel(), 0);
  console.log(`  mn04: ${state.length} tensors, ${numbers.toLocaleString("en")} numbers to learn`);
  expect([state.length, numbers, net.embeddingSize]).toEqual([266, 983599, 384]);
  const shape = (name: string) => net.stateDict()[name]!.shape.join("×");
  expect(shape("features.1.block.1.0.weight")).toBe("8×8×1×1"); // no expansion
  expect(shape("features.4.block.2.conc_se_layers.0.fc1.weight")).toBe("8×32");
  expect(shape("features.12.block.1.0.weight")).toBe("272×1×3×3");
  expect(shape("classifier.5.weight")).toBe("527×512");
  const large = new nn.MN({ width: 1, classes: 2 }).stateDict();
  expect(large["features.11.block.2.conc_se_layers.0.fc1.weight"]!.shape).toEqual([120, 480]);
  expect(large["features.16.0.weight"]!.shape).toEqual([960, 160, 1, 1]);
  expect(large["classifier.2.weight"]!.shape).toEqual([1280, 960]);
});

test("its parts in a row are the whole, and what learns in the last blocks leaves the others alone", async () => {
  manualSeed(3);
  const net = new nn.MN({ width: 0.1, classes: 3, dropout: 0 });
  net.eval();
  const x = randn([4, 1, 32, 48]);
  const prefix = () => noGrad(() => net.blocks(x, 0, 15));
  const kept = prefix();
  const parts = noGrad(() => net.classify(net.pool(net.blocks(kept, 15))));
  expect(await parts.tolist()).toEqual(await noGrad(() => net.forward(x)).tolist());

  const before = await net.getParameter("features.14.block.0.0.weight").tolist();
  const learned = net.namedParameters().flatMap(([name, parameter]) => {
    parameter.requiresGrad = /^(features\.1[56]|classifier)\./.test(name);
    return parameter.requiresGrad ? [parameter] : [];
  });
  net.train(); // first weights alone let signals fade: batch norm holds them up
  const lively = prefix();
  const optimizer = new optim.Adam(learned, { lr: 0.01 });
  const labels = [0, 1, 2, 1];
  const losses: number[] = [];
  const loss = new nn.CrossEntropyLoss();
  for (let step = 0; step < 12; step++) {
    optimizer.zeroGrad();
    const each = loss.forward(net.classify(net.pool(net.blocks(lively, 15))), labels);
    each.backward();
    optimizer.step();
    losses.push(await each.item());
  }
  console.log(`  loss of the last two blocks: ${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)}`);
  expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!);
  expect(await net.getParameter("features.14.block.0.0.weight").tolist()).toEqual(before);
});

test("says what does not fit", () => {
  const net = new nn.MN({ width: 0.1, classes: 2 });
  expect(() => net.forward(randn([2, 2, 32, 32]))).toThrow(
    "MN.embed: wants pictures [n, 1, bands, frames], got [2, 2, 32, 32]",
  );
  expect(() => new nn.MN({ width: 0 })).toThrow("MN: width is a number above 0, got 0");
  expect(() => new nn.MN({ dropout: 2 })).toThrow("MN: dropout is");
});
