// `bun run export RUN --out model.onnx`: a run's network as an ONNX model, for other programs, and model.json beside it,
// which says in words that every program can read what the classes are called and what the model is to be given.
import { formatBytes } from "../../gpu/bytes.ts";
import { type Beginning, toOnnx } from "../export/export.ts";
import { writeWhole } from "../files/files.ts";
import { networkOf } from "../learning/checkpoint.ts";
import { openRun } from "../learning/open-run.ts";
import { refusalOf } from "../learning/openset/file.ts";
import { openGpu } from "../learning/prepare.ts";
import type { Session } from "../terminal/session.ts";

export interface ExportOptions {
  out: string;
  from: Beginning;
  /** Whether weights are kept as float16. */
  half?: boolean;
}

export async function exportCommand(
  path: string,
  { out, from, half }: ExportOptions,
  session: Session,
): Promise<void> {
  const run = openRun(path);
  const weights = run.folder.readModel();
  const exported = { ...run.config, refusal: refusalOf(run.folder, run.config) };
  await openGpu();
  const { bytes, about, opset, inputs, outputs } = await toOnnx(networkOf(run, weights), exported, from, {
    half,
  });
  const beside = `${out.replace(/\.onnx$/, "")}.json`;
  writeWhole(out, bytes);
  writeWhole(beside, `${JSON.stringify(about, null, 2)}\n`);
  session.print(
    `${out}: ${formatBytes(bytes.length)}, opset ${opset}, ${inputs.join(", ")} → ${outputs.join(", ")}; ${beside}`,
  );
}
