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


class M5(nn.Module):
    """otograd's nn.M5 by its names, on waves [n, 1, samples]."""

    def __init__(self, classes, filters=80, kernel_size=128):
        super().__init__()

        def block(inputs, outputs, size, stride=1):
            return activated(nn.Conv1d(inputs, outputs, size, stride), nn.BatchNorm1d(outputs), 0, nn.MaxPool1d(4))

        self.conv1 = block(1, filters, kernel_size, 4)
        self.conv2 = block(filters, 128, 3)
        self.conv3 = block(128, 256, 3)
        self.conv4 = block(256, 512, 3)
        self.output = nn.Linear(512, classes)

    def logits(self, x):
        return self.output(self.conv4(self.conv3(self.conv2(self.conv1(x)))).mean(2))

    def forward(self, x):
        return self.logits(x).log_softmax(1)


class ConvNet(nn.Module):
    """Whole log-mel pictures [n, channels, bands, frames] -> log-probabilities: see src/nn/models/convNet.ts."""

    def __init__(self, classes, channels=2, widths=(16, 32, 64, 128), pool="max", dropout=0):
        super().__init__()

        def layers(inputs, outputs):
            return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]

        Pool = nn.MaxPool2d if pool == "max" else nn.AvgPool2d
        blocks = []
        for i, (inputs, outputs) in enumerate(zip((channels, *widths), widths)):
            pooled = [] if i == len(widths) - 1 else [Pool((2, 2))]
            blocks.append(nn.Sequential(*layers(inputs, outputs), *layers(outputs, outputs), *pooled))
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(widths[-1], classes)

    def logits(self, x):
        over_time = self.blocks(x).mean(2)
        return self.output(self.dropout(over_time.mean(2) + over_time.amax(2)))

    def forward(self, x):
        return self.logits(x).log_softmax(1)


class WaveNetwork(nn.Module):
    """What EnvNet and EnvNet-v2 are: filters along the wave, convolutions over the picture that they make, dense layers."""

    def __init__(self, classes, samples, hidden, dropout):
        super().__init__()

        def layers(blocks):
            inputs, modules = 1, []
            for filters, kernel, stride, pool in blocks:
                conv = nn.Conv2d(inputs, filters, kernel, stride, bias=False)
                modules += [conv, nn.BatchNorm2d(filters, eps=2e-5), nn.ReLU()]
                modules += [nn.MaxPool2d(pool)] if pool else []
                inputs = filters
            return nn.Sequential(*modules)

        def behind(blocks, side, size):
            for _, kernel, stride, pool in blocks:
                size = ((size - kernel[side]) // stride[side] + 1) // (pool[side] if pool else 1)
            return size

        self.wave, self.picture = layers(self.WAVE), layers(self.PICTURE)
        height = behind(self.PICTURE, 0, self.WAVE[-1][0])
        width = behind(self.PICTURE, 1, behind(self.WAVE, 1, samples))
        sizes = [self.PICTURE[-1][0] * height * width, *hidden]
        dense = []
        for pair in zip(sizes, sizes[1:]):
            dense += [nn.Linear(*pair), nn.ReLU()] + ([nn.Dropout(dropout)] if dropout > 0 else [])
        self.fc = nn.Sequential(*dense, nn.Linear(sizes[-1], classes))

    def logits(self, x):
        return self.fc(self.picture(self.wave(x.unsqueeze(1)).transpose(1, 2)).flatten(1))

    def forward(self, x):
        return self.logits(x).log_softmax(1)


class EnvNet(WaveNetwork):
    """otograd's nn.EnvNet by its names, on waves [n, 1, 24014] at 16 kHz."""

    ONCE = (1, 1)
    WAVE = [(40, (1, 8), ONCE, None), (40, (1, 8), ONCE, (1, 160))]
    PICTURE = [(50, (8, 13), ONCE, (3, 3)), (50, (1, 5), ONCE, (1, 3))]

    def __init__(self, classes, samples=24014, hidden=(4096, 4096), dropout=0.5):
        super().__init__(classes, samples, hidden, dropout)


class EnvNetV2(WaveNetwork):
    """otograd's nn.EnvNetV2 by its names, on waves [n, 1, 66650] at 44.1 kHz."""

    ONCE, TWICE = (1, 1), (1, 2)
    WAVE = [(32, (1, 64), TWICE, None), (64, (1, 16), TWICE, (1, 64))]
    PICTURE = [
        *[(32, (8, 8), ONCE, None), (32, (8, 8), ONCE, (5, 3))],
        *[(64, (1, 4), ONCE, None), (64, (1, 4), ONCE, (1, 2))],
        *[(128, (1, 2), ONCE, None), (128, (1, 2), ONCE, (1, 2))],
        *[(256, (1, 2), ONCE, None), (256, (1, 2), ONCE, (1, 2))],
    ]

    def __init__(self, classes, samples=66650, hidden=(4096, 4096), dropout=0.5):
        super().__init__(classes, samples, hidden, dropout)
