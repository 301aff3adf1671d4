"""The references of two small models of text, a GPT and an LSTM, trained for 50 steps by PyTorch in float64: each step's loss,
and the weights at the end. AdamW, clipped gradients, a cosine schedule; the GPT's embedding is also its last layer.

Each line of text goes on by one rule from a drawn letter, so that there is something to learn. Keys have no bias: attention
does not depend on it, and Adam would make steps of what rounding leaves of its gradient, 0."""

import math

import torch
from draw import Draw
from torch import nn
from torch.nn import functional as F

STEPS, BATCH, CONTEXT, LETTERS, WIDTH, HEADS = 50, 4, 8, 11, 16, 2


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.projection = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)

    def attend(self, x):
        q, k, v = (part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, 2))
        hidden = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).triu(1)
        scores = (q @ k.transpose(2, 3) / math.sqrt(WIDTH / HEADS)).masked_fill(hidden, -math.inf)
        return self.projection((scores.softmax(3) @ v).transpose(1, 2).flatten(2))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(LETTERS, WIDTH)
        self.position = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, text):
        x = self.token(text) + self.position(torch.arange(CONTEXT))
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.token.weight)


class CharLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(LETTERS, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, num_layers=2, batch_first=True)
        self.head = nn.Linear(WIDTH, LETTERS)

    def forward(self, text):
        return self.head(self.lstm(self.token(text))[0])


def text_of(draw, step):
    letters = [torch.from_numpy(draw.integers(f"letters {step}", (BATCH,), LETTERS).astype("int64"))]
    for _ in range(CONTEXT):
        letters.append((3 * letters[-1] + 1) % LETTERS)
    return torch.stack(letters, 1)


def run(model):
    draw = Draw()
    state = {
        key: torch.from_numpy(draw.uniform(key, value.shape, 0.3, 1 if "norm" in key and "weight" in key else 0)).double()
        for key, value in model.state_dict().items()
    }
    model.load_state_dict(state)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, betas=(0.9, 0.95), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)
    losses = []
    for step in range(STEPS):
        text = text_of(draw, step)
        loss = F.cross_entropy(model(text[:, :-1]).flatten(0, 1), text[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    return {"losses": torch.stack(losses), **model.state_dict()}, draw.digest()


def make(write, _data):
    arrays, digests = {}, {}
    for name, model in (("GPT", GPT()), ("LSTM", CharLSTM())):
        results, digests[name] = run(model)
        arrays.update({f"{name}/{key}": value for key, value in results.items()})
        print(f"  {name}: loss {results['losses'][0]:.3f} to {results['losses'][-1]:.3f}", flush=True)
    write("sequences", arrays, digests)
