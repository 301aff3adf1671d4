// onnxruntime, its native CPU form: inference of the models that otograd exports.
import { InferenceSession, Tensor } from "onnxruntime-node";
import { version } from "onnxruntime-node/package.json" with { type: "json" };
import { type Competitor, type Given, serve, type Work } from "../protocol.ts";

async function begin({ path, x }: Given): Promise<Work> {
  const session = await InferenceSession.create(`${path}.onnx`);
  const input = new Tensor("float32", x.data as Float32Array, x.shape);
  return async (times) => {
    for (let i = 1; i < times; i++) await session.run({ x: input });
    const { output } = await session.run({ x: input });
    return output!.data as Float32Array;
  };
}

await serve(async (): Promise<Competitor> => ({ name: `onnxruntime-node ${version} CPU`, begin }));
