"""The references of the networks on raw waveforms, and of the small one on pictures: what they make of drawn waves with drawn weights, all gradients, and
what batch norm remembers. Of long arrays the norm and a sample are kept.

As with whole trainings (training.py), waves with which a unit comes near a kink of ReLU or max-pooling are drawn anew:
rounding might put it on the other side. `KINK` is some times what float32 leaves of a layer's numbers, on the mean: of a million
units some are off by more, so that the nearer 0 it is, the more often another order of a kernel's sums meets a kink.

Some gradients are almost nothing, sums of millions that cancel: so it is kept too how far PyTorch's own float32 is off."""

import json
import math
import os

import networks
import numpy as np
import torch
from draw import Draw
from layers import options_of
from torch import nn
from training import sample

CASES = json.load(open(os.path.join(os.path.dirname(__file__), "waves.json"), encoding="utf8"))
KINK = 2e-6
PIECES = 32


class Kinks:
    """How near any unit came to its kink in the forward passes, as a fraction of its layer's root mean square."""

    def __init__(self, net):
        self.nearest = float("inf")
        layers = [module for module in net.modules() if isinstance(module, (nn.ReLU, nn.MaxPool1d, nn.MaxPool2d))]
        for relu, following in zip(layers, [*layers[1:], None]):
            if isinstance(relu, nn.ReLU):
                relu.register_forward_hook(self.watch(following))

    def watch(self, following):
        def hook(_relu, inputs, _output):
            (x,) = inputs
            size = x.pow(2).mean().sqrt()
            if not isinstance(following, (nn.MaxPool1d, nn.MaxPool2d)):
                near = x.abs().min()
            else:
                windows = self.windows(x, following.kernel_size)
                first, second = windows.topk(2).values.unbind(-1)
                near = torch.where(first > 0, torch.minimum(first, first - second), -first).min()
            self.nearest = min(self.nearest, (near / size).item())

        return hook

    @staticmethod
    def windows(x, kernel):
        if isinstance(kernel, int):
            return x.unfold(2, kernel, kernel)
        return x.unfold(2, kernel[0], kernel[0]).unfold(3, kernel[1], kernel[1]).flatten(-2)


def initial(draw, name, shape):
    """Weights as wide as He et al.'s; biases, batch norm's weights and what it remembers are not all alike."""
    if len(shape) > 1:
        return draw.uniform(name, shape, math.sqrt(6 / math.prod(shape[1:])))
    return draw.uniform(name, shape, 0.1, 1 if name.endswith(("weight", "running_var")) else 0)


def waves(draw, name, shape):
    """Noise that is loud and soft by turns, as sounds are: even noise leaves batch norm little but rounding to scale up."""
    loudness = draw.uniform(f"{name} loudness", (PIECES,), 0.5, 0.5)
    piece = np.arange(shape[-1]) * PIECES // shape[-1]
    return draw.uniform(name, shape) * loudness[piece]


def run(case, training, attempt, dtype):
    """The results by name and the digest of what was drawn, or None where a unit came too near a kink."""
    name = case["name"]
    draw = Draw()

    def drawn(values):
        return torch.from_numpy(values).to(dtype)

    net = getattr(networks, name)(**options_of(case)).train(training).to(dtype)
    state = {
        key: value if key.endswith("num_batches_tracked") else drawn(initial(draw, key, value.shape))
        for key, value in net.state_dict().items()
    }
    net.load_state_dict(state)
    kinks = Kinks(net)
    x = drawn(waves(draw, f"{name} waves {attempt}", case["waves"])).requires_grad_()
    y = net(x)
    if dtype == torch.float64 and kinks.nearest < KINK:
        return None
    y.backward(drawn(draw.uniform(f"{name} gradient", y.shape)))
    results = {"output": y, "input.grad": x.grad}
    results.update({f"{key}.grad": value.grad for key, value in net.named_parameters()})
    results.update({key: value for key, value in net.named_buffers() if not key.endswith("num_batches_tracked")})
    return {key: value.detach().double() for key, value in results.items()}, draw.digest()


def make(write, _data):
    arrays, metadata = {}, {}
    for case in CASES:
        name = case["name"]
        for mode in ("training", "evaluation"):
            for attempt in range(400):
                found = run(case, mode == "training", attempt, torch.float64)
                if found is not None:
                    break
            else:
                raise RuntimeError(f"{name}: finds no waves that keep away from kinks")
            results, digest = found
            single, _ = run(case, mode == "training", attempt, torch.float32)
            off = (single["input.grad"] - results["input.grad"]).norm() / results["input.grad"].norm()
            assert off < 1e-5, f"{name}: PyTorch's own float32 is off by {off}"
            print(f"  {name}, {mode}: attempt {attempt}", flush=True)
            metadata[f"{name}/{mode}/attempt"] = str(attempt)
            metadata[f"{name}/{mode}"] = digest
            for key, value in results.items():
                arrays[f"{name}/{mode}/{key}/size"] = value.square().mean().sqrt()
                arrays[f"{name}/{mode}/{key}/sample"] = sample(value)
                error = (single[key] - value).norm() / (value.norm() or 1)
                arrays[f"{name}/{mode}/{key}/float32"] = error
    write("waves", arrays, metadata)
