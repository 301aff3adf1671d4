// Data in batches, by torch.utils.data's names.
export type { Batch } from "./collate.ts";
export { ConcatDataset, type Dataset, randomSplit, Subset, TensorDataset } from "./dataset.ts";
export { DataLoader, type DataLoaderOptions, type Sampler } from "./loader.ts";
export { RandomSampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler } from "./sampler.ts";
