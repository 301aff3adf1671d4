// The public calls of audio.
import { audio, ones } from "otograd";
import { any, type Entry, forward, grid, LIST, wave } from "./entry.ts";

export const AUDIO: Record<string, Entry> = {
  "audio.amplitudeToDb": {
    valid: () => audio.amplitudeToDb(grid(), { topDb: null, multiplier: 20 }),
    wrong: [
      [() => audio.amplitudeToDb(any([1, 2])), `amplitudeToDb: the input ${LIST}`],
      [
        () => audio.amplitudeToDb(grid(), any(80)),
        "amplitudeToDb: the second argument is an object of options (topDb, multiplier, amin, ref, floorDims), got 80",
      ],
      [
        () => audio.amplitudeToDb(grid(), { topDb: any("80") }),
        'amplitudeToDb: topDb is a number, or null, got "80"',
      ],
    ],
    options: [(options) => audio.amplitudeToDb(grid(), options), "topDb"],
  },
  "audio.aWeightedGain": {
    valid: () => audio.aWeightedGain(wave(), 1000),
    wrong: [
      [() => audio.aWeightedGain(any([1, 2]), 1000), `aWeightedGain: the input ${LIST}`],
      [
        () => audio.aWeightedGain(wave(), any("1000")),
        'aWeightedGain: sampleRate is a whole number ≥ 1, got "1000"',
      ],
    ],
    more: (extra) => audio.aWeightedGain(wave(), 1000, extra),
  },
  "audio.computeDeltas": {
    valid: () => audio.computeDeltas(grid(), { winLength: 9 }),
    wrong: [
      [() => audio.computeDeltas(any([1, 2])), `computeDeltas: the input ${LIST}`],
      [
        () => audio.computeDeltas(grid(), any(9)),
        "computeDeltas: the second argument is an object of options: { winLength: 9 }",
      ],
    ],
    options: [(options) => audio.computeDeltas(grid(), options), "winLength"],
  },
  "audio.delay": {
    valid: () => audio.delay(wave(), [1, 2]),
    wrong: [
      [() => audio.delay(any([1, 2]), 1), `delay: the input ${LIST}`],
      [() => audio.delay(wave(), any("1")), 'delay: the delays are a number or a list of numbers, got "1"'],
    ],
    more: (extra) => audio.delay(wave(), 1, extra),
  },
  "audio.freqTimeMask": {
    valid: () => audio.freqTimeMask(grid(), { freqMaskParam: 1, random: { seed: 1, draw: 2 } }),
    wrong: [
      [() => audio.freqTimeMask(any([1, 2]), {}), `freqTimeMask: the input ${LIST}`],
      [
        () => audio.freqTimeMask(grid(), any(1), any(2)),
        "freqTimeMask: the second argument is an object of options: { freqMaskParam: 1, timeMaskParam: 2 }",
      ],
      [
        () => audio.freqTimeMask(grid(), { random: any(Math.random) }),
        "freqTimeMask: random is a seed and a draw, { seed, draw }, got a function",
      ],
    ],
    options: [(options) => audio.freqTimeMask(grid(), options), "maskValue"],
  },
  "audio.melFilterBank": {
    valid: () => audio.melFilterBank(9, { nMels: 2 }),
    wrong: [
      [() => audio.melFilterBank(any("9")), 'melFilterBank: bins is a whole number ≥ 2, got "9"'],
      [
        () => audio.melFilterBank(9, any(16000)),
        "melFilterBank: the second argument is an object of options: { sampleRate: 16000 }",
      ],
    ],
    options: [(options) => audio.melFilterBank(9, options), "sampleRate"],
  },
  "audio.MelScale": {
    valid: () => new audio.MelScale({ nMels: 2, norm: "slaney" }),
    wrong: [
      [
        () => new audio.MelScale(any(128), any(16000)),
        "MelScale: the first argument is an object of options: { nMels: 128, sampleRate: 16000 }",
      ],
      [
        () => new audio.MelScale({ melScale: any("bark") }),
        'MelScale: melScale is "htk", "slaney" or "kaldi", not "bark"',
      ],
      [() => new audio.MelScale({ norm: any("area") }), 'MelScale: norm is "slaney" or null, not "area"'],
    ],
    options: [(options) => new audio.MelScale(options), "sampleRate"],
  },
  "audio.MelSpectrogram": {
    valid: () => new audio.MelSpectrogram({ nFft: 64, nMels: 4 }),
    wrong: [
      [
        () => new audio.MelSpectrogram(any(22050)),
        "MelSpectrogram: the first argument is an object of options: { sampleRate: 22050 }",
      ],
      [() => new audio.MelSpectrogram({ nFft: any("64") }), 'MelSpectrogram: nFft is a number, got "64"'],
    ],
    options: [(options) => new audio.MelSpectrogram(options), "hopLength"],
  },
  "audio.Spectrogram": {
    valid: () => new audio.Spectrogram({ nFft: 64 }),
    wrong: [
      [
        () => new audio.Spectrogram(any(64)),
        "Spectrogram: the first argument is an object of options: { nFft: 64 }",
      ],
      [() => new audio.Spectrogram({ center: any(0) }), "Spectrogram: center is true or false, got 0"],
    ],
    options: [(options) => new audio.Spectrogram(options), "hopLength"],
  },
  "audio.MelScale#forward": forward(
    () => new audio.MelScale({ nMels: 2 }),
    ones([33, 4]),
    `MelScale: the input ${LIST}`,
  ),
  "audio.MelSpectrogram#forward": forward(
    () => new audio.MelSpectrogram({ nFft: 64, nMels: 4 }),
    wave(),
    `MelSpectrogram: the input ${LIST}`,
  ),
  "audio.Spectrogram#forward": forward(
    () => new audio.Spectrogram({ nFft: 64 }),
    wave(),
    `Spectrogram: the input ${LIST}`,
  ),
  "audio.mixBetweenClass": {
    valid: () => audio.mixBetweenClass(wave(), wave(), 0.5, 1000),
    wrong: [
      [() => audio.mixBetweenClass(wave(), any([1, 2]), 0.5, 1000), `mixBetweenClass: the input ${LIST}`],
      [
        () => audio.mixBetweenClass(wave(), wave(), any("0.5"), 1000),
        'mixBetweenClass: the ratios are a number or a list of numbers, got "0.5"',
      ],
      [
        () => audio.mixBetweenClass(wave(), wave(), 0.5, any(undefined)),
        "mixBetweenClass: sampleRate is a whole number ≥ 1, got undefined",
      ],
    ],
    more: (extra) => audio.mixBetweenClass(wave(), wave(), 0.5, 1000, extra),
  },
  "audio.peakNormalize": {
    valid: () => [wave()].map(audio.peakNormalize),
    wrong: [[() => audio.peakNormalize(any([1, 2])), `peakNormalize: the input ${LIST}`]],
    more: (extra) => audio.peakNormalize(wave(), ...([extra] as unknown as [])),
  },
  "audio.pitchShift": {
    valid: () => audio.pitchShift(wave(), 1000, 1, { nFft: 64 }),
    wrong: [
      [() => audio.pitchShift(any([1, 2]), 1000, 1), `pitchShift: the input ${LIST}`],
      [
        () => audio.pitchShift(wave(), 1000, any("1")),
        'pitchShift: the numbers of semitones are a number or a list of numbers, got "1"',
      ],
      [
        () => audio.pitchShift(wave(), 1000, 1, any(64)),
        "pitchShift: the fourth argument is an object of options: { nFft: 64 }",
      ],
    ],
    options: [(options) => audio.pitchShift(wave(), 1000, 1, options), "hopLength"],
  },
  "audio.timeStretch": {
    valid: () => audio.timeStretch(wave(), 1.5, { nFft: 64 }),
    wrong: [
      [() => audio.timeStretch(any([1, 2]), 1), `timeStretch: the input ${LIST}`],
      [() => audio.timeStretch(wave(), any("2")), 'timeStretch: rate is a number above 0, got "2"'],
    ],
    options: [(options) => audio.timeStretch(wave(), 1, options), "hopLength"],
  },
  "audio.preemphasis": {
    valid: () => audio.preemphasis(wave(), 0.9),
    wrong: [
      [() => audio.preemphasis(any([1, 2])), `preemphasis: the input ${LIST}`],
      [() => audio.preemphasis(wave(), any("0.9")), 'preemphasis: coeff is a number, got "0.9"'],
    ],
    more: (extra) => audio.preemphasis(wave(), 0.9, extra),
  },
  "audio.resample": {
    valid: () => audio.resample(wave(), 2, 1, { rolloff: 0.9 }),
    wrong: [
      [() => audio.resample(any([1, 2]), 2, 1), `resample: the input ${LIST}`],
      [() => audio.resample(wave(), any("2"), 1), 'resample: origFreq is a whole number ≥ 1, got "2"'],
      [
        () => audio.resample(wave(), 2, 1, any(6)),
        "resample: the fourth argument is an object of options: { lowpassFilterWidth: 6 }",
      ],
    ],
    options: [(options) => audio.resample(wave(), 2, 1, options), "lowpassFilterWidth"],
  },
  "audio.segments": {
    valid: () => audio.segments(wave(), { length: 4, hop: 2 }),
    wrong: [
      [() => audio.segments(any([1, 2]), { length: 1, hop: 1 }), `segments: the input ${LIST}`],
      [
        () => audio.segments(wave(), any(4), any(2)),
        "segments: the second argument is an object of options: { length: 4, hop: 2 }",
      ],
      [() => audio.segments(wave(), any(undefined)), "segments: length is a whole number ≥ 1, got undefined"],
    ],
    options: [(options) => audio.segments(wave(), { length: 4, hop: 2, ...(options as object) }), "length"],
  },
};
