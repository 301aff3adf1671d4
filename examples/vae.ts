// A variational autoencoder (Kingma & Welling 2014): digits are squeezed into eight numbers that look like noise, and noise
// is turned into digits that nobody drew.
//
//     bun examples/vae.ts
import { F, init, manualSeed, nn, noGrad, optim, randn, type Tensor, tensor } from "otograd";
import { digits, picture } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const SIZE = 12;
const PIXELS = SIZE * SIZE;
const LATENT = 8;
const BATCH = 100;

class VariationalAutoencoder extends nn.Module {
  readonly encoder = new nn.Sequential(new nn.Linear(PIXELS, 128), new nn.ReLU());
  readonly mean = new nn.Linear(128, LATENT);
  readonly logVariance = new nn.Linear(128, LATENT);
  readonly decoder = new nn.Sequential(new nn.Linear(LATENT, 128), new nn.ReLU(), new nn.Linear(128, PIXELS));

  /** Images [n, pixels] to the logits of their pixels, and what the latent normal distributions are. */
  forward(x: Tensor): { logits: Tensor; mean: Tensor; logVariance: Tensor } {
    const hidden = this.encoder.forward(x);
    const [mean, logVariance] = [this.mean.forward(hidden), this.logVariance.forward(hidden)];
    const latent = mean.add(logVariance.mul(0.5).exp().mul(randn(mean.shape)));
    return { logits: this.decoder.forward(latent), mean, logVariance };
  }
}

/** −log p(x | z) of Bernoulli pixels and KL(q(z | x) ‖ N(0, 1)), each an image. */
function lossOf(model: VariationalAutoencoder, x: Tensor): { reconstruction: Tensor; divergence: Tensor } {
  const { logits, mean, logVariance } = model.forward(x);
  const n = x.shape[0]!;
  const reconstruction = F.binaryCrossEntropyWithLogits(logits, x, { reduction: "sum" }).div(n);
  const divergence = mean
    .square()
    .add(logVariance.exp())
    .sub(logVariance)
    .sub(1)
    .sum()
    .mul(0.5 / n);
  return { reconstruction, divergence };
}

await init();
manualSeed(1);

const flat = (count: number, seed: number) =>
  tensor(digits(count, SIZE, seed).pixels, { shape: [count, PIXELS] });
const train = flat(1000, 1);
const test = flat(200, 2);
const model = new VariationalAutoencoder();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.003 });

const total = steps(900);
for (let step = 1; step <= total; step++) {
  const { reconstruction, divergence } = lossOf(model, train.narrow(0, ((step - 1) % 10) * BATCH, BATCH));
  const loss = reconstruction.add(divergence);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 100 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(2)}`);
}

const made = noGrad(() => model.decoder.forward(randn([8, LATENT])).sigmoid());
console.log(picture(await made.data(), SIZE, 8));

// Beside a model that knows each pixel's mean, and nothing of digits.
const average = train.mean(0, true).clamp(0.001, 0.999);
const ignorant = F.binaryCrossEntropy(average.expand(test.shape), test, { reduction: "sum" }).div(200);
const { reconstruction, divergence } = noGrad(() => lossOf(model, test));
const bound = await reconstruction.add(divergence).item();
const without = await ignorant.item();
learned(
  `${bound.toFixed(1)} nats an unseen digit, its noise included (${without.toFixed(1)} by pixels' means)`,
  bound < 0.82 * without,
);
