// Data in batches, by torch.utils.data's names.
export type { Batch } from "./collate.ts";
export { ConcatDataset, Dataset, randomSplit, Subset, TensorDataset } from "./dataset.ts";
export { DataLoader, type DataLoaderOptions } from "./loader.ts";
export {
  BatchSampler,
  RandomSampler,
  type Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./sampler.ts";
