// EnvNet-v2 (Y. Tokozume et al., ICLR 2018): deeper, at 44.1 kHz; otherwise as `envnet`. 101 million numbers.
import { betweenClasses, envnet, strongly } from "./envnet.ts";
import type { Recipe } from "./recipe.ts";

export const envnetV2: Recipe = {
  ...envnet,
  name: "envnet-v2",
  description: "EnvNet-v2 on raw waveforms of 1.5 s at 44.1 kHz",
  frontEnd: { ...envnet.frontEnd, sampleRate: 44100, segmentSamples: 66650, segmentStep: 17094 },
  network: { kind: "envnet-v2", hidden: [4096, 4096], dropout: 0.5 },
};

export const envnetV2Bc = betweenClasses(envnetV2);
export const envnetV2BcStrong = strongly(envnetV2Bc);
