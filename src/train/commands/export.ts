// `bun run export RUN --out model.onnx`: a run's network as an ONNX model, for other programs, or that of `bun run tag`, and
// model.json beside it, which says in words that every program can read what the classes are called and what the model is
// to be given.
import { existsSync, readFileSync } from "node:fs";
import { formatBytes } from "../../gpu/bytes.ts";
import { type Beginning, type OnnxFile, toOnnx } from "../export/export.ts";
import { type TagsAbout, tagsToOnnx } from "../export/tags.ts";
import { checkWritable, writeWhole } from "../files/files.ts";
import { networkOf } from "../learning/checkpoint.ts";
import { openRun } from "../learning/open-run.ts";
import { refusalOf } from "../learning/openset/file.ts";
import { openGpu } from "../learning/prepare.ts";
import { buildPretrained } from "../pretrained/network.ts";
import { readPretrained } from "../pretrained/pretrained.ts";
import { PUBLISHED } from "../pretrained/published.ts";
import { UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { refuseLoss } from "./output.ts";

export interface ExportOptions {
  out: string;
  from: Beginning;
  /** Whether weights are kept as float16. */
  half?: boolean;
}

export async function exportCommand(
  path: string,
  { out, ...options }: ExportOptions,
  session: Session,
): Promise<void> {
  const beside = `${out.replace(/\.onnx$/, "")}.json`;
  for (const file of [out, beside]) checkWritable(file);
  refuseLoss(out, "an ONNX model of otograd's");
  if (existsSync(beside) && !isAbout(beside))
    throw new UserError(
      `${out} would have ${beside} beside it, which is there and was not written beside a model: name another with --out`,
    );
  const isPublished = PUBLISHED.some(({ name }) => name === path) && !existsSync(path);
  const { bytes, about, opset, inputs, outputs } = await (isPublished
    ? publishedFile(path, options)
    : runFile(path, options, session));
  writeWhole(out, bytes);
  writeWhole(beside, `${JSON.stringify(about, null, 2)}\n`);
  session.print(
    `${out}: ${formatBytes(bytes.length)}, opset ${opset}, ${inputs.join(", ")} → ${outputs.join(", ")}; ${beside}`,
  );
}

/** Whether a file is what is written beside a model: a run's config.json has no rate of its own. */
function isAbout(file: string): boolean {
  try {
    const { classes, sampleRate } = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(classes) && typeof sampleRate === "number";
  } catch {
    return false;
  }
}

async function runFile(
  path: string,
  { from, half }: Omit<ExportOptions, "out">,
  { progress }: Session,
): Promise<OnnxFile> {
  const run = openRun(path);
  const weights = run.folder.readModel();
  const refusal = refusalOf(run.folder, run.config, (line) => progress.warn(line));
  await openGpu();
  return toOnnx(networkOf(run, weights), { ...run.config, refusal }, from, { half });
}

async function publishedFile(
  name: string,
  { from, half }: Omit<ExportOptions, "out">,
): Promise<OnnxFile<TagsAbout>> {
  if (from === "segments")
    throw new UserError(`--from segments is for runs: ${name} is written from a sound's samples on`);
  const files = readPretrained(name);
  await openGpu();
  return tagsToOnnx(buildPretrained(files), { half });
}
