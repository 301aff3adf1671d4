// What FEATURES.md says beside the names: how something is called here, what differs, and why something is not there.
// table.ts finds the rest by itself, and its test fails where a note is stale or a reason is missing.

/** Written otherwise here, by section and PyTorch's name. */
export const CALLED: Record<string, Record<string, string>> = {
  Tensor: {
    numpy: "await x.data()",
    size: "x.shape",
    nelement: "x.size",
    ndimension: "x.ndim",
  },
  torch: {
    from_numpy: "tensor(typedArray, { shape })",
    is_tensor: "x instanceof Tensor",
  },
};

/** There, but for this. */
export const PARTLY: Record<string, Record<string, string>> = {
  Tensor: {},
};

/** Why names are not there, by section. */
export const ABSENT: Record<string, readonly (readonly [why: string, names: string])[]> = {};
