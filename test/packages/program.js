// The program that every home of the package runs: xor learned, a convolution with its gradients, a mel spectrogram.
// Its numbers are drawn by seed, so that they are the same everywhere, but for rounding.
import { audio, F, init, manualSeed, nn, optim, tensor } from "otograd";

/** @returns {Promise<{ adapter: string, numbers: Record<string, number[]> }>} */
export async function program() {
  const { description, vendor, architecture } = await init();
  manualSeed(7);
  const numbers = { ...(await xor()), ...(await convolution()), ...(await melSpectrogram()) };
  return { adapter: description || `${vendor} ${architecture}`, numbers };
}

async function xor() {
  const net = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.05 });
  const x = tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const wanted = tensor([[0], [1], [1], [0]]);
  const losses = [];
  for (let step = 0; step < 200; step++) {
    optimizer.zeroGrad();
    const loss = F.mseLoss(net.forward(x), wanted);
    loss.backward();
    optimizer.step();
    if (step % 20 === 0) losses.push(await loss.item());
  }
  return { "xor losses": losses, "xor learned": [...(await net.forward(x).data())] };
}

async function convolution() {
  const x = wave([2, 3, 9, 11], 0.37);
  const weight = wave([4, 3, 3, 2], 0.73);
  const y = F.conv2d(x, weight, tensor([0.1, -0.2, 0.3, 0]), { stride: [2, 1], padding: [1, 0] });
  y.square().mean().backward();
  return {
    convolution: [...(await y.data())],
    "its gradients": [...(await x.grad.data()), ...(await weight.grad.data())],
  };
}

async function melSpectrogram() {
  const mel = new audio.MelSpectrogram({ sampleRate: 22050, nFft: 1024, hopLength: 512, nMels: 60 });
  const chirp = Float32Array.from({ length: 22050 }, (_, i) => Math.sin(0.02 * i + 1e-5 * i * i));
  // 120 dB below the loudest band is float32's rounding, which each driver has its own of.
  return {
    "mel bands, dB": [...(await audio.amplitudeToDb(mel.forward(tensor(chirp)), { topDb: 80 }).data())],
  };
}

/** A tensor of drawn-looking numbers between -1 and 1. */
function wave(shape, step) {
  const size = shape.reduce((a, b) => a * b);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(step * i * (1 + 0.01 * i)));
  return tensor(values, { shape, requiresGrad: true });
}
