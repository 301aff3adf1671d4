// The first page: what it is in ten seconds.
import type { Page } from "../html.ts";

export function startPage(): Page {
  return {
    path: "index.html",
    title: "otograd: a tensor engine on WebGPU, and a computer that learns sounds",
    description:
      "A small autograd tensor engine in TypeScript whose every number is computed by hand-written WGSL, and what it is for: telling sounds apart.",
    body: `<h1>Small networks, on whatever GPU there is</h1>
<p class="lead">otograd is an autograd tensor engine in TypeScript. Every number is computed by hand-written WGSL on WebGPU, in this page as under Bun, Node and
Deno, and every kernel is proved against plain float64 loops.</p>
<ul class="cards">
<li><a href="listen/index.html">Listen</a><p>A scrolling picture of what your microphone hears, and its names.</p></li>
<li><a href="teach/index.html">Teach</a><p>Sounds of your own: a few recordings of each, and seconds later it tells them apart.</p></li>
<li><a href="train/index.html">Train</a><p>A convolutional network learns sounds before your eyes: its curves, its confusions, its filters.</p></li>
<li><a href="kernels/index.html">Kernels</a><p>Every program to read, with its maths, and its proof run on your own GPU. Change one, and see what its checks say.</p></li>
<li><a href="examples/index.html">Examples</a><p>From XOR to a small GPT, a diffusion model and a U-Net: each learns something in about a minute, here.</p></li>
<li><a href="docs/index.html">Docs</a><p>A first network, a first kernel, from PyTorch; how all of it works, and what it reaches.</p></li>
<li><a href="api/index.html">API</a><p>Every public name, with its signature and an example that was run.</p></li>
</ul>
<h2>In a project of your own</h2>
<pre class="code" tabindex="0"><code>npm i otograd</code></pre>
<pre class="code" tabindex="0"><code>import { F, init, nn, optim, tensor } from "otograd";

await init();
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 2));
const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
for (let step = 0; step &lt; 200; step++) {
  optimizer.zeroGrad();
  F.crossEntropy(model.forward(x), [0, 1, 1, 0]).backward();
  optimizer.step();
}</code></pre>`,
  };
}
