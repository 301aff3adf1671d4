// `bun run train --tensorboard`: RUN/tensorboard/events.out.tfevents.…, which `tensorboard --logdir runs` opens.
//   loss/train          training loss, by step
//   loss/acc            clip accuracy in percent, by epoch: under this name the blog's code has it
//   accuracy/test       clip accuracy by probability voting, a fraction, by epoch
//   accuracy/majority, accuracy/segments, accuracy/validation (where a fold is held out), learning_rate: by epoch
//
// An event file is a row of TFRecords, each a length (u64), the length's masked CRC-32C, an Event in protobuf's
// encoding and its masked CRC-32C, little-endian: tensorflow/core/lib/io/record_writer.h,
// tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { crc32c } from "../../nn/weights/crc.ts";
import { reason } from "../files/files.ts";
import { UserError } from "../terminal/errors.ts";
import type { EpochMetrics, Observer } from "./metrics.ts";
import type { RunFolder } from "./run-folder.ts";

const PREFIX = "events.out.tfevents.";
/** Written once an epoch, and last. */
const END_OF_EPOCH = "learning_rate";

/** Whether a run has event files, which are gone on with when it is resumed. */
export function hasEvents(run: RunFolder): boolean {
  return existsSync(folderOf(run));
}

function folderOf(run: RunFolder): string {
  return join(run.path, "tensorboard");
}

/** The event file of one training, or of one continuation of it. It grows by an epoch at a time. */
export class EventFile implements Observer {
  private readonly path: string;
  private waiting: Uint8Array[] = [];

  /** @param epochsDone those of a resumed run; what earlier files tell of later ones is cut off, as it is done again */
  constructor(
    run: RunFolder,
    epochsDone: number,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {
    const folder = folderOf(run);
    const name = `${PREFIX}${Math.floor(now())}.${hostname()}.${process.pid}.${epochsDone}`;
    this.path = join(folder, name);
    writing(this.path, () => {
      mkdirSync(folder, { recursive: true });
      for (const file of readdirSync(folder)) {
        if (file.startsWith(PREFIX)) cutAfter(join(folder, file), epochsDone);
      }
    });
    this.waiting.push(record(event(now(), { version: "brain.Event:2" })));
  }

  step(step: number, loss: number): void {
    this.scalar("loss/train", step, loss);
  }

  epoch(metrics: EpochMetrics, lr: number): void {
    const { epoch, accuracy, accuracyMajority, segmentAccuracy, validationAccuracy } = metrics;
    this.scalar("loss/acc", epoch, 100 * accuracy);
    this.scalar("accuracy/test", epoch, accuracy);
    this.scalar("accuracy/majority", epoch, accuracyMajority);
    this.scalar("accuracy/segments", epoch, segmentAccuracy);
    if (validationAccuracy !== undefined) this.scalar("accuracy/validation", epoch, validationAccuracy);
    this.scalar(END_OF_EPOCH, epoch, lr);
    writing(this.path, () => appendFileSync(this.path, Buffer.concat(this.waiting)));
    this.waiting = [];
  }

  private scalar(tag: string, step: number, value: number): void {
    this.waiting.push(record(event(this.now(), { step, tag, value })));
  }
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${reason(error)}`, { cause: error });
  }
}

/** Cuts off the records after an epoch, and one that was being written when the run was killed. */
function cutAfter(path: string, epochs: number): void {
  const bytes = readFileSync(path);
  let end = 0;
  for (const each of readEvents(bytes)) {
    const { step, tag } = each;
    const versionOnly = end === 0 && tag === "";
    if (versionOnly || (tag === END_OF_EPOCH && step <= epochs)) end = each.end;
  }
  if (end < bytes.length) truncateSync(path, end);
}

export interface ReadEvent {
  step: number;
  /** "" where the event is no scalar. */
  tag: string;
  value: number;
  /** Where its record ends in the file. */
  end: number;
}

/** The events of a file, up to the first record that is damaged or cut short. */
export function* readEvents(bytes: Uint8Array): Generator<ReadEvent> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const end = at + 16 + length;
    if (end > bytes.length) return;
    const data = bytes.subarray(at + 12, at + 12 + length);
    if (view.getUint32(at + 8, true) !== masked(crc32c(bytes.subarray(at, at + 8)))) return;
    if (view.getUint32(end - 4, true) !== masked(crc32c(data))) return;
    const { 2: step = 0, 5: summary } = fields(data);
    const value = summary instanceof Uint8Array ? fields(fields(summary)[1] as Uint8Array) : {};
    const { 1: tag, 2: simple = 0 } = value;
    const name = tag instanceof Uint8Array ? new TextDecoder().decode(tag) : "";
    yield { step: Number(step), tag: name, value: Number(simple), end };
    at = end;
  }
}

/** A record around one event. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return bytes;
}

/** Event { wall_time = 1, step = 2, file_version = 3, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } } */
function event(
  wallTime: number,
  content: { version: string } | { step: number; tag: string; value: number },
): Uint8Array {
  const time = [...key(1, FIXED64), ...fixed(8, (view) => view.setFloat64(0, wallTime, true))];
  if ("version" in content) return Uint8Array.from([...time, ...delimited(3, utf8(content.version))]);
  const { step, tag, value } = content;
  const simple = [...key(2, FIXED32), ...fixed(4, (view) => view.setFloat32(0, value, true))];
  const summary = delimited(1, [...delimited(1, utf8(tag)), ...simple]);
  return Uint8Array.from([...time, ...key(2, VARINT), ...varint(step), ...delimited(5, summary)]);
}

// protobuf.dev/programming-guides/encoding
const [VARINT, FIXED64, DELIMITED, FIXED32] = [0, 1, 2, 5] as const;

function key(field: number, wireType: number): number[] {
  return [(field << 3) | wireType];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

function delimited(field: number, bytes: ArrayLike<number>): number[] {
  return [...key(field, DELIMITED), ...varint(bytes.length), ...Array.from(bytes)];
}

function fixed(size: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return bytes;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A message's fields by number (the last of each): numbers, and bytes where the field is delimited. */
function fields(bytes: Uint8Array): Record<number, number | Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Record<number, number | Uint8Array> = {};
  let at = 0;
  const readVarint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const read = (wireType: number): number | Uint8Array => {
    if (wireType === VARINT) return readVarint();
    const size = wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : readVarint();
    const start = at;
    at += size;
    if (wireType === FIXED64) return view.getFloat64(start, true);
    if (wireType === FIXED32) return view.getFloat32(start, true);
    return bytes.subarray(start, at);
  };
  while (at < bytes.length) {
    const head = readVarint();
    found[head >> 3] = read(head & 7);
  }
  return found;
}

/** TFRecord's mask, so that the CRC of data that holds CRCs stays a good check. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
