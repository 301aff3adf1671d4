// onnxruntime, its native CPU form or the browser's WebAssembly: `bun ort.ts cpu FILE` or `bun ort.ts wasm FILE`. Inference of the
// models that otograd exports.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type Competitor, type Given, serve, type Work } from "../protocol.ts";

const wasm = process.argv[2] === "wasm";

await serve(async (): Promise<Competitor> => {
  const { InferenceSession, Tensor, env } = await (wasm ? import("onnxruntime-web") : import("onnxruntime-node"));
  env.wasm.numThreads = availableParallelism(); // only WebAssembly's; the native form takes all by itself
  const version = wasm ? `web ${env.versions.web} Wasm` : `node ${env.versions.node} CPU`;
  const begin = async ({ path, x }: Given): Promise<Work> => {
    const session = await InferenceSession.create(readFileSync(`${path}.onnx`));
    const input = new Tensor("float32", x.data as Float32Array, x.shape);
    return async (times) => {
      for (let i = 1; i < times; i++) await session.run({ x: input });
      const { output } = await session.run({ x: input });
      return output!.data as Float32Array;
    };
  };
  return { name: `onnxruntime-${version}`, begin };
});
