// Models under ONNX Runtime, as other programs run them.
import { InferenceSession, Tensor } from "onnxruntime-node";

/** An input or an output: its numbers, and how they are arranged. */
export interface Numbers {
  data: Float32Array | Uint8Array;
  shape: readonly number[];
}

/** A model that was loaded. */
export async function load(bytes: Uint8Array) {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  return async (inputs: Record<string, Numbers>): Promise<Record<string, Numbers>> => {
    const feeds = Object.entries(inputs).map(([name, { data, shape }]): [string, Tensor] => [
      name,
      new Tensor("float32", data as Float32Array, shape),
    ]);
    const outputs = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data, dims }]) => [
        name,
        { data: data as Float32Array | Uint8Array, shape: dims },
      ]),
    );
  };
}
