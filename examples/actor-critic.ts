// A pole on a cart (Barto, Sutton & Anderson 1983) and a network that learns to balance it: advantage actor-critic. The
// actor draws a push to the left or right; the critic guesses how long the pole will stay up, and the actor learns from
// what came out better or worse than that.
//
//     bun examples/actor-critic.ts
import { F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { generator, pick } from "./data/digits.ts";
import { learned, steps } from "./run.ts";

const CARTS = 16; // balanced at once
const LONGEST = 200;
const DISCOUNT = 0.98;

type State = [position: number, velocity: number, angle: number, spin: number];

/** A fiftieth of a second (the equations of Florian 2007, as OpenAI's Gym has them). */
function pushed([x, v, a, w]: State, right: boolean): State {
  const [gravity, cart, pole, half, time] = [9.8, 1, 0.1, 0.5, 0.02];
  const force = right ? 10 : -10;
  const common = (force + pole * half * w * w * Math.sin(a)) / (cart + pole);
  const turn =
    (gravity * Math.sin(a) - Math.cos(a) * common) /
    (half * (4 / 3 - (pole * Math.cos(a) ** 2) / (cart + pole)));
  const push = common - (pole * half * turn * Math.cos(a)) / (cart + pole);
  return [x + time * v, v + time * push, a + time * w, w + time * turn];
}

const fell = ([x, , a]: State) => Math.abs(x) > 2.4 || Math.abs(a) > (12 * Math.PI) / 180;

class ActorCritic extends nn.Module {
  readonly body = new nn.Sequential(new nn.Linear(4, 64), new nn.Tanh());
  readonly actor = new nn.Linear(64, 2);
  readonly critic = new nn.Linear(64, 1);

  /** States [n, 4] to the logits of either push [n, 2] and the time that is left [n]. */
  forward(states: Tensor): { logits: Tensor; values: Tensor } {
    const hidden = this.body.forward(states);
    return { logits: this.actor.forward(hidden), values: this.critic.forward(hidden).squeeze(1) };
  }
}

await init();
manualSeed(1);
const random = generator(1);
const model = new ActorCritic();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });

interface Moment {
  state: State;
  action: number;
  /** What the pole's staying up was worth from then on. */
  worth: number;
}

/** Balances all carts until each has fallen. */
async function play(): Promise<{ moments: Moment[]; lasted: number }> {
  const small = () => 0.1 * (random() - 0.5);
  let carts = Array.from({ length: CARTS }, () => ({
    state: [small(), small(), small(), small()] as State,
    past: [] as Moment[],
  }));
  const done: Moment[][] = [];
  for (let t = 0; t < LONGEST && carts.length > 0; t++) {
    const chances = await noGrad(() =>
      model.forward(tensor(carts.map(({ state }) => state))).logits.softmax(1),
    ).data();
    for (const [i, cart] of carts.entries()) {
      const action = pick(chances.subarray(2 * i, 2 * i + 2), random());
      cart.past.push({ state: cart.state, action, worth: 0 });
      cart.state = pushed(cart.state, action === 1);
    }
    for (const { state, past } of carts) if (fell(state) || t === LONGEST - 1) done.push(past);
    carts = carts.filter(({ state }) => !fell(state));
  }
  for (const past of done) {
    // One that still stands after LONGEST might have gone on for ever.
    let worth = past.length === LONGEST ? 1 / (1 - DISCOUNT) : 0;
    for (const moment of past.reverse()) {
      worth = 1 + DISCOUNT * worth;
      moment.worth = worth;
    }
  }
  return { moments: done.flat(), lasted: done.reduce((sum, past) => sum + past.length, 0) / CARTS };
}

const total = steps(60);
let best = 0;
for (let round = 1; round <= total && best < 195; round++) {
  const { moments, lasted } = await play();
  best = Math.max(best, lasted);
  const worth = tensor(moments.map((moment) => moment.worth)).mul(1 - DISCOUNT);
  const { logits, values } = model.forward(tensor(moments.map(({ state }) => state)));
  const advantage = worth.sub(values.detach());
  const surprise = F.crossEntropy(
    logits,
    moments.map(({ action }) => action),
    { reduction: "none" },
  );
  const chances = logits.softmax(1);
  const entropy = chances.mul(logits.logSoftmax(1)).sum(1).mean().neg();
  const loss = surprise.mul(advantage).mean().add(F.mseLoss(values, worth)).sub(entropy.mul(0.01));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (round % 10 === 0)
    console.log(`round ${round}   the poles stay up for ${lasted.toFixed(0)} of ${LONGEST} moments`);
}
learned(`poles that stay up for ${best.toFixed(0)} of ${LONGEST} moments`, best >= 195);
