// EnvNet-v2 (Y. Tokozume et al., ICLR 2018): deeper, at 44.1 kHz; otherwise as `envnet`. 101 million numbers.
import { envnet } from "./envnet.ts";
import type { Recipe } from "./recipe.ts";

export const envnetV2: Recipe = {
  ...envnet,
  name: "envnet-v2",
  description: "EnvNet-v2 on raw waveforms of 1.5 s at 44.1 kHz, mixed between classes",
  frontEnd: { ...envnet.frontEnd, sampleRate: 44100, segmentSamples: 66650, segmentStep: 6665 },
  network: { kind: "envnet-v2", hidden: [4096, 4096], dropout: 0.5 },
};
