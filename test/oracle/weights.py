"""The references of weights that travel: state dicts of PyTorch's networks, saved as safetensors, and the logits that
they give. Weights are drawn, so that of a file only its header and its digest are kept: the test puts it together."""

import hashlib
import math
import os
import struct
import tempfile

import numpy as np
import safetensors_numpy
import torch
from draw import Draw
from networks import EscConv, Piczak

CLASSES = 10
BATCHES_TRACKED = 7


def networks():
    return {
        "EscConv": EscConv(CLASSES, hidden=32),
        "Piczak, batch-norm form": Piczak(CLASSES, form="batch-norm", hidden=[32]),
        "Piczak, dropout form": Piczak(CLASSES, hidden=[32, 24]),
    }


def weights(draw, name, shape):
    if len(shape) > 1:
        return draw.uniform(name, shape, math.sqrt(6 / math.prod(shape[1:])))
    return draw.uniform(name, shape, 0.5, 1 if name.endswith(".1.weight") or name.endswith("running_var") else 0)


def save(state):
    """The file's bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.safetensors")
        safetensors_numpy.save(path, state)
        with open(path, "rb") as file:
            return file.read()


def make(write, _data):
    arrays, metadata = {}, {}
    for name, net in networks().items():
        draw = Draw()
        net.eval()
        state = {
            key: torch.tensor(BATCHES_TRACKED)
            if key.endswith("num_batches_tracked")
            else torch.from_numpy(weights(draw, key, value.shape))
            for key, value in net.state_dict().items()
        }
        file = save(state)
        (length,) = struct.unpack("<Q", file[:8])
        metadata[f"{name}/header"] = file[8 : 8 + length].decode()
        metadata[f"{name}/sha256"] = hashlib.sha256(file).hexdigest()
        net.load_state_dict(state)
        x = torch.from_numpy(draw.uniform("input", (4, 2, 60, 41), 2)).double()
        arrays[f"{name}/logits"] = net.logits(x).detach()
        arrays[f"{name}/log-probabilities"] = net(x).detach()

        # The other way: otograd's files have no num_batches_tracked, and PyTorch takes them all the same.
        ours = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
        other = networks()[name].eval()
        other.load_state_dict(ours)
        assert np.array_equal(other(x).detach(), arrays[f"{name}/log-probabilities"])
    write("weights", arrays, metadata)
