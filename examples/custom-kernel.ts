// An activation of one's own with a kernel of one's own: Snake, y = x + sin²(a x) / a (Ziyin et al. 2020). Networks of ReLUs
// learn a wave where they have seen it and go straight on beyond; networks of Snakes go on as a wave. Here both see four
// turns, and are asked for the next one.
//
//     bun examples/custom-kernel.ts
import { init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { apply, type DeviceArray, defineKernel, derive, empty, linearGroups, type Op } from "otograd/kernel";
import { learned, steps } from "./run.ts";

const kernel = defineKernel({
  name: "snake",
  entries: { forward: ["read", "write"], backward: ["read", "write", "read"] },
  code: `
    struct Params { n: u32, a: f32 }
    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>; // backward: dx
    @group(0) @binding(2) var<storage, read> dy: array<f32>;
    @group(1) @binding(0) var<uniform> params: Params;

    @compute @workgroup_size(64)
    fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
      let i = (wid.y * groups.x + wid.x) * 64 + lid;
      if (i < params.n) { let s = sin(params.a * x[i]); y[i] = x[i] + s * s / params.a; }
    }
    @compute @workgroup_size(64)
    fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
      let i = (wid.y * groups.x + wid.x) * 64 + lid;
      if (i < params.n) { y[i] = dy[i] * (1 + sin(2 * params.a * x[i])); }
    }`,
});

const snakeOp: Op<{ a: number }> = {
  name: "snake",
  forward(ctx, [x], { a }) {
    const y = empty(x!.shape);
    kernel.launch("forward", { arrays: [x!, y], params: { n: y.size, a }, groups: linearGroups(y.size, 64) });
    ctx.save(x!);
    return y;
  },
  backward(ctx, dy) {
    const [x] = ctx.saved as [DeviceArray];
    const [dx, { a }] = [empty(x.shape), ctx.attrs];
    kernel.launch("backward", {
      arrays: [x, dx, dy],
      params: { n: x.size, a },
      groups: linearGroups(x.size, 64),
    });
    return [dx];
  },
};
// The same gradient in operations of tensors, for gradients of gradients.
derive(snakeOp, (dy, of) => [
  dy.mul(
    of
      .input(0)
      .mul(2 * of.attrs.a)
      .sin()
      .add(1),
  ),
]);

const snake = (x: Tensor, a = 1): Tensor => apply(snakeOp, [x], { a });

class Network extends nn.Module {
  readonly first = new nn.Linear(1, 48);
  readonly second = new nn.Linear(48, 48);
  readonly last = new nn.Linear(48, 1);

  constructor(private readonly activation: (x: Tensor) => Tensor) {
    super();
  }

  forward(x: Tensor): Tensor {
    const hidden = this.activation(this.first.forward(x));
    return this.last.forward(this.activation(this.second.forward(hidden)));
  }
}

/** A wave from one place to another, of period 4. */
function wave(from: number, to: number): { x: Tensor; y: Tensor } {
  const x = Array.from({ length: 128 }, (_, i) => [from + ((to - from) * i) / 127]);
  return { x: tensor(x), y: tensor(x.map(([each]) => [Math.sin((Math.PI / 2) * each!)])) };
}

await init();
const [seen, beyond] = [wave(-8, 8), wave(8, 12)];

async function errorBeyond(name: string, activation: (x: Tensor) => Tensor): Promise<number> {
  manualSeed(1);
  const network = new Network(activation);
  const optimizer = new optim.AdamW(network.parameters(), { lr: 0.005, weightDecay: 0.5 });
  const total = steps(1000);
  const loss = ({ x, y }: { x: Tensor; y: Tensor }) => network.forward(x).sub(y).square().mean();
  for (let step = 1; step <= total; step++) {
    optimizer.zeroGrad();
    loss(seen).backward();
    optimizer.step();
  }
  const [within, outside] = noGrad(() => [loss(seen), loss(beyond)]);
  console.log(
    `${name.padEnd(6)} error where it was taught ${(await within!.item()).toFixed(4)}, beyond ${(await outside!.item()).toFixed(4)}`,
  );
  return await outside!.item();
}

const relu = await errorBeyond("ReLU", (x) => x.relu());
const ours = await errorBeyond("Snake", snake);
// Who answers 0 everywhere is off by 0.5.
learned(
  `beyond what it saw, a network of Snakes is off by ${ours.toFixed(2)}, one of ReLUs by ${relu.toFixed(2)}`,
  ours < 0.25 && ours < relu / 4,
);
