// Data in batches, by torch.utils.data's names.
export { type Dataset, randomSplit, Subset, TensorDataset } from "./dataset.ts";
export { type Batch, DataLoader, type DataLoaderOptions } from "./loader.ts";
