// What the trainer wants to know of a network: what it is fed, how it is built, how much of it fits.
import type { nn, Tensor } from "../../../index.ts";
import type { FeatureExtractor } from "../../features/extractor.ts";
import type { Network } from "../../recipes/recipe.ts";

export interface NetworkKind<N extends Network = Network> {
  /** Whether its examples are standardised by the training's mean and deviation. */
  readonly standardized: boolean;
  /**
   * What is computed once of a sound, where a part of the network stays as it is: what that part makes of it. By default
   * what the front end gives.
   */
  extractor?(model: nn.Module<[Tensor], Tensor>, plain: FeatureExtractor): FeatureExtractor;
  /** What it is fed, of examples `[n, …shape]`. */
  input(examples: Tensor, settings: N): Tensor;
  /**
   * A network that makes log-probabilities `[n, classes]` of that, its initial weights drawn on the GPU.
   * @param shape of what the front end makes of a segment
   * @param base weights to begin with, where kinds have them (base.ts); null: its own are random, or all will be loaded
   */
  build(
    settings: N,
    shape: readonly number[],
    classes: number,
    base: nn.StateDict | null,
  ): nn.Module<[Tensor], Tensor>;
  /** The most numbers that one example becomes in an array on its way through. */
  widest(settings: N, shape: readonly number[]): number;
}
