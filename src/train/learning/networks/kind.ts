// What the trainer wants to know of a network: what it is fed, how it is built, how much of it fits.
import type { nn, Tensor } from "../../../index.ts";
import type { Network } from "../../recipes/recipe.ts";

export interface NetworkKind<N extends Network = Network> {
  /** Whether its examples are standardised by the training's mean and deviation. */
  readonly standardized: boolean;
  /** What it is fed, of examples `[n, …shape]`. */
  input(examples: Tensor, settings: N): Tensor;
  /**
   * A network that makes log-probabilities `[n, classes]` of that, its initial weights drawn on the GPU.
   * @param shape of an example
   */
  build(settings: N, shape: readonly number[], classes: number): nn.Module<[Tensor], Tensor>;
  /** The most numbers that one example becomes in an array on its way through. */
  widest(settings: N, shape: readonly number[]): number;
}
