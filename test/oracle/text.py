"""The references of two networks that read letters, trained as people train them: a GPT with tied weights, clipped
gradients, AdamW in two groups and a cosine schedule, and an LSTM with Adam. In float64, from drawn weights over drawn
texts. Of each step the loss and the gradients' length before they were clipped are kept, of the end every tensor's norm."""

import math

import numpy as np
import torch
from draw import Draw
from torch import nn

STEPS = 30
LETTERS, CONTEXT, WIDTH, HEADS, LAYERS, BATCH = 13, 12, 16, 2, 2, 4


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        n, t, _ = x.shape
        q, k, v = (part.reshape(n, t, HEADS, -1).transpose(1, 2) for part in self.qkv(x).split(WIDTH, 2))
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
        hidden = torch.ones(t, t, dtype=torch.bool).triu(1)
        seen = scores.masked_fill(hidden, -math.inf).softmax(3) @ v
        return self.output(seen.transpose(1, 2).reshape(n, t, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attention = SelfAttention()
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(LETTERS, WIDTH)
        self.places = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, text):
        x = self.tokens(text) + self.places(torch.arange(CONTEXT))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(LETTERS, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, num_layers=2, batch_first=True)
        self.output = nn.Linear(WIDTH, LETTERS)

    def forward(self, text):
        return self.output(self.lstm(self.embedding(text))[0])


def run(name, net):
    draw = Draw()
    state = {}
    for key, value in net.state_dict().items():
        norm = "norm" in key and key.endswith("weight")
        state[key] = torch.from_numpy(draw.uniform(f"{name} {key}", value.shape, 0.3, 1.0 if norm else 0.0)).double()
    net.load_state_dict(state)
    parameters = list(net.parameters())
    if name == "gpt":
        groups = [
            {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": 0.1},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.95))
    else:
        optimizer = torch.optim.Adam(parameters, lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    losses, lengths = [], []
    for step in range(STEPS):
        text = torch.from_numpy(draw.integers(f"{name} text {step % 5}", (BATCH, CONTEXT + 1), LETTERS).astype(np.int64))
        logits = net(text[:, :-1])
        loss = nn.functional.cross_entropy(logits.reshape(-1, LETTERS), text[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        lengths.append(nn.utils.clip_grad_norm_(parameters, 0.5).item())
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    kept = {"losses": np.array(losses), "lengths": np.array(lengths)}
    kept.update({f"{key}/norm": value.norm() for key, value in net.state_dict().items()})
    return kept, draw.digest()


def make(write, _data):
    arrays, digests = {}, {}
    for name, net in (("gpt", GPT()), ("lstm", Reader())):
        kept, digests[name] = run(name, net)
        arrays.update({f"{name}/{key}": value for key, value in kept.items()})
    write("text", arrays, digests)
