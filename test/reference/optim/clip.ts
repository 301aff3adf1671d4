// Clipping of gradients as torch.nn.utils defines it: by the norm of all elements together, and element by element.
import { type Arr, arr } from "../reference.ts";

/** (Σ |g|ᵖ)^(1/p) over all elements of all gradients; the largest |g| for p = ∞. */
export function norm(gradients: Arr[], p: number): number {
  const magnitudes = gradients.flatMap(({ data }) => [...data].map(Math.abs));
  if (p === Infinity) return magnitudes.reduce((most, each) => Math.max(most, each), 0);
  return magnitudes.reduce((sum, each) => sum + each ** p, 0) ** (1 / p);
}

/** g · min(1, maxNorm / (norm + 1e-6)). */
export function clipNorm(gradients: Arr[], maxNorm: number, p: number): Arr[] {
  const factor = Math.min(1, maxNorm / (norm(gradients, p) + 1e-6));
  return gradients.map((g) =>
    arr(
      g.shape,
      g.data.map((x) => x * factor),
    ),
  );
}

/** Each element between −most and most. */
export function clipValue(gradients: Arr[], most: number): Arr[] {
  return gradients.map((g) =>
    arr(
      g.shape,
      g.data.map((x) => Math.min(Math.max(x, -most), most)),
    ),
  );
}
