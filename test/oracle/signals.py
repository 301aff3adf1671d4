"""The references of the Fourier transform's functions and of gradients through the front end: torch's and torchaudio's own, in
float64. Each case gives a result and, for the sum of it times what is drawn, the gradients of its inputs."""

import math

import torch
import torchaudio
from draw import Draw

RATE = 22050


def hann(n):
    return torch.hann_window(n)


def mel_chain(wave):
    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=RATE, n_fft=512, hop_length=256, n_mels=20, normalized=True, mel_scale="slaney", norm="slaney"
    )
    db = torchaudio.functional.amplitude_to_DB(mel(wave), 10.0, 1e-10, 0.0, top_db=18.0)
    return torch.cat([db, torchaudio.functional.compute_deltas(db, win_length=5)], -2)


def time_stretch(wave, rate=1.3, n_fft=64, hop=16):
    padded = torch.nn.functional.pad(wave, (n_fft // 2, n_fft // 2))
    spectra = torch.stft(padded, n_fft, hop, window=hann(n_fft), center=False, return_complex=True)
    advance = torch.linspace(0, math.pi * hop, n_fft // 2 + 1)[..., None]
    stretched = torchaudio.functional.phase_vocoder(spectra, rate, advance)
    return torch.istft(stretched, n_fft, hop, window=hann(n_fft), length=round(wave.shape[-1] / rate))


real, whole = torch.view_as_real, torch.view_as_complex

# name: the inputs' shapes, and what is computed. What ends in "complex" is given and compared as (re, im).
CASES = {
    "mel, decibels, deltas": ([[2, 3000]], mel_chain),
    "magnitudes": ([[2, 700]], lambda x: torchaudio.transforms.Spectrogram(n_fft=100, win_length=80, power=1.0)(x)),
    "resample 441:160": ([[2, 1500]], lambda x: torchaudio.functional.resample(x, 44100, 16000)),
    "resample 1:2": ([[1, 300]], lambda x: torchaudio.functional.resample(x, 8000, 16000)),
    "time stretch": ([[2, 500]], time_stretch),
    "fft": ([[3, 60, 2]], lambda x: real(torch.fft.fft(whole(x)))),
    "fft of 31 along 0": ([[40, 3, 2]], lambda x: real(torch.fft.fft(whole(x), 31, 0, norm="forward"))),
    "ifft": ([[2, 48, 2]], lambda x: real(torch.fft.ifft(whole(x), norm="ortho"))),
    "rfft": ([[2, 100]], lambda x: real(torch.fft.rfft(x))),
    "rfft of 64 along 1": ([[2, 50, 3]], lambda x: real(torch.fft.rfft(x, 64, 1, norm="ortho"))),
    "irfft": ([[2, 33, 2]], lambda x: torch.fft.irfft(whole(x))),
    "irfft of 45": ([[2, 33, 2]], lambda x: torch.fft.irfft(whole(x), 45, norm="forward")),
    "stft": (
        [[2, 300], [32]],
        lambda x, w: real(torch.stft(x, 40, 12, 32, w, normalized=True, return_complex=True)),
    ),
    "stft, zeros around": (
        [[150]],
        lambda x: real(torch.stft(x, 32, window=hann(32), pad_mode="constant", return_complex=True)),
    ),
    "istft": (
        [[2, 17, 9, 2], [32]],
        lambda x, w: torch.istft(whole(x), 32, 8, window=w + 2, length=70),
    ),
}


def make(write, _data):
    arrays, metadata = {}, {}
    for name, (shapes, compute) in CASES.items():
        draw = Draw()
        inputs = [
            torch.from_numpy(draw.uniform(f"{name}/{i}", tuple(shape))).double().requires_grad_()
            for i, shape in enumerate(shapes)
        ]
        result = compute(*inputs)
        above = torch.from_numpy(draw.uniform(f"{name}/above", tuple(result.shape))).double()
        (result * above).sum().backward()
        arrays[f"{name}/result"] = result
        for i, each in enumerate(inputs):
            arrays[f"{name}/gradient {i}"] = each.grad
        metadata[f"{name}/digest"] = draw.digest()
    write("signals", arrays, metadata)
