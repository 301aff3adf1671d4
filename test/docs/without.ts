// Public names that have no example: what is not made by its own name, errors, and what reads a file. It only shrinks.
export const WITHOUT = `
  distributions.Distribution optim.Optimizer WeightsError loadTorch DeviceError NoAdapterError
`;
