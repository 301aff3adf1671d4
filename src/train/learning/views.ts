// Views of segments' log-mel pictures, segments as long as clips: an epoch has one of each, so many frames from anywhere in
// it, the picture taken for a ring, slower or faster and higher or lower than it is. Views in which next to nothing can be heard are not
// drawn. All that a view goes through (other bands, a mixture with another clip's, a gain, masks) is computed on the GPU; the host draws
// which frames it is of.
import type { HostRandom } from "../../gpu/host-random.ts";
import { audio, noGrad, type Tensor, tensor } from "../../index.ts";
import type { Features } from "../features/features.ts";
import type { LogMel, Recipe, Views } from "../recipes/recipe.ts";
import { networkInput, type Standardization } from "./batches.ts";
import { checkMixable, drawMixtures, mixedTargets, mixPower } from "./mixing.ts";
import type { TrainingData } from "./step.ts";
import { RowStore } from "./stores/row-store.ts";

/** Views that are softer than their segment's loudest by more than this are not drawn, in dB. */
const AUDIBLE = 10;

/** Segments' pictures on the GPU, frame by frame. */
export class ViewStore {
  private readonly rows: RowStore;
  private readonly bands: number;
  private readonly total: number;
  /** Of each segment, where views may begin. */
  private readonly starts: readonly (readonly number[])[];

  /**
   * @param segments which of the features' to hold; position i of the store is segments[i]
   * @param frames of a view
   * @param maxBytes the largest array that the device can bind
   */
  constructor(
    { shape, values }: Pick<Features, "shape" | "values">,
    segments: readonly number[],
    private readonly frames: number,
    readonly standardization: Standardization,
    maxBytes: number,
  ) {
    const [bands, total] = shape as [number, number];
    this.bands = bands;
    this.total = total;
    const { mean, deviation } = standardization;
    const write = (row: number, into: Float32Array) => {
      const from = segments[Math.floor(row / total)]! * bands * total + (row % total);
      for (let band = 0; band < bands; band++) into[band] = (values[from + band * total]! - mean) / deviation;
    };
    this.rows = new RowStore(segments.length * total, bands, write, maxBytes);
    this.starts = segments.map((segment) => {
      const picture = values.subarray(segment * bands * total, (segment + 1) * bands * total);
      return audibleStarts(picture, bands, total, frames);
    });
  }

  /**
   * A view of each segment, from a random place: standardised, [positions, bands, frames].
   * @param stretch it goes through the segment stretch^u times as fast, u uniform in -1 … 1: the frame nearest below
   * @param shift all that is in a band is up to so many bands higher or lower; the outermost bands are held
   */
  drawn(
    positions: readonly number[],
    random: HostRandom,
    { stretch, shift }: Pick<Views, "stretch" | "shift"> = { stretch: 1, shift: 0 },
  ): Tensor {
    const { bands, total, frames } = this;
    const rows = positions.flatMap((position) => {
      const starts = this.starts[position]!;
      const start = starts[random.int(starts.length)]!;
      const rate = stretch === 1 ? 1 : stretch ** (2 * random.uniform() - 1);
      return Array.from(
        { length: frames },
        (_, t) => position * total + ((start + Math.floor(t * rate)) % total),
      );
    });
    const from = (by: number, band: number) => Math.min(bands - 1, Math.max(0, band - by));
    return noGrad(() => {
      const views = this.rows.gather(rows).reshape([positions.length, frames, bands]);
      if (shift === 0) return views.transpose(1, 2);
      const by = positions.map(() => random.int(2 * shift + 1) - shift);
      const bandsOf = by.flatMap((each) => Array.from({ length: bands }, (_, band) => from(each, band)));
      const index = tensor(bandsOf, { shape: [positions.length, 1, bands], dtype: "int32" });
      return views.takeAlongDim(index, 2).transpose(1, 2);
    });
  }
}

/** Where views begin whose power is within 10 dB of that of the loudest view. */
export function audibleStarts(picture: Float32Array, bands: number, total: number, frames: number): number[] {
  const powers = Array.from({ length: total }, (_, t) => {
    let sum = 0;
    for (let band = 0; band < bands; band++) sum += 10 ** (picture[band * total + t]! / 10);
    return sum;
  });
  const ofView = powers.map((_, start) => {
    let sum = 0;
    for (let t = 0; t < frames; t++) sum += powers[(start + t) % total]!;
    return sum;
  });
  const least = Math.max(...ofView) * 10 ** (-AUDIBLE / 10);
  return ofView.flatMap((power, start) => (power >= least ? [start] : []));
}

/** Training segments, of each of which every epoch has another view. */
export class ClipViews implements TrainingData {
  readonly size: number;

  constructor(
    private readonly store: ViewStore,
    readonly labels: readonly number[],
    private readonly recipe: Recipe & { frontEnd: LogMel; views: Views },
    private readonly classes: number,
  ) {
    if (recipe.mixing !== null) checkMixable(labels);
    this.size = labels.length;
  }

  batch(positions: readonly number[], random: HostRandom) {
    const { store, labels, recipe, classes } = this;
    const { gain, mixed, masked } = recipe.views;
    const { masks, mixing } = recipe;
    return noGrad(() => {
      let views = store.drawn(positions, random, recipe.views);
      let targets: number[] | Tensor = positions.map((position) => labels[position]!);
      if (mixing !== null) {
        const mixtures = drawMixtures(positions, labels, random).map((mixture) =>
          random.uniform() < mixed ? mixture : { ...mixture, share: 1 },
        );
        const partners = mixtures.map(({ partner }) => partner);
        views = this.mixed(
          views,
          store.drawn(partners, random, recipe.views),
          column(mixtures.map(({ share }) => share)),
        );
        targets = mixedTargets(positions, mixtures, labels, classes);
      }
      if (gain > 0) {
        const decibels = positions.map(() => gain * (2 * random.uniform() - 1));
        views = views.add(column(decibels.map((each) => each / store.standardization.deviation)));
      }
      if (masks !== null) {
        // Widths are drawn below the parameter, as in batches.ts.
        const widest = { freqMaskParam: masks.mels + 1, timeMaskParam: masks.frames + 1 };
        for (let time = 0; time < masked; time++) views = audio.freqTimeMask(views, widest);
      }
      return { input: networkInput(views, recipe, false), targets };
    });
  }

  private mixed(first: Tensor, second: Tensor, share: Tensor): Tensor {
    const { mixing, frontEnd } = this.recipe;
    if (mixing === "power") return mixPower(first, second, share, this.store.standardization, frontEnd.topDb);
    return second.add(first.sub(second).mul(share));
  }
}

/** A number for each view. */
function column(values: readonly number[]): Tensor {
  return tensor(values, { shape: [values.length, 1, 1] });
}
