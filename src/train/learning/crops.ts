// Crops of waveforms as Tokozume et al. learn from them (ICLR 2018, by their own code): an epoch has one crop of each clip,
// from anywhere in it. The clip's leading and trailing zeros are cut; it is played slower or faster, if wanted; silence
// is put on either side; and the crop may begin anywhere in that. Mixed between classes, a crop goes with one of another
// clip, mixtures getting a gain of their own. Few numbers are made, so that the host makes them.
import type { HostRandom } from "../../gpu/host-random.ts";
import { audio, noGrad, type Tensor, tensor } from "../../index.ts";
import type { Crops, Recipe } from "../recipes/recipe.ts";
import { networkInput } from "./batches.ts";
import { checkMixable, drawMixtures, mixedTargets } from "./mixing.ts";
import type { TrainingData } from "./step.ts";

/** A wave without the zeros that it begins and ends with. */
export function withoutZeros(wave: Float32Array): Float32Array {
  const first = wave.findIndex((value) => value !== 0);
  return first < 0 ? wave : wave.subarray(first, wave.findLastIndex((value) => value !== 0) + 1);
}

/** A crop of `length` samples, from anywhere in a wave that is played at another rate and has silence on either side. */
export function cropOf(
  wave: Float32Array,
  length: number,
  { padding, stretch }: Crops,
  random: HostRandom,
): Float32Array {
  const scale = stretch ** (2 * random.uniform() - 1);
  const played = Math.floor(wave.length * scale);
  const silence = Math.floor(padding * length);
  const start = random.int(Math.max(1, played + 2 * silence - length + 1)) - silence;
  const crop = new Float32Array(length);
  for (let t = Math.max(0, start); t < Math.min(played, start + length); t++) {
    const at = t / scale;
    const before = Math.floor(at);
    const after = Math.min(before + 1, wave.length - 1);
    crop[t - start] = wave[before]! + (at - before) * (wave[after]! - wave[before]!);
  }
  return crop;
}

/** The training clips, of each of which every epoch has another crop. */
export class WaveCrops implements TrainingData {
  readonly size: number;
  private readonly waves: readonly Float32Array[];

  /** @param waves the whole clips, as segments would be cut from them */
  constructor(
    waves: readonly Float32Array[],
    readonly labels: readonly number[],
    private readonly recipe: Recipe & { crops: Crops },
    private readonly classes: number,
  ) {
    if (recipe.mixing !== null) checkMixable(labels);
    this.waves = waves.map(withoutZeros);
    this.size = waves.length;
  }

  batch(positions: readonly number[], random: HostRandom) {
    const { labels, recipe, classes } = this;
    const { mixing, frontEnd, crops } = recipe;
    return noGrad(() => {
      const own = this.crops(positions, random);
      const mixtures = mixing === null ? null : drawMixtures(positions, labels, random);
      const mixed =
        mixtures === null
          ? own
          : audio.mixBetweenClass(
              own,
              this.crops(
                mixtures.map(({ partner }) => partner),
                random,
              ),
              mixtures.map(({ share }) => share),
              frontEnd.sampleRate,
            );
      const gains = positions.map(() => 10 ** ((crops.gain * (2 * random.uniform() - 1)) / 20));
      const heard = crops.gain === 0 ? mixed : mixed.mul(tensor(gains, { shape: [gains.length, 1] }));
      const targets =
        mixtures === null
          ? positions.map((position) => labels[position]!)
          : mixedTargets(positions, mixtures, labels, classes);
      return { input: networkInput(heard, recipe, true), targets };
    });
  }

  /** `[positions, segmentSamples]` */
  private crops(positions: readonly number[], random: HostRandom): Tensor {
    const length = this.recipe.frontEnd.segmentSamples;
    const all = new Float32Array(positions.length * length);
    for (const [i, position] of positions.entries())
      all.set(cropOf(this.waves[position]!, length, this.recipe.crops, random), i * length);
    return tensor(all, { shape: [positions.length, length] });
  }
}
