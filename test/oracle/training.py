"""The references of whole trainings: 50 steps of PyTorch's in float64, from drawn weights over drawn batches. Dropout
is off: its network is trained in evaluation mode, in which it has none. Of the end, every tensor's norm and a sample
are kept.

ReLU and max-pooling have kinks, where the gradient jumps: rounding that puts one unit on the other side changes it by
some percent, and soon the two trainings are different ones, though neither is wrong. (PyTorch's own float32 and
float64 part like that.) So a batch in which some unit comes nearer to its kink than a case's `kink` is drawn anew;
which attempt was taken, is kept too. That is decided here, in float64, before anything is compared. `kink` is a few
times what float32 leaves by the 50th step: most with batch norm under Adam, which divides gradients that are almost 0
by their own size."""

import json
import math
import os

import numpy as np
import torch
from draw import Draw
from layers import options_of
from networks import Piczak
from torch import nn

RUNS = json.load(open(os.path.join(os.path.dirname(__file__), "runs.json"), encoding="utf8"))
STEPS = 50
BATCH = 8
SAMPLE = 128


def initial(draw, name, shape, init):
    """Weights as wide as He et al.'s or the paper's, but uniform; biases and batch norm's that are not all alike."""
    if len(shape) > 1:
        if init == "he":
            bound = math.sqrt(6 / math.prod(shape[1:]))
        else:
            bound = {"conv1.0.weight": 0.001, "conv2.0.weight": 0.1}.get(name, 0.01 * math.sqrt(3))
        return draw.uniform(name, shape, bound)
    if name.endswith("running_var"):
        return draw.uniform(name, shape, 0, 1)
    if name.endswith("running_mean"):
        return draw.uniform(name, shape, 0)
    if init == "paper":
        return draw.uniform(name, shape, 0, 0.1 if name == "conv1.0.bias" else 0)
    return draw.uniform(name, shape, 0.1, 1 if name.endswith(".1.weight") else 0)


def batch(draw, step, attempt, classes, patterns):
    """Noise with its class's pattern in it."""
    labels = draw.integers(f"labels {step} {attempt}", (BATCH,), classes)
    x = draw.uniform(f"batch {step} {attempt}", (BATCH, 2, 60, 41))
    for row, label in zip(x, labels):
        row += patterns[label]
    return torch.from_numpy(x).double(), torch.from_numpy(labels.astype(np.int64))


@torch.no_grad()
def nearest_kink(net, x):
    """How near any unit comes to where its gradient jumps, as a fraction of its layer's root mean square: a ReLU's 0,
    or a tie of the two largest under a max-pooling window, of which only the largest counts."""
    nearest = []
    for block in (net.conv1, net.conv2, *net.fc):
        pool = next((layer for layer in block if isinstance(layer, nn.MaxPool2d)), None)
        for layer in block:
            if isinstance(layer, nn.ReLU):
                size = x.pow(2).mean().sqrt()
                if pool is None:
                    nearest.append(x.abs().min() / size)
                else:
                    windows = x.unfold(2, pool.kernel_size[0], 1).unfold(3, pool.kernel_size[1], pool.stride[1])
                    first, second = windows.flatten(-2).topk(2).values.unbind(-1)
                    nearest.append(torch.where(first > 0, torch.minimum(first, first - second), -first).min() / size)
            x = layer(x)
        if block is net.conv2:
            x = x.flatten(1)
    return min(nearest).item()


def sample(values):
    """At most SAMPLE numbers, evenly spaced."""
    flat = values.detach().flatten()
    apart = math.ceil(len(flat) / SAMPLE)
    return flat[::apart]


def run(case):
    draw = Draw()
    net = Piczak(case["classes"], form=case["form"], hidden=case["hidden"])
    state = {
        name: value
        if name.endswith("num_batches_tracked")
        else torch.from_numpy(initial(draw, name, value.shape, case["init"])).double()
        for name, value in net.state_dict().items()
    }
    net.load_state_dict(state)
    net.train(case["form"] == "batch-norm")
    optimizer = getattr(torch.optim, case["optimizer"])(net.parameters(), **options_of(case))
    patterns = [draw.uniform(f"pattern {k}", (2, 60, 41)) for k in range(case["classes"])]
    losses, attempts = [], []
    for step in range(STEPS):
        for attempt in range(200):
            x, _ = batch(Draw(), step, attempt, case["classes"], patterns)
            remembered = [buffer.clone() for buffer in net.buffers()]
            near = nearest_kink(net, x)
            for buffer, value in zip(net.buffers(), remembered):
                buffer.copy_(value)
            if near >= case["kink"]:
                break
        else:
            raise RuntimeError(f"{case['name']}: step {step} finds no batch that keeps away from kinks")
        attempts.append(attempt)
        x, labels = batch(draw, step, attempt, case["classes"], patterns)
        optimizer.zero_grad()
        loss = nn.functional.nll_loss(net(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    kept = {"losses": np.array(losses), "attempts": np.array(attempts, np.uint32)}
    for name, value in net.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            kept[f"{name}/norm"] = value.norm()
            kept[f"{name}/sample"] = sample(value)
    return kept, draw.digest()


def make(write, _data):
    arrays, digests = {}, {}
    for case in RUNS["runs"]:
        kept, digests[case["name"]] = run(case)
        arrays.update({f"{case['name']}/{key}": value for key, value in kept.items()})
        losses, redrawn = kept["losses"], kept["attempts"].sum()
        print(f"  {case['name']}: loss {losses[0]:.3f} to {losses[-1]:.3f}, {redrawn} batches redrawn", flush=True)
    write("training", arrays, digests)
