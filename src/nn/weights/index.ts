// Weights that come and go as files: safetensors, and what PyTorch saves.
export { WeightsError } from "./error.ts";
export { loadSafetensors, safetensorsMetadata, saveSafetensors } from "./safetensors.ts";
export { loadTorch, type TorchValue } from "./torch.ts";
