// The public calls of nn's weights as files.
import { loadSafetensors, loadTorch, nn, safetensorsMetadata, saveSafetensors, WeightsError } from "otograd";
import { archive } from "../nn/weights/made.ts";
import { any, type Entry, grid } from "./entry.ts";

const READERS = { loadSafetensors, safetensorsMetadata, loadTorch };
const ASCII = (text: string) => new TextEncoder().encode(text);
const BYTES = "the file is its bytes, a Uint8Array or an ArrayBuffer, got";
/** A safetensors file of no tensors. */
const none = () => Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 123, 125);

const reader = (name: keyof typeof READERS, good: () => Uint8Array): Entry => ({
  valid: () => READERS[name](good()),
  wrong: [
    [() => READERS[name](any("model.pt")), `${name}: ${BYTES} "model.pt"`],
    [() => READERS[name](any(undefined)), `${name}: ${BYTES} undefined`],
  ],
  more: (extra) => READERS[name](good(), extra),
});

export const WEIGHTS: Record<string, Entry> = {
  WeightsError: { valid: () => new WeightsError("it is damaged") },
  loadSafetensors: reader("loadSafetensors", none),
  loadTorch: reader("loadTorch", () => archive([{ name: "a/data.pkl", content: ASCII("}.") }])),
  safetensorsMetadata: reader("safetensorsMetadata", none),
  saveSafetensors: {
    valid: () => saveSafetensors({ x: grid() }, { epoch: "3" }),
    wrong: [
      [() => saveSafetensors(any(grid())), "saveSafetensors: wants an object of tensors by name, got a tensor [2, 3]"],
      [() => saveSafetensors(any(new nn.ReLU())), "saveSafetensors: wants an object of tensors by name, got a ReLU: write model.stateDict()"],
      [() => saveSafetensors({ x: any(3) }), 'saveSafetensors: "x" is a tensor, got 3'],
      [() => saveSafetensors({}, any("3")), 'saveSafetensors: the metadata is an object of words by name, got "3"'],
      [() => saveSafetensors({}, { epoch: any(3) }), 'saveSafetensors: the metadata is an object of words by name, got 3 of "epoch"'],
    ],
    options: [(options) => saveSafetensors({}, {}, options), "half"],
  }, // biome-ignore format: a table
};
