// Distances between vectors, as layers.
import { BOOLEAN, NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { Module } from "../module.ts";

const similarityOptions = takes("CosineSimilarity", 1, { dim: NUMBER, eps: NUMBER });
const distanceOptions = takes("PairwiseDistance", 1, { p: NUMBER, eps: NUMBER, keepdim: BOOLEAN });

/**
 * F.cosineSimilarity.
 * @shape any, any → any
 * @example new nn.CosineSimilarity({ dim: 1 }).forward(tensor([[1, 0]]), tensor([[1, 1]])); // → [0.7071]
 */
export class CosineSimilarity extends Module<[a: Tensor, b: Tensor], Tensor> {
  private readonly settings: { dim?: number; eps?: number };

  constructor(options?: { dim?: number; eps?: number }, ...more: never[]) {
    super();
    similarityOptions(options, more);
    this.settings = { ...options };
  }

  forward(a: Tensor, b: Tensor): Tensor {
    return F.cosineSimilarity(a, b, this.settings);
  }
}

/**
 * F.pairwiseDistance.
 * @shape any, any → any
 * @example new nn.PairwiseDistance().forward(tensor([[0, 0]]), tensor([[3, 4]])); // → [5]
 */
export class PairwiseDistance extends Module<[a: Tensor, b: Tensor], Tensor> {
  private readonly settings: { p?: number; eps?: number; keepdim?: boolean };

  constructor(options?: { p?: number; eps?: number; keepdim?: boolean }, ...more: never[]) {
    super();
    distanceOptions(options, more);
    this.settings = { ...options };
  }

  forward(a: Tensor, b: Tensor): Tensor {
    return F.pairwiseDistance(a, b, this.settings);
  }
}
