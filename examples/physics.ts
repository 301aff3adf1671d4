// A network that obeys a differential equation (Raissi et al. 2019): the damped spring u'' + 2 d u' + w² u = 0 from
// u(0) = 1, u'(0) = 0, with nothing to learn from but the equation. Its loss has the network's second derivative in it, so
// that training differentiates three times.
//
//     bun examples/physics.ts
import { arange, grad, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { learned, steps } from "./run.ts";

const DAMPING = 1;
const SPRING = 3;
const END = 2;

await init();
manualSeed(1);

const model = new nn.Sequential(
  new nn.Linear(1, 32),
  new nn.Tanh(),
  new nn.Linear(32, 32),
  new nn.Tanh(),
  new nn.Linear(32, 1),
);
/** u(t): its beginning is built in. [n, 1] → [n, 1] */
const u = (t: Tensor) => t.square().mul(model.forward(t)).add(1);

const times = arange(40)
  .mul(END / 39)
  .reshape([-1, 1])
  .detach();
times.requiresGrad = true;
const optimizer = new optim.Adam(model.parameters(), { lr: 0.005 });
const total = steps(700);
const schedule = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: 0.02, totalSteps: total });
for (let step = 1; step <= total; step++) {
  const place = u(times);
  const [speed] = grad(place.sum(), times, { createGraph: true }) as [Tensor];
  const [force] = grad(speed.sum(), times, { createGraph: true }) as [Tensor];
  const loss = force
    .add(speed.mul(2 * DAMPING))
    .add(place.mul(SPRING ** 2))
    .square()
    .mean();
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  schedule.step();
  if (step % 175 === 0) console.log(`step ${step}   loss ${(await loss.item()).toFixed(5)}`);
}

// The solution in closed form: e^−dt (cos st + d/s sin st), s = √(w² − d²).
const s = Math.sqrt(SPRING ** 2 - DAMPING ** 2);
const exact = (t: number) => Math.exp(-DAMPING * t) * (Math.cos(s * t) + (DAMPING / s) * Math.sin(s * t));
const at = Array.from({ length: 9 }, (_, i) => (END * i) / 8);
const found = await noGrad(() => u(tensor(at.map((t) => [t])))).data();
for (const [i, t] of at.entries())
  console.log(
    `u(${t.toFixed(2)}) = ${found[i]!.toFixed(4).padStart(7)}   exactly ${exact(t).toFixed(4).padStart(7)}`,
  );
const worst = Math.max(...at.map((t, i) => Math.abs(found[i]! - exact(t))));
learned(`the spring's way is known to ${worst.toFixed(4)}`, worst < 0.02);
