"""The references of EfficientAT's networks and of their front end: the model written anew in PyTorch, in float64, with drawn
weights; and, where they are there, with the published ones (data of which only logits are kept). Their names are the test that
it is the same network: the published file loads."""

import os

import numpy as np
import torch
import torchaudio
from draw import Draw
from torch import nn

here = os.path.dirname(os.path.abspath(__file__))
PUBLISHED = [
    os.path.join(folder, "mn04_as_mAP_432.pt")
    for folder in (
        os.path.join(here, "../../../shared/weights"),
        os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "otograd/weights"),
    )
]
# kernel, expanded, out, squeeze-and-excitation, activation, stride: torchvision's mobilenet_v3_large
ROWS = [
    (3, 16, 16, False, nn.ReLU, 1),
    (3, 64, 24, False, nn.ReLU, 2),
    (3, 72, 24, False, nn.ReLU, 1),
    (5, 72, 40, True, nn.ReLU, 2),
    (5, 120, 40, True, nn.ReLU, 1),
    (5, 120, 40, True, nn.ReLU, 1),
    (3, 240, 80, False, nn.Hardswish, 2),
    (3, 200, 80, False, nn.Hardswish, 1),
    (3, 184, 80, False, nn.Hardswish, 1),
    (3, 184, 80, False, nn.Hardswish, 1),
    (3, 480, 112, True, nn.Hardswish, 1),
    (3, 672, 112, True, nn.Hardswish, 1),
    (5, 672, 160, True, nn.Hardswish, 2),
    (5, 960, 160, True, nn.Hardswish, 1),
    (5, 960, 160, True, nn.Hardswish, 1),
]


# Of these the gradient is compared, of each its first 64 numbers: convolutions of all kinds, norms and dense layers.
LEARNED = [
    "features.0.0.weight",
    "features.4.block.1.0.weight",
    "features.11.block.2.conc_se_layers.0.fc2.bias",
    "features.14.block.1.1.bias",
    "features.15.block.3.0.weight",
    "features.16.0.weight",
    "classifier.5.weight",
]


def make_divisible(v, divisor=8):
    """torchvision's _make_divisible."""
    new_v = max(divisor, int(v + divisor / 2) // divisor * divisor)
    return new_v + divisor if new_v < 0.9 * v else new_v


class SE(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc1 = nn.Linear(channels, squeezed)
        self.fc2 = nn.Linear(squeezed, channels)

    def forward(self, x):
        scale = torch.sigmoid(self.fc2(torch.relu(self.fc1(x.mean((2, 3))))))
        return x * scale[:, :, None, None]


class ConcurrentSE(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conc_se_layers = nn.ModuleList([SE(channels, make_divisible(channels / 4))])

    def forward(self, x):
        return self.conc_se_layers[0](x)


def conv_norm(channels, out, kernel, act, stride=1, groups=1):
    conv = nn.Conv2d(channels, out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out, eps=0.001), *([] if act is None else [act()]))


class Block(nn.Module):
    def __init__(self, channels, width, row):
        super().__init__()
        kernel, expanded, out, se, act, stride = row
        wide, out = make_divisible(expanded * width), make_divisible(out * width)
        layers = [] if wide == channels else [conv_norm(channels, wide, 1, act)]
        layers.append(conv_norm(wide, wide, kernel, act, stride, wide))
        if se:
            layers.append(ConcurrentSE(wide))
        layers.append(conv_norm(wide, out, 1, None))
        self.block = nn.Sequential(*layers)
        self.residual = stride == 1 and channels == out

    def forward(self, x):
        return x + self.block(x) if self.residual else self.block(x)


class MN(nn.Module):
    def __init__(self, width, classes=527):
        super().__init__()
        channels = make_divisible(16 * width)
        features = [conv_norm(1, channels, 3, nn.Hardswish, 2)]
        for row in ROWS:
            features.append(Block(channels, width, row))
            channels = make_divisible(row[2] * width)
        features.append(conv_norm(channels, 6 * channels, 1, nn.Hardswish))
        self.features = nn.Sequential(*features)
        hidden = make_divisible(1280 * width)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6 * channels, hidden), nn.Hardswish(), nn.Dropout(0.2),
            nn.Linear(hidden, classes),
        )  # fmt: skip

    def forward(self, x):
        features = self.features(x)
        return self.classifier(features), features.mean((2, 3))


def pictures(wave):
    """EfficientAT's AugmentMelSTFT in evaluation mode, of [samples] at 32 kHz, in float64: [1, 1, 128, frames]."""
    wave = nn.functional.conv1d(wave[None, None], torch.tensor([[[-0.97, 1.0]]])).squeeze(1)
    spectra = torch.stft(
        wave, 1024, hop_length=320, win_length=800, center=True, window=torch.hann_window(800, periodic=False),
        return_complex=True,
    )  # fmt: skip
    # torchaudio makes the filters in the default type, here float64
    bank, _ = torchaudio.compliance.kaldi.get_mel_banks(128, 1024, 32000, 0.0, 15000.0, 100.0, -500.0, 1.0)
    bank = nn.functional.pad(bank, (0, 1))
    return ((torch.log(bank @ (spectra.real**2 + spectra.imag**2) + 0.00001) + 4.5) / 5.0)[:, None]


def drawn_weights(draw, net):
    """Such that a signal keeps its size through 50 layers."""
    state = {}
    for key, value in net.state_dict().items():
        if key.endswith("num_batches_tracked"):
            state[key] = value
        elif value.dim() > 1:
            state[key] = torch.from_numpy(draw.uniform(key, value.shape, (6 / np.prod(value.shape[1:])) ** 0.5))
        else:
            scale_like = key.endswith("running_var") or key.endswith("1.weight")
            state[key] = torch.from_numpy(draw.uniform(key, value.shape, 0.3, 1 if scale_like else 0))
    return state


def gradients(draw, net):
    """Of a picture so small, and given to the last bit, that float32 rounds no unit to the other side of its kink."""
    x = torch.from_numpy(draw.uniform("picture", [1, 1, 32, 40], 2)).double().requires_grad_()
    logits, _ = net(x)
    (logits * torch.from_numpy(draw.uniform("gradient", logits.shape)).double()).sum().backward()
    parameters = dict(net.named_parameters())
    return {"picture.grad": x.grad, **{f"{name}.grad": parameters[name].grad.flatten()[:64] for name in LEARNED}}


def sound(draw):
    """Half a second of noise that grows, over two tones: not the same in any two frames or bands."""
    t = np.arange(16000) / 32000
    noise = draw.uniform("sound", [16000]).astype(np.float64)
    tones = np.sin(2 * np.pi * 440 * t) + 0.5 * np.sin(2 * np.pi * 7000 * t)
    return torch.from_numpy((0.1 * noise * t + 0.2 * tones).astype(np.float32)).double()


def make(write, _data):
    draw = Draw()
    wave = sound(draw)
    picture = pictures(wave)
    arrays = {"picture": picture[..., ::7]}
    for width, classes in ((0.4, 527), (1, 10)):
        net = MN(width, classes).eval()
        net.load_state_dict(drawn_weights(draw, net))
        with torch.no_grad():
            arrays[f"{width}/logits"], arrays[f"{width}/embedding"] = net(picture)
        if width == 0.4:
            arrays.update(gradients(draw, net))
    write("mn", arrays, {"drawn": draw.digest()})

    path = next((each for each in PUBLISHED if os.path.exists(each)), None)
    if path is None:
        return
    net = MN(0.4).eval()
    net.load_state_dict(torch.load(path, map_location="cpu"))
    with torch.no_grad():
        logits, embedding = net(picture)
    write("mn-published", {"logits": logits, "embedding": embedding}, {})
