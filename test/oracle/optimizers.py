"""The references of optimizers and of schedulers of learning rates (optimizers.json, schedulers.json): 50 steps of
PyTorch's in float64, over drawn gradients, of which the parameters at the end are kept; and the learning rates and
momenta of every step, as they are, in the metadata."""

import json
import os

import torch
from draw import Draw
from layers import options_of

STEPS = 50
SHAPES = {"a": (7, 3), "b": (13,)}
WORDS = {"strongWolfe": "strong_wolfe", "expRange": "exp_range"}
# What PyTorch spells with a capital.
CAPITALS = {"t_max": "T_max", "t0": "T_0", "t_mult": "T_mult"}


class NAdam(torch.optim.Optimizer):
    """PyTorch 1.13's takes mu into the product of the next step twice; this is torch.optim.NAdam's of today."""

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3):
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(step=0, product=1, mean=torch.zeros_like(p), square=torch.zeros_like(p))
                state["step"] += 1
                mu, mu_next = (
                    beta1 * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"])) for step in (state["step"], state["step"] + 1)
                )
                state["product"] *= mu
                g = p.grad + group["weight_decay"] * p
                state["mean"].lerp_(g, 1 - beta1)
                state["square"].mul_(beta2).addcmul_(g, g, value=1 - beta2)
                denominator = (state["square"] / (1 - beta2 ** state["step"])).sqrt() + group["eps"]
                p -= group["lr"] * (1 - mu) / (1 - state["product"]) * g / denominator
                p -= group["lr"] * mu_next / (1 - state["product"] * mu_next) * state["mean"] / denominator


OWN = {"NAdam": NAdam}


def cases(name):
    with open(os.path.join(os.path.dirname(__file__), f"{name}.json"), encoding="utf8") as text:
        return json.load(text)


def arguments(case):
    options = {CAPITALS.get(key, key): value for key, value in options_of(case).items()}
    return {key: WORDS.get(value, value) if isinstance(value, str) else value for key, value in options.items()}


def scheduler_of(case, optimizer):
    make = getattr(torch.optim.lr_scheduler, case["scheduler"])
    if "lambda" in case:
        return make(optimizer, lambda epoch: case["lambda"] ** epoch)
    if "schedulers" not in case:
        return make(optimizer, **arguments(case))
    schedulers = [scheduler_of(each, optimizer) for each in case["schedulers"]]
    return make(optimizer, schedulers, case["milestones"]) if "milestones" in case else make(schedulers)


def metric(step):
    """What a plateau is told of: better at first, then no more, then once again."""
    return 1 / (1 + step) if step < 8 else 0.2 if step != 25 else 0.01


def rates(case):
    """[learning rates and momenta of both groups] before each step and after the last."""
    parameters = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    groups = [{"params": parameters[:1]}, {"params": parameters[1:], "lr": 0.05}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    scheduler = scheduler_of(case, optimizer)
    found = []
    for step in range(STEPS):
        found.append([[group["lr"], group["momentum"]] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step(metric(step)) if case["scheduler"] == "ReduceLROnPlateau" else scheduler.step()
    return [*found, [[group["lr"], group["momentum"]] for group in optimizer.param_groups]]


def bowl(parameters, targets):
    """A loss with a valley that is no straight one."""
    a, b = (each - target for each, target in zip(parameters, targets))
    return (a * a * torch.arange(1, 22).reshape(7, 3)).sum() / 20 + (b[1:] - b[:-1] ** 2 / 4).square().sum() + b.square().sum() / 10


def train(case):
    name = case["name"]
    draw = Draw()
    parameters = [
        torch.from_numpy(draw.uniform(f"{name} {key}", shape)).double().requires_grad_() for key, shape in SHAPES.items()
    ]
    kind = OWN.get(case["optimizer"]) or getattr(torch.optim, case["optimizer"])
    optimizer = kind(parameters, **arguments(case))
    if case["optimizer"] == "LBFGS":
        targets = [torch.from_numpy(draw.uniform(f"{name} {key} target", shape)).double() for key, shape in SHAPES.items()]

        def closure():
            optimizer.zero_grad()
            loss = bowl(parameters, targets)
            loss.backward()
            return loss

        for _ in range(STEPS // 10):
            optimizer.step(closure)
        return parameters, draw.digest()
    scheduler = scheduler_of(case["scheduler"], optimizer) if "scheduler" in case else None
    for step in range(STEPS):
        for parameter, (key, shape) in zip(parameters, SHAPES.items()):
            parameter.grad = torch.from_numpy(draw.uniform(f"{name} {key} {step}", shape)).double()
        if "clip" in case:
            torch.nn.utils.clip_grad_norm_(parameters, case["clip"])
        if "clipValue" in case:
            torch.nn.utils.clip_grad_value_(parameters, case["clipValue"])
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return parameters, draw.digest()


def make(write, _data):
    arrays, metadata = {}, {}
    for case in cases("optimizers"):
        parameters, metadata[case["name"]] = train(case)
        for key, parameter in zip(SHAPES, parameters):
            arrays[f"{case['name']}/{key}"] = parameter.detach()
    for case in cases("schedulers"):
        metadata[case["name"]] = json.dumps(rates(case))
    write("optimizers", arrays, metadata)
