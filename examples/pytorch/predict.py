"""From otograd to PyTorch: loads the model of a run that `bun run train` made, and says what it hears in sound files
with torchaudio's front end, as `bun run predict` does with otograd's.

    python3 examples/pytorch/predict.py runs/DIR FILE.wav…
"""

import json
import re
import sys

import safetensors_numpy
import soundfile
import torch
import torchaudio
from networks import Piczak


def snake(name):
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def load_network(run, config):
    """The network in evaluation mode. A run's file has no num_batches_tracked, and PyTorch does without."""
    front, network = config["recipe"]["frontEnd"], config["recipe"]["network"]
    options = {snake(name): value for name, value in network.items() if name != "init"}
    frames = 1 + front["segmentSamples"] // front["hopLength"]
    net = Piczak(len(config["classes"]), frames, front["nMels"], **options)
    arrays, _ = safetensors_numpy.load(f"{run}/model.safetensors")  # or safetensors.torch.load_file
    net.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return net.eval()


def log_mel(path, front):
    """A sound file's segments [n, mel bands, frames] in dB; the audible ones, if there are any."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if not front["resamples"]:
        rate = front["sampleRate"]
    wave = torch.from_numpy(samples).mean(1)
    wave = torchaudio.functional.resample(wave, rate, front["sampleRate"])
    if len(wave) < front["segmentSamples"]:  # shorter than a segment: repeated
        wave = wave.repeat(front["segmentSamples"] // len(wave) + 1)[: front["segmentSamples"]]
    if front["peakNormalized"] and wave.abs().max() > 0:
        wave = wave / wave.abs().max()
    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=front["sampleRate"],
        n_fft=front["nFft"],
        win_length=front["winLength"],
        hop_length=front["hopLength"],
        n_mels=front["nMels"],
        normalized=front["normalized"],
        mel_scale=front["melScale"],
        norm=front["norm"],
    )
    segments = mel(wave.unfold(0, front["segmentSamples"], front["segmentStep"]))
    # top_db counts from the loudest value of a spectrogram: one channel, or segments would share it.
    db = torchaudio.transforms.AmplitudeToDB("power", top_db=front["topDb"])(segments.unsqueeze(1)).squeeze(1)
    mean = db.mean((1, 2))
    silent = mean <= front["silenceDb"] if front["silenceIncludesEqual"] else mean < front["silenceDb"]
    return db if silent.all() else db[~silent]


def main():
    if len(sys.argv) < 3:
        sys.exit("of what? python3 examples/pytorch/predict.py runs/DIR FILE.wav…")
    run, *files = sys.argv[1:]
    with open(f"{run}/config.json", encoding="utf8") as file:
        config = json.load(file)
    net = load_network(run, config)
    mean, deviation = config["standardization"]["mean"], config["standardization"]["deviation"]
    for path in files:
        x = ((log_mel(path, config["recipe"]["frontEnd"]) - mean) / deviation).unsqueeze(1)
        deltas = torchaudio.functional.compute_deltas(x, win_length=config["recipe"]["deltaWidth"])
        with torch.no_grad():
            probabilities = net(torch.cat([x, deltas], 1)).exp().mean(0)
        print(path)
        for p, name in sorted(zip(probabilities.tolist(), config["classes"]), reverse=True)[:3]:
            print(f"  {p:.4f}  {name}")


main()
