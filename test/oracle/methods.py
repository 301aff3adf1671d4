"""Tensor's methods and functions (methods.json, functions.json) as PyTorch has them: results and gradients, in float64."""

import json
import os

import numpy as np
import torch
from draw import Draw
from layers import snake

LISTS = ["methods", "functions"]
DTYPES = {"bool": torch.bool, "int": torch.int64}
SPACES = {"torch": torch, "F": torch.nn.functional}


def name_of(case):
    return json.dumps([case["call"], *case["inputs"], *case.get("args", [])], separators=(",", ":"), ensure_ascii=False)


def draw_input(draw, name, given):
    """[2, 3] is a shape of uniform numbers; {values} are as they are; {below, shape} whole numbers."""
    if isinstance(given, list):
        return torch.from_numpy(draw.uniform(name, given, 2)).double().requires_grad_()
    if "below" in given:
        return torch.from_numpy(draw.integers(name, given["shape"], given["below"]).astype(np.int64))
    values = torch.tensor(numbers(given["values"]))
    if "dtype" in given:
        return values.to(DTYPES[given["dtype"]])
    return values.double().requires_grad_()


def numbers(values):
    return [numbers(each) for each in values] if isinstance(values, list) else float(values)


def flat(made):
    return [made] if isinstance(made, torch.Tensor) else [each for part in made for each in flat(part)]


def run(case):
    name = name_of(case)
    draw = Draw()
    inputs = [draw_input(draw, f"{name} {i}", given) for i, given in enumerate(case["inputs"])]
    args, options = [], {}
    for arg in case.get("args", []):
        if isinstance(arg, dict):
            options = {snake(key): value for key, value in arg.items()}
        elif isinstance(arg, str) and arg.startswith("$"):
            args.append(inputs[int(arg[1:])])
        else:
            args.append(float(arg) if arg in ("inf", "-inf") else arg)
    space = SPACES[case["on"]] if "on" in case else inputs[0]
    results = flat(getattr(space, snake(case["call"]))(*args, **options))
    arrays = {f"result {i}": y for i, y in enumerate(results)}
    losses = [
        (y * torch.from_numpy(draw.uniform(f"{name} gradient {i}", y.shape)).double()).sum()
        for i, y in enumerate(results)
        if y.requires_grad
    ]
    if losses:
        sum(losses).backward()
        arrays.update({f"∂input {i}": x.grad for i, x in enumerate(inputs) if x.grad is not None})
    return name, {key: value.detach().double() for key, value in arrays.items()}, draw.digest()


def make(write, _data):
    for cases in LISTS:
        arrays, digests = {}, {}
        with open(os.path.join(os.path.dirname(__file__), f"{cases}.json"), encoding="utf8") as text:
            for case in json.load(text):
                name, results, digests[name] = run(case)
                arrays.update({f"{name}/{key}": value for key, value in results.items()})
        write(cases, arrays, digests)
