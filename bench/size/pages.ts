// Pages that use more or less of the engine: what `bun run size` weighs and test/bench/size.test.ts holds to bounds.

/** Programs by what they use. */
export const pages = {
  "the whole engine": `export * from "otograd";`,
  "all but audio": `export { fft, F, nn, optim, init, Tensor, tensor, grad, noGrad, loadTorch, loadSafetensors, saveSafetensors } from "otograd";`,
  "a convolutional network": `import { F, init, nn, optim, tensor } from "otograd";
    await init();
    const net = new nn.Sequential(new nn.Conv2d(1, 8, 3), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(32, 10));
    const optimizer = new optim.AdamW(net.parameters(), { lr: 1e-3 });
    F.crossEntropy(net.forward(tensor([[[[0]]]])), tensor([1], { dtype: "int32" })).backward();
    optimizer.step();`,
  "one layer, trained": `import { F, init, nn, optim, tensor } from "otograd";
    await init();
    const layer = new nn.Linear(2, 2);
    const optimizer = new optim.AdamW(layer.parameters(), { lr: 0.1 });
    const [x, y] = [tensor([[0, 1], [1, 0]]), tensor([0, 1], { dtype: "int32" })];
    for (let i = 0; i < 50; i++) {
      optimizer.zeroGrad();
      F.crossEntropy(layer.forward(x), y).backward();
      optimizer.step();
    }
    export const loss = await F.crossEntropy(layer.forward(x), y).item();`,
  "a gradient of a gradient": `import { F, grad, init, tensor } from "otograd";
    await init();
    const x = tensor([3], { requiresGrad: true });
    const [first] = grad(F.mseLoss(x.square(), tensor([0])), [x], { createGraph: true });
    export const second = await grad(first, [x])[0].item();`,
  "tensors alone": `import { init, tensor } from "otograd";
    await init();
    export const sum = await tensor([1, 2]).sum().item();`,
  "fft alone": `import { fft } from "otograd";
    export const rfft = fft.rfft;`,
} as const;
