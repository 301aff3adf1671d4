"""The networks of both worlds in PyTorch, on segments [n, 2, mel bands, frames] of log-mel bands and their deltas."""

from torch import nn


def activated(layer, norm, dropout, *pool):
    """A layer and what follows it: batch norm, ReLU, pooling and dropout, as far as they are wanted."""
    modules = [layer, norm, nn.ReLU(), *pool, nn.Dropout(dropout) if dropout > 0 else None]
    return nn.Sequential(*(module for module in modules if module is not None))


class Piczak(nn.Module):
    """otograd's nn.Piczak by its names, with the options of a recipe's network: what is in a run's model.safetensors."""

    def __init__(
        self,
        classes,
        frames=41,
        mel_bands=60,
        form="dropout",
        filters=80,
        hidden=(5000, 5000),
        conv2_norm=None,
        conv_dropout=None,
        dropout=None,
        head="plain",
    ):
        super().__init__()
        normed = form == "batch-norm"
        usual = 0 if normed else 0.5
        conv2_norm = normed if conv2_norm is None else normed or conv2_norm
        conv_dropout = usual if conv_dropout is None else conv_dropout
        dropout = usual if dropout is None else dropout

        def dense(inputs, outputs):
            return activated(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs) if normed else None, dropout)

        self.conv1 = activated(
            nn.Conv2d(2, filters, (mel_bands - 3, 6)),
            nn.BatchNorm2d(filters) if normed else None,
            conv_dropout,
            nn.MaxPool2d((4, 3), stride=(1, 3)),
        )
        self.conv2 = activated(
            nn.Conv2d(filters, filters, (1, 3)),
            nn.BatchNorm2d(filters) if conv2_norm else None,
            0,
            nn.MaxPool2d((1, 3), stride=(1, 3)),
        )
        sizes = [filters * (((frames - 5) // 3 - 2) // 3), *hidden]
        self.fc = nn.ModuleList(dense(*pair) for pair in zip(sizes, sizes[1:]))
        self.output = nn.Linear(sizes[-1], classes) if head == "plain" else dense(sizes[-1], classes)

    def logits(self, x):
        x = self.conv2(self.conv1(x)).flatten(1)
        for layer in self.fc:
            x = layer(x)
        return self.output(x)

    def forward(self, x):
        return self.logits(x).log_softmax(1)


class EscConv(nn.Module):
    """The blog's EscConv with batch norm as its public code has it, by its own names: fc1 and fc2, both alike, so
    that batch norm and ReLU are on the logits too."""

    def __init__(self, classes=50, hidden=5000):
        super().__init__()
        self.conv1 = activated(nn.Conv2d(2, 80, (57, 6)), nn.BatchNorm2d(80), 0, nn.MaxPool2d((4, 3), stride=(1, 3)))
        self.conv2 = activated(nn.Conv2d(80, 80, (1, 3)), nn.BatchNorm2d(80), 0, nn.MaxPool2d((1, 3), stride=(1, 3)))
        self.fc1 = activated(nn.Linear(240, hidden), nn.BatchNorm1d(hidden), 0)
        self.fc2 = activated(nn.Linear(hidden, classes), nn.BatchNorm1d(classes), 0)

    def logits(self, x):
        return self.fc2(self.fc1(self.conv2(self.conv1(x)).flatten(1)))

    def forward(self, x):
        return self.logits(x).log_softmax(1)
