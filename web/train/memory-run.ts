// A run that is in memory, as a page has no folders: until it is downloaded as a ZIP archive of one, or as it was dropped.
import { strToU8, type Zippable, zipSync } from "fflate";
import { type Arrays, encodeArrays, type HostArray, putChecksum } from "../../src/train/files/arrays.ts";
import { sha256 } from "../../src/train/files/sha256.ts";
import type { EpochMetrics, RunResult } from "../../src/train/runs/metrics.ts";
import { CHECKPOINTS_KEPT, type Run, type RunFiles } from "../../src/train/runs/run.ts";

export class MemoryRun implements Run, RunFiles {
  private metrics: EpochMetrics[] = [];
  private model: Arrays | null = null;
  private other: { json: unknown; arrays: Arrays } | null = null;
  private result: RunResult | null = null;
  private readonly saved = new Map<number, Arrays>();

  constructor(
    readonly path: string,
    private config: object,
  ) {}

  writeConfig(config: object): void {
    this.config = config;
  }

  appendMetrics(metrics: EpochMetrics): void {
    this.metrics.push(metrics);
  }

  writeMetrics(lines: EpochMetrics[]): void {
    this.metrics = [...lines];
  }

  writeModel(arrays: Record<string, HostArray>, metadata: Record<string, string>): void {
    this.model = { arrays, metadata };
  }

  writeResult(result: RunResult): void {
    this.result = result;
  }

  removeResult(): void {
    this.result = null;
  }

  readConfig(): unknown {
    return this.config;
  }

  readModel(): Arrays {
    return this.model!;
  }

  hasOther(): boolean {
    return this.other !== null;
  }

  readOther(): { json: unknown; arrays: Arrays } {
    return this.other!;
  }

  writeOther(json: unknown, arrays: Record<string, HostArray>): void {
    this.other = { json, arrays: { arrays, metadata: {} } };
  }

  removeOther(): void {
    this.other = null;
  }

  checkpointPath(epoch: number): string {
    return `${this.path}/checkpoint/epoch-${epoch}.safetensors`;
  }

  checkpoints(): number[] {
    return [...this.saved.keys()].sort((a, b) => b - a);
  }

  writeCheckpoint(epoch: number, arrays: Record<string, HostArray>, metadata: Record<string, string>): void {
    this.saved.set(epoch, { arrays, metadata });
    for (const old of this.checkpoints().slice(CHECKPOINTS_KEPT)) this.removeCheckpoint(old);
  }

  readCheckpoint(epoch: number): Arrays {
    return this.saved.get(epoch)!;
  }

  removeCheckpoint(epoch: number): void {
    this.saved.delete(epoch);
  }

  /** Its folder, by the names and with the checksums that the program leaves. */
  async zip(): Promise<Uint8Array> {
    const files: Zippable = { "config.json": readable(this.config) };
    files["metrics.jsonl"] = strToU8(this.metrics.map((line) => `${JSON.stringify(line)}\n`).join(""));
    if (this.result !== null) files["result.json"] = readable(this.result);
    if (this.model !== null) files["model.safetensors"] = await fileOf(this.model);
    if (this.other !== null) {
      files["other.json"] = readable(this.other.json);
      files["other.safetensors"] = await fileOf(this.other.arrays);
    }
    for (const [epoch, arrays] of this.saved)
      files[`checkpoint/epoch-${epoch}.safetensors`] = await fileOf(arrays);
    return zipSync(files, { level: 0 }); // weights do not become smaller
  }
}

const readable = (value: unknown) => strToU8(`${JSON.stringify(value, null, 2)}\n`);

async function fileOf({ arrays, metadata }: Arrays): Promise<Uint8Array> {
  const [header, ...numbers] = encodeArrays(arrays, metadata);
  const joined = await new Blob([header, ...numbers] as BlobPart[]).arrayBuffer();
  const file = new Uint8Array(joined);
  putChecksum(file.subarray(0, header.length), await sha256(joined));
  return file;
}
