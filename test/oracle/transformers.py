"""The references of attention's layers (transformers.json), which take several inputs and masks: PyTorch's own, in float64,
forward and gradients. Without dropout, in training mode, in which PyTorch takes no short cuts."""

import json
import os

import numpy as np
import torch
from draw import Draw
from layers import options_of, snake
from torch import nn

CASES = os.path.join(os.path.dirname(__file__), "transformers.json")


def build(case):
    options = options_of(case)
    if "norm" in case:
        options["norm"] = nn.LayerNorm(case["norm"])
    of = [build(case["of"])] if "of" in case else []
    return getattr(nn, case["layer"])(*of, *case["args"], **options)


def draw_mask(draw, name, mask):
    """Floats, or bools that hide a third of the keys, but never the first."""
    if "floats" in mask:
        return torch.from_numpy(draw.uniform(name, mask["shape"], 2)).double()
    hidden = draw.integers(name, mask["shape"], 3) == 0
    hidden[..., 0] = False
    return torch.from_numpy(hidden)


def run(case):
    name = case["name"]
    draw = Draw()
    inputs = [
        torch.from_numpy(draw.uniform(f"{name} input {i}", shape)).double().requires_grad_()
        for i, shape in enumerate(case["inputs"])
    ]
    masks = {key: draw_mask(draw, f"{name} {key}", mask) for key, mask in case.get("masks", {}).items()}
    layer = build(case)
    state = layer.state_dict()
    layer.load_state_dict(
        {key: torch.from_numpy(draw.uniform(f"{name}.{key}", value.shape)).double() for key, value in state.items()}
    )
    given = [inputs[i] for i in case.get("order", range(len(inputs)))]
    call = {snake(key): value for key, value in {**case.get("call", {}), **masks}.items()}
    result = layer(*given, **call)
    output, weights = result if isinstance(result, tuple) else (result, None)
    loss = (output * torch.from_numpy(draw.uniform(f"{name} gradient", output.shape)).double()).sum()
    results = {"output": output}
    if weights is not None:
        results["weights"] = weights
        loss = loss + (weights * torch.from_numpy(draw.uniform(f"{name} weights' gradient", weights.shape)).double()).sum()
    loss.backward()
    results.update({f"input {i}.grad": x.grad for i, x in enumerate(inputs)})
    results.update({f"{key}.grad": value.grad for key, value in layer.named_parameters()})
    return {key: value.detach().clone() for key, value in results.items()}, draw.digest()


def make(write, _data):
    arrays, digests = {}, {}
    with open(CASES, encoding="utf8") as text:
        for case in json.load(text):
            results, digests[case["name"]] = run(case)
            arrays.update({f"{case['name']}/{key}": np.asarray(value) for key, value in results.items()})
    write("transformers", arrays, digests)
