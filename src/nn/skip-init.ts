// Modules whose weights are loaded next are made without drawing initial ones.
import { wantFunction, wantNoMore } from "../tensor/check.ts";

let skipping = false;

/** Whether init's functions leave tensors as they are. */
export function skipsInit(): boolean {
  return skipping;
}

/**
 * What `make` makes, while `nn.init`'s functions draw and fill nothing, so that its layers' weights are 0 until others are loaded:
 * a large network is made in a part of the time. PyTorch's takes the class and its arguments.
 * @example
 * const net = nn.utils.skipInit(() => new nn.Linear(2, 1));
 * net.loadStateDict({ weight: tensor([[1, 2]]), bias: tensor([3]) });
 * net.forward(tensor([1, 1])); // → [6]
 */
export function skipInit<T>(make: () => T, ...more: never[]): T {
  wantFunction("skipInit", "what makes the module", make);
  wantNoMore("skipInit", more);
  const outer = skipping;
  skipping = true;
  try {
    return make();
  } finally {
    skipping = outer;
  }
}
