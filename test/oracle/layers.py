"""The references of layers and losses (cases/): PyTorch's own, in float64, forward and gradients, in training and
in evaluation mode."""

import json
import os

import numpy as np
import torch
from draw import Draw
from torch import nn

CASES = os.path.join(os.path.dirname(__file__), "cases")
DROPOUT_SEED = 7


def snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def options_of(case):
    return {snake(name): value for name, value in case.get("options", {}).items()}


class RMSNorm(nn.Module):
    """PyTorch 1.13 has none."""

    def __init__(self, size, eps=2.0**-23, elementwise_affine=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(size)) if elementwise_affine else None

    def forward(self, x):
        y = x / torch.sqrt((x * x).mean(-1, keepdim=True) + self.eps)
        return y if self.weight is None else y * self.weight


class ShuffledChannels(nn.Module):
    """nn.ChannelShuffle, whose gradient PyTorch 1.13 does not have."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).transpose(1, 2).reshape(x.shape)


class CircularPad(nn.Module):
    """Newer than PyTorch 1.13."""

    def __init__(self, padding):
        super().__init__()
        self.padding = padding

    def forward(self, x):
        return nn.functional.pad(x, self.padding, mode="circular")


OWN = {"ChannelShuffle": ShuffledChannels, "CircularPad1d": CircularPad, "CircularPad2d": CircularPad, "RMSNorm": RMSNorm}


def build(case):
    args = [tuple(arg) if isinstance(arg, list) else arg for arg in case.get("args", [])]
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in options_of(case).items()}
    return OWN.get(case["layer"], getattr(nn, case["layer"], None))(*args, **options)


def philox(counter, key):
    """Philox-4x32-10 (Salmon et al. 2011): four uint32 from a counter of four and a key of two."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        a, b = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b % 2**32, (a >> 32) ^ c3 ^ k1, a % 2**32
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


class MaskedDropout(nn.Module):
    """A layer of dropout by the mask that otograd draws first after manualSeed(DROPOUT_SEED)."""

    def __init__(self, layer):
        super().__init__()
        self.p = layer.p
        self.kind = type(layer).__name__

    def forward(self, x):
        if not self.training:
            return nn.functional.dropout(x, self.p, training=False)
        channels = self.kind in ("Dropout1d", "Dropout2d", "FeatureAlphaDropout")
        shape = [*x.shape[:2], *[1] * (x.dim() - 2)] if channels else list(x.shape)
        count = int(np.prod(shape))
        blocks = [philox((i, 0, 0, 0), (DROPOUT_SEED, 0)) for i in range((count + 3) // 4)]
        kept = [(word >> 8) * 2.0**-24 >= np.float32(self.p) for block in blocks for word in block]
        mask = torch.tensor(kept[:count], dtype=x.dtype).reshape(shape)
        if "Alpha" not in self.kind:
            return x * mask / (1 - self.p)
        floor = -1.7580993408473766
        scale = ((1 - self.p) * (1 + self.p * floor**2)) ** -0.5
        return scale * (x * mask + floor * (1 - mask)) - scale * floor * self.p


def flat(made):
    """The tensors of what a layer returns: a recurrent one's output and states."""
    return [made] if isinstance(made, torch.Tensor) else [each for part in made for each in flat(part)]


def run_layer(case, training):
    """What the layer makes of its drawn input and parameters, by name; and the digest of what was drawn."""
    name = case["name"]
    draw = Draw()
    if "integers" in case:
        x = torch.from_numpy(draw.integers(name, case["input"], case["integers"]).astype(np.int64))
    else:
        x = torch.from_numpy(draw.uniform(name, case["input"], case.get("scale", 1))).double().requires_grad_()
    layer = build(case)
    state = {}
    for key, value in layer.state_dict().items():
        if key == "num_batches_tracked":
            state[key] = value
        else:
            scale, offset = (0.5, 1) if key == "running_var" else (1, 0)
            state[key] = torch.from_numpy(draw.uniform(f"{name}.{key}", value.shape, scale, offset)).double()
    layer.load_state_dict(state)
    if "Dropout" in case["layer"]:
        layer = MaskedDropout(layer)
    layer.train(training)
    y, *others = flat(layer(x))
    results = {"output": y, **{f"state {i}": state for i, state in enumerate(others)}}
    if y.requires_grad:
        gradients = {key: draw.uniform(f"{name} gradient" + key.removeprefix("output"), value.shape) for key, value in results.items()}
        torch.autograd.backward(list(results.values()), [torch.from_numpy(each).double() for each in gradients.values()])
    if x.grad is not None:
        results["input.grad"] = x.grad
    results.update({f"{key}.grad": value.grad for key, value in layer.named_parameters()})
    results.update({key: value for key, value in layer.named_buffers() if key != "num_batches_tracked"})
    return {key: value.detach().clone() for key, value in results.items()}, draw.digest()


def drawn_input(draw, name, case):
    """An input of a loss, and whether it has a gradient: `kind` says which numbers."""
    kind, shape = case["kind"], case["shape"]
    if kind == "labels":
        labels = draw.integers(name, shape, case["below"]).astype(np.int64)
        if "ignored" in case:
            labels.reshape(-1)[1::3] = case["ignored"]
        return torch.from_numpy(labels), False
    if kind == "signs":
        return torch.from_numpy(draw.integers(name, shape, 2).astype(np.float64) * 2 - 1), False
    if kind in ("numbers", "logits"):
        return torch.from_numpy(draw.uniform(name, shape, case.get("scale", 1))).double(), True
    numbers = torch.from_numpy(draw.uniform(name, shape, *{"probabilities": (0.5, 0.5), "positive": (1, 1.5)}[kind])).double()
    return numbers, not case.get("constant", kind == "probabilities")


def run_loss_of(case):
    """A loss of inputs that are drawn as the case says."""
    name = case["name"]
    draw = Draw()
    inputs = []
    for i, each in enumerate(case["inputs"]):
        if "list" in each:
            inputs.append(torch.tensor(each["list"]))
            continue
        value, learned = drawn_input(draw, f"{name} input {i}", each)
        inputs.append(value.requires_grad_() if learned else value)
    options = options_of(case)
    for weight in ("weight", "pos_weight"):
        if weight in options:
            options[weight] = torch.from_numpy(draw.uniform(f"{name} {weight}", options[weight], 0.5, 1)).double()
    given = [x.log_softmax(-1) if each.get("kind") == "logits" else x for x, each in zip(inputs, case["inputs"])]
    loss = snake(case["loss"])
    y = getattr(nn.functional, loss)(*given, **options)
    y.sum().backward()
    results = {f"input {i}.grad": each.grad for i, each in enumerate(inputs) if each.grad is not None}
    return {"output": y, **results}, draw.digest()


def run_loss(case):
    if "inputs" in case:
        return run_loss_of(case)
    name = case["name"]
    draw = Draw()
    x = torch.from_numpy(draw.uniform(name, case["input"], case.get("scale", 1))).double().requires_grad_()
    if "labels" in case:
        target = torch.from_numpy(draw.integers(f"{name} target", case["input"][:1], case["labels"]).astype(np.int64))
    elif "probabilities" in case:
        target = torch.from_numpy(draw.uniform(f"{name} target", case["input"], 0.5, 0.5)).double()
    else:
        target = torch.from_numpy(draw.uniform(f"{name} target", case["input"])).double().requires_grad_()
    loss = snake(case["loss"])
    y = getattr(nn.functional, loss)(x, target, **options_of(case))
    y.backward()
    results = {"output": y, "input.grad": x.grad}
    if target.grad is not None:
        results["target.grad"] = target.grad
    return results, draw.digest()


def make(write, _data):
    for file in sorted(os.listdir(CASES)):
        with open(os.path.join(CASES, file), encoding="utf8") as text:
            make_file(write, file.removesuffix(".json"), json.load(text))


def make_file(write, fixture, cases):
    arrays, digests = {}, {}

    def keep(prefix, results):
        arrays.update({f"{prefix}/{key}": value for key, value in results.items()})

    for case in cases.get("layers", []):
        name = case["name"]
        training, digests[name] = run_layer(case, True)
        evaluation, _ = run_layer(case, False)
        if all(torch.equal(training[key], evaluation[key]) for key in training):
            keep(name, training)
        else:
            keep(f"{name}/training", training)
            keep(f"{name}/evaluation", evaluation)
    for case in cases.get("losses", []):
        results, digests[case["name"]] = run_loss(case)
        keep(case["name"], results)
    write(fixture, arrays, digests)
