"""PyTorch, on the CPU or on CUDA: `python3 pytorch.py cpu FILE` or `python3 pytorch.py cuda FILE`. The protocol is
bench/protocol.ts's, with two requests more where torchaudio and soundfile are there:

    { "run": "frontend", "folder": "…" }   WAV files below folder/audio to log-mel segments → { "milliseconds": …, "clips": … }
    { "run": "frontend", "folder": "…", "values": "FILE" }   the same, and their values in dB into FILE
    { "run": "tag", "file": "…", "weights": "…", "times": 20 }   EfficientAT's mn04 on a WAV file → { "milliseconds": …, "values": … }

Modules are named as otograd's are, so that its state dicts load."""

import json
import math
import os
import re
import struct
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, CONTEXT, LETTERS = 128, 4, 64, 65


def mlp():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


class Piczak(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(
            nn.Conv2d(2, 80, (57, 6)), nn.ReLU(), nn.MaxPool2d((4, 3), (1, 3)), nn.Dropout(0.5)
        )
        self.conv2 = nn.Sequential(nn.Conv2d(80, 80, (1, 3)), nn.ReLU(), nn.MaxPool2d((1, 3), (1, 3)))
        self.fc = nn.Sequential(
            nn.Sequential(nn.Linear(240, 5000), nn.ReLU(), nn.Dropout(0.5)),
            nn.Sequential(nn.Linear(5000, 5000), nn.ReLU(), nn.Dropout(0.5)),
        )
        self.output = nn.Linear(5000, 50)

    def forward(self, x):
        return F.log_softmax(self.output(self.fc(self.conv2(self.conv1(x)).flatten(1))), 1)


class CharLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(LETTERS, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH)
        self.output = nn.Linear(WIDTH, LETTERS)

    def forward(self, text):
        return self.output(self.lstm(self.embedding(text))[0])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)

    def attention(self, q, k, v):
        if hasattr(F, "scaled_dot_product_attention"):  # since PyTorch 2
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        later = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool, device=q.device).triu(1)
        return scores.masked_fill(later, -math.inf).softmax(-1) @ v

    def forward(self, x):
        n, t, _ = x.shape
        parts = self.qkv(self.norm1(x)).split(WIDTH, 2)
        q, k, v = (part.reshape(n, t, HEADS, WIDTH // HEADS).transpose(1, 2) for part in parts)
        x = x + self.output(self.attention(q, k, v).transpose(1, 2).reshape(n, t, WIDTH))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(LETTERS, WIDTH)
        self.places = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(4)))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, LETTERS, bias=False)

    def forward(self, text):
        x = self.tokens(text) + self.places(torch.arange(CONTEXT, device=text.device))
        return self.head(self.norm(self.blocks(x)))


class EnvNet(nn.Module):
    def __init__(self):
        super().__init__()

        def conv(inputs, filters, kernel, *pool):
            norm = nn.BatchNorm2d(filters, eps=2e-5)
            return [nn.Conv2d(inputs, filters, kernel, bias=False), norm, nn.ReLU(), *map(nn.MaxPool2d, pool)]

        self.wave = nn.Sequential(*conv(1, 40, (1, 8)), *conv(40, 40, (1, 8), (1, 160)))
        self.picture = nn.Sequential(*conv(1, 50, (8, 13), (3, 3)), *conv(50, 50, (1, 5), (1, 3)))
        self.fc = nn.Sequential(
            nn.Linear(7700, 4096), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 50),
        )  # fmt: skip

    def forward(self, x):
        picture = self.wave(x.unsqueeze(1)).transpose(1, 2)
        return F.log_softmax(self.fc(self.picture(picture).flatten(1)), 1)


class DoubleConv(nn.Module):
    def __init__(self, channels, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.norm(self.conv1(x)))))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = DoubleConv(1, 16)
        self.down2 = DoubleConv(16, 32)
        self.bottom = DoubleConv(32, 64)
        self.raise2 = nn.ConvTranspose2d(64, 32, 2, stride=2)
        self.up2 = DoubleConv(64, 32)
        self.raise1 = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.up1 = DoubleConv(32, 16)
        self.output = nn.Conv2d(16, 1, 1)

    def forward(self, x):
        sharp = self.down1(x)
        middle = self.down2(F.max_pool2d(sharp, 2))
        large = self.bottom(F.max_pool2d(middle, 2))
        back = self.up2(torch.cat([middle, self.raise2(large)], 1))
        return self.output(self.up1(torch.cat([sharp, self.raise1(back)], 1)))


def conv_norm(inputs, outputs, kernel, act=None, stride=1, groups=1):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs, eps=1e-3), *([act()] if act else []))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc1 = nn.Linear(channels, squeezed)
        self.fc2 = nn.Linear(squeezed, channels)

    def forward(self, x):
        return x * self.fc2(F.relu(self.fc1(x.mean((2, 3))))).sigmoid()[:, :, None, None]


class ConcurrentSE(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.conc_se_layers = nn.ModuleList([SqueezeExcitation(*sizes)])

    def forward(self, x):
        return self.conc_se_layers[0](x)


class InvertedResidual(nn.Module):
    def __init__(self, inputs, kernel, wide, outputs, squeezed, act, stride):
        super().__init__()
        self.residual = stride == 1 and inputs == outputs
        self.block = nn.Sequential(
            *([conv_norm(inputs, wide, 1, act)] if wide != inputs else []),
            conv_norm(wide, wide, kernel, act, stride, wide),
            *([ConcurrentSE(wide, squeezed)] if squeezed else []),
            conv_norm(wide, outputs, 1),
        )

    def forward(self, x):
        return x + self.block(x) if self.residual else self.block(x)


class MN04(nn.Module):
    # kernel, expanded to, out, squeezed to, stride; ReLU in the first six, then hard-swish
    ROWS = [
        (3, 8, 8, 0, 1), (3, 24, 16, 0, 2), (3, 32, 16, 0, 1), (5, 32, 16, 8, 2), (5, 48, 16, 16, 1),
        (5, 48, 16, 16, 1), (3, 96, 32, 0, 2), (3, 80, 32, 0, 1), (3, 72, 32, 0, 1), (3, 72, 32, 0, 1),
        (3, 192, 48, 48, 1), (3, 272, 48, 72, 1), (5, 272, 64, 72, 2), (5, 384, 64, 96, 1), (5, 384, 64, 96, 1),
    ]  # fmt: skip

    def __init__(self):
        super().__init__()
        blocks, inputs = [], 8
        for i, (kernel, wide, outputs, squeezed, stride) in enumerate(self.ROWS):
            act = nn.ReLU if i < 6 else nn.Hardswish
            blocks.append(InvertedResidual(inputs, kernel, wide, outputs, squeezed, act, stride))
            inputs = outputs
        first, last = conv_norm(1, 8, 3, nn.Hardswish, 2), conv_norm(inputs, 384, 1, nn.Hardswish)
        self.features = nn.Sequential(first, *blocks, last)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(384, 512), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(512, 527)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


def letters_loss(logits, y):
    return F.cross_entropy(logits.reshape(-1, LETTERS), y)


MODELS = {
    "mlp": (mlp, F.cross_entropy),
    "lenet": (LeNet, F.cross_entropy),
    "piczak": (Piczak, F.nll_loss),
    "lstm": (CharLSTM, letters_loss),
    "gpt": (GPT, letters_loss),
    "envnet": (EnvNet, F.nll_loss),
    "unet": (UNet, F.binary_cross_entropy_with_logits),
    "mn04": (MN04, None),
}


def read_given(path):
    """The arrays of a safetensors file, and the workload among its metadata."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    workload = json.loads(header.pop("__metadata__")["workload"])
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = torch.float32 if entry["dtype"] == "F32" else torch.int32
        values = torch.frombuffer(data, dtype=dtype, count=(end - begin) // 4, offset=begin).reshape(entry["shape"])
        arrays[name] = values if dtype == torch.float32 else values.long()
    return workload, arrays


class Competitor:
    def __init__(self, device, path):
        self.device = torch.device(device)
        # Float32 throughout, as the others: no TF32.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        torch.manual_seed(1)
        where = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
        self.name = f"PyTorch {torch.__version__} {where}"
        self.workload, self.arrays = read_given(path)
        self.working = None

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def begin(self, dropout):
        weights = {name: value for name, value in self.arrays.items() if not name.startswith("given.")}
        x, y = self.arrays["given.x"].to(self.device), self.arrays["given.y"].to(self.device)
        build, loss_of = MODELS[self.workload["model"]]
        model = build()
        odd = model.load_state_dict(weights, strict=False)
        odd = [name for name in [*odd.missing_keys, *odd.unexpected_keys] if "num_batches_tracked" not in name]
        if odd:
            raise RuntimeError(f"the weights are others: {', '.join(odd)}")
        model.to(self.device)
        if self.workload["training"] is None:
            return self.inference(model.eval(), x)
        if not dropout:
            for module in model.modules():
                if isinstance(module, nn.Dropout):
                    module.eval()
        optimizer = optimizer_of(model, **self.workload["training"])

        def work(times):
            losses = []
            for _ in range(times):
                optimizer.zero_grad(set_to_none=True)
                loss = loss_of(model(x), y)
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            self.wait()
            return [loss.item() for loss in losses]

        return work

    def inference(self, model, x):
        def work(times):
            with torch.no_grad():
                for _ in range(times):
                    output = model(x).cpu()
            return output.flatten().tolist()

        return work

    def frontend(self, folder, path):
        """The front end of the recipe paper-short, clip by clip: WAV files to standardised log-mel segments, a batch with deltas."""
        import soundfile
        import torchaudio

        mel = torchaudio.transforms.MelSpectrogram(
            sample_rate=22050, n_fft=1024, win_length=1024, hop_length=512, n_mels=60, norm="slaney", mel_scale="slaney"
        ).to(self.device)
        to_db = torchaudio.transforms.AmplitudeToDB(top_db=80)
        with open(f"{folder}/meta/esc50.csv") as table:
            names = [line.split(",")[0] for line in table][1:]
        segments = []
        with torch.no_grad():
            for name in names:
                samples, rate = soundfile.read(f"{folder}/audio/{name}", dtype="float32", always_2d=True)
                wave = torch.from_numpy(samples).mean(1).to(self.device)
                wave = torchaudio.functional.resample(wave, rate, 22050)
                wave = wave / (wave.abs().max() or 1)
                pieces = wave.unfold(0, 512 * 40, 512 * 20)
                # top_db counts from the loudest value of a spectrogram: one channel, or they would share it.
                segments.append(to_db(mel(pieces).unsqueeze(1)))
            decibels = torch.cat(segments)
            values = (decibels - decibels.mean()) / decibels.std()
            batch = values[:1000]
            torch.cat([batch, torchaudio.functional.compute_deltas(batch, 9)], 1)
        self.wait()
        if path is not None:
            decibels.cpu().numpy().tofile(path)
        return len(names)

    def tag(self, file, weights, times):
        """From a WAV file to the probabilities of AudioSet's classes, by EfficientAT's own front end; the first time is not timed."""
        import soundfile
        import torchaudio

        model = MN04()
        model.load_state_dict(torch.load(weights, map_location="cpu"))
        model.eval().to(self.device)
        banks, _ = torchaudio.compliance.kaldi.get_mel_banks(128, 1024, 32000, 0.0, 15000.0, 100.0, -500.0, 1.0)
        banks = F.pad(banks, (0, 1)).to(self.device)
        window = torch.hann_window(800, periodic=False).to(self.device)

        def hear():
            samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
            wave = torch.from_numpy(samples).mean(1).to(self.device)
            wave = torchaudio.functional.resample(wave, rate, 32000)
            lifted = wave[1:] - 0.97 * wave[:-1]
            power = torch.stft(lifted, 1024, 320, 800, window, return_complex=True).abs() ** 2
            picture = ((banks @ power + 1e-5).log() + 4.5) / 5
            return model(picture[None, None]).sigmoid().flatten().tolist()

        with torch.no_grad():
            values = hear()
            start = time.perf_counter()
            for _ in range(times):
                hear()
        return {"milliseconds": 1000 * (time.perf_counter() - start), "values": values}

    def answer(self, request):
        if request["run"] == "check":
            work = self.begin(dropout=False)
            values = work(request["times"])
            if not self.workload.get("dropout"):
                self.working = work
            return {"values": values[:: math.ceil(len(values) / 64)]}
        if request["run"] == "work" and self.working is None:
            self.working = self.begin(dropout=True)
        start = time.perf_counter()
        if request["run"] == "frontend":
            answer = {"clips": self.frontend(request["folder"], request.get("values"))}
        elif request["run"] == "tag":
            answer = self.tag(request["file"], request["weights"], request["times"])
        else:
            self.working(request["times"])
            answer = {}
        return {"milliseconds": 1000 * (time.perf_counter() - start), **answer}


def optimizer_of(model, optimizer, lr, **others):
    if optimizer == "adam":
        return torch.optim.Adam(model.parameters(), lr=lr)
    momentum, weight_decay = others["momentum"], others["weightDecay"]
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=True)


def on_reference_blas():
    """Whether products run on the reference BLAS: a tenth of what PyTorch can do, so that a ratio would mean nothing."""
    try:
        with open("/proc/self/maps") as file:
            libraries = [line for line in file if "libblas" in line]
    except OSError:
        return False
    return any(not re.search("openblas|mkl|blis|atlas", line) for line in libraries)


def main():
    device, path = sys.argv[1:]
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch sees no CUDA device")
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints would be taken for an answer

    def say(message):
        print(json.dumps(message), file=answers, flush=True)

    competitor = Competitor(device, path)
    if device == "cpu" and on_reference_blas():
        sys.exit("error: PyTorch sits on the reference BLAS: install libopenblas0-pthread")
    say({"ready": competitor.name})
    for line in sys.stdin:
        try:
            say(competitor.answer(json.loads(line)))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}".splitlines()[0]})


main()
