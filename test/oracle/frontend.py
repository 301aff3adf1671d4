"""The front end's references: torchaudio in float64. (Its float32 is itself 1.6e-4 off on a full-scale sine.)

Sounds are 16-bit samples at 44.1 kHz, made here and in sounds.ts by the same formulas; the digest of each WAV file
tells whether they came out the same. What is kept of a chain are some frames of its segments, and all their means."""

import hashlib
import io
import math
import os
import wave as wave_file

import numpy as np
import soundfile
import torch
import torchaudio
from draw import Draw, words

RATE = 44100
TARGET = 22050
FRAMES_APART = 5  # of a segment's 41 frames, 9 are kept
REAL_CLIPS = ["1-100032-A-0.wav", "1-187207-A-20.wav"]  # of ESC-10, both CC0: a dog, a baby
REAL_SEGMENTS_APART = 4

SETTINGS = {
    # The blog's own calls.
    "blog": {
        "mel": {"normalized": True},
        "segment": (512 * 41 - 1, 512 * 41 // 2),
        "peak": False,
        "silent": lambda mean: mean < -70,
        "deltas": 5,
    },
    # The paper's, where librosa 0.3.1 is told by torchaudio's names.
    "paper": {
        "mel": {"normalized": False, "mel_scale": "slaney", "norm": "slaney"},
        "segment": (512 * 40, 512 * 40 // 2),
        "peak": True,
        "silent": lambda mean: mean <= -70,
        "deltas": 9,
    },
}


def sounds():
    """int16 at 44.1 kHz, by name."""
    full = 32767
    t = np.arange(RATE)
    impulse = np.zeros(RATE)
    impulse[20001] = full
    return {
        "silence": np.zeros(RATE, np.int16),
        "impulse": impulse.astype(np.int16),
        "sine": np.array([round_half_up(full * math.sin(2 * math.pi * 997 * i / RATE)) for i in t], np.int16),
        "noise": noise("noise", RATE, 16),
        "short": noise("short", 300, 16),  # 150 samples at 22.05 kHz, where the window has 1024
        "scene": scene(),
    }


def noise(name, count, bits):
    """Uniform, of so many bits."""
    return ((words(name, count) >> np.uint32(32 - bits)).astype(np.int64) - 2 ** (bits - 1)).astype(np.int16)


def scene():
    """Three barks, each a falling harmonic sound, over noise of 5 bits for 1.4 s; then nothing."""
    samples = np.zeros(2 * RATE + RATE // 2)
    floor = noise("scene", RATE * 7 // 5, 5)
    for i in range(len(floor)):
        t = i / RATE
        bark = t - 0.45 * math.floor(t / 0.45)
        voice = sum(math.sin(2 * math.pi * k * (420 - 300 * bark) * bark) / k for k in range(1, 13))
        samples[i] = round_half_up(9000 * math.exp(-12 * bark) * voice) + int(floor[i])
    return samples.astype(np.int16)


def round_half_up(x):
    """Math.round."""
    return math.floor(x + 0.5)


def wav_bytes(samples):
    buffer = io.BytesIO()
    with wave_file.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def load(source):
    """A WAV file as soundfile reads it: float32, averaged to one channel, held in float64."""
    samples, rate = soundfile.read(source, dtype="float32", always_2d=True)
    assert rate == RATE
    return torch.from_numpy(samples).double().mean(1)


def mel_spectrogram(setting):
    return torchaudio.transforms.MelSpectrogram(
        sample_rate=TARGET, n_fft=1024, win_length=1024, hop_length=512, n_mels=60, **setting["mel"]
    )


to_db = torchaudio.transforms.AmplitudeToDB("power", top_db=80)


def segments(wave, setting):
    """A waveform at 44.1 kHz as mel power spectrograms and as decibels, [segments, 60, 41] each."""
    length, step = setting["segment"]
    wave = torchaudio.functional.resample(wave, RATE, TARGET)
    if len(wave) < length:  # shorter than a segment: repeated
        wave = wave.repeat(length // len(wave) + 1)[:length]
    if setting["peak"] and wave.abs().max() > 0:
        wave = wave / wave.abs().max()
    mel = mel_spectrogram(setting)(wave.unfold(0, length, step))
    # top_db counts from the loudest value of a spectrogram: one channel, or segments would share it.
    return mel, to_db(mel.unsqueeze(1)).squeeze(1)


def chain(waves, setting, segments_apart):
    """All that is kept of a chain over several sounds, standardised by their audible segments."""
    made = {name: segments(wave, setting) for name, wave in waves.items()}
    means = {name: db.mean((1, 2)) for name, (_, db) in made.items()}
    audible = torch.cat([db[~setting["silent"](means[name])] for name, (_, db) in made.items()])
    mean, deviation = audible.mean(), audible.std(unbiased=False)
    kept = {"standardization": torch.stack([mean, deviation])}
    for name, (mel, db) in made.items():
        standard = ((db - mean) / deviation).unsqueeze(1)
        deltas = torchaudio.functional.compute_deltas(standard, win_length=setting["deltas"])
        kept[f"{name}/means"] = means[name]
        kept[f"{name}/silent"] = setting["silent"](means[name]).numpy().astype(np.uint32)
        for what, values in (("mel", mel), ("db", db), ("input", torch.cat([standard, deltas], 1))):
            kept[f"{name}/{what}"] = values[::segments_apart, ..., ::FRAMES_APART]
    return kept


def make(write, data):
    files = {name: wav_bytes(samples) for name, samples in sounds().items()}
    digests = {name: hashlib.sha256(file).hexdigest() for name, file in files.items()}
    waves = {name: load(io.BytesIO(file)) for name, file in files.items()}

    stages = {}
    for name, wave in waves.items():
        piece = wave[19800:21800] if name != "short" else wave
        stages[f"resample/{name}"] = torchaudio.functional.resample(piece, RATE, TARGET)
        if name == "short":
            continue
        for setting, values in SETTINGS.items():
            stages[f"mel/{setting}/{name}"] = mel_spectrogram(values)(piece)
    for rate in (16000, 48000):
        stages[f"resample/noise from {rate}"] = torchaudio.functional.resample(waves["noise"][:600], rate, TARGET)
    write("frontend-stages", {**stages, **functions(draw := Draw())}, {**digests, "drawn": draw.digest()})

    for name, setting in SETTINGS.items():
        write(f"frontend-{name}", chain(waves, setting, 1), digests)

    if data is None:
        return
    paths = {name: os.path.join(data, "audio", name) for name in REAL_CLIPS}
    digests = {name: hashlib.sha256(open(path, "rb").read()).hexdigest() for name, path in paths.items()}
    kept = {}
    for name, setting in SETTINGS.items():
        made = chain({clip: load(path) for clip, path in paths.items()}, setting, REAL_SEGMENTS_APART)
        kept.update({f"{name}/{key}": values for key, values in made.items()})
    write("frontend-real", kept, digests)


def functions(draw):
    """AmplitudeToDB and compute_deltas of drawn arrays."""
    exponents = draw.uniform("exponents", [2, 2, 30, 21], 7, -5)  # powers over 140 dB
    powers = torch.from_numpy(np.exp2(np.round(exponents * 3.3))).double()  # of two: exact
    kept = {
        "db/no floor": torchaudio.functional.amplitude_to_DB(powers, 10, 1e-10, 0),
        "db/a floor for each of a batch": torchaudio.transforms.AmplitudeToDB("power", 80)(powers),
        "db/one floor": torchaudio.transforms.AmplitudeToDB("power", 80)(powers[0]),
        "db/a floor for each spectrogram": to_db(powers.reshape(4, 1, 30, 21)).reshape(2, 2, 30, 21),
        "db/magnitude": torchaudio.transforms.AmplitudeToDB("magnitude", 60)(powers),
    }
    values = torch.from_numpy(draw.uniform("values", [2, 10, 41], 40, -40)).double()
    for width in (5, 9):
        kept[f"deltas/{width}"] = torchaudio.functional.compute_deltas(values, win_length=width)
    return kept
