// A diffusion model (Ho, Jain & Abbeel 2020) of points in the plane: noise is added step by step to two half moons, a
// network learns to tell the noise, and points of nothing but noise are led back.
//
//     bun examples/diffusion.ts
import { cat, F, init, manualSeed, nn, noGrad, optim, randn, type Tensor, tensor } from "otograd";
import { generator } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const TIMES = 50;
const BATCH = 256;

/** Points of two interlocked half moons, about as wide as a normal distribution. */
function moons(count: number, random: () => number): number[][] {
  return Array.from({ length: count }, (_, i) => {
    const turn = Math.PI * random();
    const [x, y] =
      i % 2 === 0 ? [Math.cos(turn), Math.sin(turn)] : [1 - Math.cos(turn), 0.5 - Math.sin(turn)];
    return [1.2 * (x - 0.5), 2 * (y - 0.25)];
  });
}

// What is left of the points after each step, and how much noise a step adds.
const betas = Array.from({ length: TIMES }, (_, t) => 1e-3 + (0.15 * t) / TIMES);
const kept: number[] = [];
for (const [t, beta] of betas.entries()) kept.push((kept[t - 1] ?? 1) * (1 - beta));

class Denoiser extends nn.Module {
  readonly net = new nn.Sequential(
    new nn.Linear(2 + 16, 128),
    new nn.SiLU(),
    new nn.Linear(128, 128),
    new nn.SiLU(),
    new nn.Linear(128, 128),
    new nn.SiLU(),
    new nn.Linear(128, 2),
  );

  /** Points [n, 2] at times [n] to the noise in them [n, 2]. */
  forward(x: Tensor, times: readonly number[]): Tensor {
    const waves = times.map((t) =>
      Array.from({ length: 8 }, (_, i) => (Math.PI * 2 ** (i / 2) * t) / TIMES).flatMap((at) => [
        Math.sin(at),
        Math.cos(at),
      ]),
    );
    return this.net.forward(cat([x, tensor(waves)], 1));
  }
}

await init();
manualSeed(1);
const random = generator(1);
const column = (values: readonly number[]) => tensor(values.map((value) => [value]));

const model = new Denoiser();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.002 });
const total = steps(1600);
const schedule = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: 0.005, totalSteps: total });
for (let step = 1; step <= total; step++) {
  const times = Array.from({ length: BATCH }, () => Math.floor(random() * TIMES));
  const noise = randn([BATCH, 2]);
  const left = column(times.map((t) => Math.sqrt(kept[t]!)));
  const added = column(times.map((t) => Math.sqrt(1 - kept[t]!)));
  const noisy = tensor(moons(BATCH, random)).mul(left).add(noise.mul(added));
  const loss = F.mseLoss(model.forward(noisy, times), noise);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  schedule.step();
  if (step % 400 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(4)}`);
}

const COUNT = 500;
let x = randn([COUNT, 2]);
for (let t = TIMES - 1; t >= 0; t--) {
  x = noGrad(() => {
    const noise = model.forward(x, new Array(COUNT).fill(t));
    const mean = x.sub(noise.mul(betas[t]! / Math.sqrt(1 - kept[t]!))).div(Math.sqrt(1 - betas[t]!));
    return t === 0 ? mean : mean.add(randn([COUNT, 2]).mul(Math.sqrt(betas[t]!)));
  });
}

const made = (await x.tolist()) as [number, number][];
const truth = moons(2000, generator(2));
const [WIDTH, HEIGHT] = [60, 20];
const plane = Array.from({ length: HEIGHT }, () => new Array<string>(WIDTH).fill(" "));
for (const [a, b] of made) {
  const [column, row] = [Math.floor((a + 2.4) * (WIDTH / 4.8)), Math.floor((2.4 - b) * (HEIGHT / 4.8))];
  if (plane[row]?.[column] !== undefined) plane[row][column] = "●";
}
console.log(plane.map((row) => row.join("").trimEnd()).join("\n"));
const share = (points: readonly number[][]) =>
  points.filter(([x, y]) => truth.some(([a, b]) => Math.hypot(a! - x!, b! - y!) < 0.25)).length / COUNT;
const noise = (await randn([COUNT, 2]).tolist()) as number[][];
const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
learned(
  `${percent(share(made))} of the points lie on the moons, where ${percent(share(noise))} of the noise did that they were made of`,
  share(made) >= 0.7,
);
