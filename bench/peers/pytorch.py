"""PyTorch, on the CPU or on CUDA: `python3 pytorch.py cpu` or `python3 pytorch.py cuda`. The protocol is bench/protocol.ts's,
with one request more where torchaudio and soundfile are there:

    { "run": "frontend", "folder": "…" }   WAV files below folder/audio to log-mel segments → { "milliseconds": …, "clips": … }
"""

import json
import math
import os
import sys
import time

import torch
from torch import nn

CLASSES = 50


class Piczak(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2, 80, (57, 6)),
            nn.ReLU(),
            nn.MaxPool2d((4, 3), (1, 3)),
            nn.Dropout(0.5),
            nn.Conv2d(80, 80, (1, 3)),
            nn.ReLU(),
            nn.MaxPool2d((1, 3), (1, 3)),
            nn.Flatten(),
        )
        self.classifier = nn.Sequential(
            nn.Linear(240, 5000),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(5000, 5000),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(5000, CLASSES),
            nn.LogSoftmax(1),
        )
        self.apply(self.initialize)
        nn.init.uniform_(self.features[0].weight, -0.001, 0.001)
        nn.init.constant_(self.features[0].bias, 0.1)
        nn.init.uniform_(self.features[4].weight, -0.1, 0.1)

    @staticmethod
    def initialize(module):
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 0.01)
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.zeros_(module.bias)

    def forward(self, x):
        return self.classifier(self.features(x))


class Competitor:
    def __init__(self, device):
        self.device = torch.device(device)
        self.model = None
        # Float32 throughout, as the others: no TF32.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        torch.manual_seed(1)
        where = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
        self.name = f"PyTorch {torch.__version__} {where}"

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def step(self, batch):
        if self.model is None:
            self.model = Piczak().to(self.device).train()
            self.optimizer = torch.optim.SGD(
                self.model.parameters(), lr=0.002, momentum=0.9, nesterov=True, weight_decay=0.001
            )
        x = torch.randn(batch, 2, 60, 41, device=self.device)
        labels = torch.arange(batch, device=self.device) % CLASSES

        def work(times):
            for _ in range(times):
                self.optimizer.zero_grad(set_to_none=True)
                loss = nn.functional.nll_loss(self.model(x), labels)
                loss.backward()
                self.optimizer.step()
            self.wait()
            return loss.item()

        return work

    def matmul(self, size):
        a = torch.randn(size, size, device=self.device)
        b = torch.randn(size, size, device=self.device)

        def work(times):
            for _ in range(times):
                a @ b
            self.wait()

        return work

    def frontend(self, folder):
        """The front end of the blog's replication, clip by clip: WAV files to standardised log-mel segments with deltas."""
        import soundfile
        import torchaudio

        mel = torchaudio.transforms.MelSpectrogram(
            sample_rate=22050, n_fft=1024, win_length=1024, hop_length=512, n_mels=60, normalized=True
        ).to(self.device)
        to_db = torchaudio.transforms.AmplitudeToDB(top_db=80)
        names = sorted(name for name in os.listdir(f"{folder}/audio") if name.endswith(".wav"))
        segments = []
        with torch.no_grad():
            for name in names:
                samples, rate = soundfile.read(f"{folder}/audio/{name}", dtype="float32", always_2d=True)
                wave = torch.from_numpy(samples).mean(1).to(self.device)
                wave = torchaudio.functional.resample(wave, rate, 22050)
                pieces = wave.unfold(0, 512 * 41 - 1, 512 * 41 // 2)
                # top_db counts from the loudest value of a spectrogram: one channel, or they would share it.
                segments.append(to_db(mel(pieces).unsqueeze(1)))
            values = torch.cat(segments)
            values = (values - values.mean()) / values.std()
            torch.cat([values, torchaudio.functional.compute_deltas(values)], 1)
        self.wait()
        return len(names)


def answer(competitor, request, current):
    if request["run"] == "frontend":
        start = time.perf_counter()
        clips = competitor.frontend(request["folder"])
        return {"milliseconds": 1000 * (time.perf_counter() - start), "clips": clips}
    kind = request["run"]
    size = request["batch" if kind == "step" else "size"]
    if current.get("key") != (kind, size):
        current["work"] = getattr(competitor, kind)(size)
        current["key"] = (kind, size)
        current["work"](1)
    start = time.perf_counter()
    loss = current["work"](request["times"])
    milliseconds = 1000 * (time.perf_counter() - start)
    if loss is None:
        return {"milliseconds": milliseconds}
    return {"milliseconds": milliseconds, "loss": loss if math.isfinite(loss) else None}


def main():
    device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch sees no CUDA device")
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints would be taken for an answer

    def say(message):
        print(json.dumps(message), file=answers, flush=True)

    competitor = Competitor(device)
    say({"ready": competitor.name})
    current = {}
    for line in sys.stdin:
        try:
            say(answer(competitor, json.loads(line), current))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}".splitlines()[0]})


main()
