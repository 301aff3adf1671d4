// compile: what a network launches for inputs of one shape is recorded at its second call, and done again without the network at later
// ones. A small network's time on the host goes that way.
import { type DeviceArray, empty } from "../gpu/array.ts";
import { type Held, hold, watch } from "../gpu/collector.ts";
import { device } from "../gpu/device.ts";
import { randomState } from "../gpu/random.ts";
import { copyTo, LaunchRecorder, type Recording } from "../gpu/recording.ts";
import { isRecording } from "../tensor/autograd/grad-mode.ts";
import { noGrad } from "../tensor/autograd/index.ts";
import { operationsOutside } from "../tensor/autograd/tape.ts";
import { isTensor, show, wantNoMore } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { Tensor } from "../tensor/tensor.ts";
import { isHooked } from "./hooks.ts";
import { type AnyModule, Module } from "./module.ts";

type Result = Tensor | readonly Tensor[];
type Call<I extends unknown[], O> = (...inputs: I) => O;

/** Recordings of so many kinds of inputs are kept, the last used ones. */
const MOST = 8;

/** What is known of calls with inputs of some shapes and types. */
interface Known {
  recording: Recording | null;
  /** The network's modules, and what they had in their fields: while that is so, there are no others. */
  modules: readonly AnyModule[];
  fields: readonly unknown[];
  /** It cannot be recorded. */
  never: boolean;
  /** Whether it was seen that all the body does is inside noGrad, wherever it is called. */
  pauses: boolean;
}

/**
 * A function that does what `body` does, a module's forward pass or a function of tensors, without running it every time: its second call
 * with inputs of some shapes and types records what is launched, and later ones only launch that again. It pays where a network
 * is small, or a batch: the host's time a launch falls to a few microseconds.
 *
 * Only where no gradients are recorded, as inside noGrad, which may be around the call or in the body; elsewhere `body` is called. A
 * module is recorded anew when a weight, a buffer or a field of it or its submodules has changed; but what a plain function reads
 * beside tensors (numbers, options) is as it was when it was recorded. Where random numbers are drawn, a tensor from outside is
 * written, hooks are registered or an input is no tensor and no number, text or boolean, `body` is called every time.
 * @param body takes tensors and returns one, or a list of them
 * @example
 * const model = new nn.Linear(2, 3), fast = compile(model);
 * noGrad(() => fast(ones([4, 2]))).shape; // → [4, 3]
 */
export function compile<I extends unknown[], O extends Result>(
  body: Call<I, O> | Module<I, O>,
  ...more: never[]
): Call<I, O> {
  wantNoMore("compile", more);
  const module = body instanceof Module ? body : null;
  if (module === null && typeof body !== "function")
    throw new TypeError(`compile: takes a module or a function, got ${show(body)}`);
  const plain: Call<unknown[], Result> = (...inputs) => {
    const result =
      module === null ? (body as Call<I, O>)(...(inputs as I)) : module.forward(...(inputs as I));
    if ([result].flat().every(isTensor)) return result;
    throw new TypeError(`compile: the body returns a tensor, or a list of tensors, got ${show(result)}`);
  };
  const recordings = new Recordings();
  const compiled: Call<unknown[], Result> = (...inputs) => {
    const isPart = device().stream.recorder !== null; // of another body, which is being recorded
    const key = isPart || recordings.mayTape(inputs) ? null : keyOf(inputs);
    if (key === null) return plain(...inputs);
    return recordings.call(key, module, inputs, plain);
  };
  hold(compiled, recordings);
  watch(recordings);
  return compiled as unknown as Call<I, O>;
}

/** What inputs have in common for which the same is launched; null where that cannot be told. */
function keyOf(inputs: readonly unknown[]): string | null {
  const parts: string[] = [];
  for (const each of inputs) {
    if (isTensor(each)) parts.push(`${(each as Tensor).dtype} ${each.shape.join()}`);
    else if (each === null || ["number", "string", "boolean", "undefined"].includes(typeof each))
      parts.push(`${typeof each} ${each}`);
    else return null;
  }
  return parts.join("; ");
}

/** How deep lists and objects in a module's fields are looked into. */
const DEPTH = 3;

function fieldsOf(modules: readonly AnyModule[]): unknown[] {
  const found: unknown[] = [];
  const see = (value: unknown, depth: number) => {
    found.push(value);
    if (typeof value !== "object" || value === null || depth === 0) return;
    if (Array.isArray(value)) for (const each of value) see(each, depth - 1);
    else if (value instanceof Map || value instanceof Set)
      for (const each of value.values()) see(each, depth - 1);
    else if (Object.getPrototypeOf(value) === Object.prototype)
      for (const key in value) see((value as Record<string, unknown>)[key], depth - 1);
  };
  for (const module of modules) for (const value of Object.values(module)) see(value, DEPTH);
  return found;
}

const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((each, i) => Object.is(each, b[i]));

/** What was recorded, by the inputs' key. */
class Recordings implements Held {
  private readonly known = new Map<string, Known>();
  /** Whether the body was seen to do something outside noGrad. */
  private taped = false;

  /** Whether a call may record gradients: the body is to be called then. */
  mayTape(inputs: readonly unknown[]): boolean {
    return (
      isRecording() && (this.taped || inputs.some((each) => isTensor(each) && (each as Tensor).requiresGrad))
    );
  }

  call(key: string, module: AnyModule | null, inputs: unknown[], plain: Call<unknown[], Result>): Result {
    const known = this.known.get(key);
    if (known !== undefined && isSame(fieldsOf(known.modules), known.fields)) {
      if (known.never || known.modules.some(isHooked)) return plain(...inputs);
      if (isRecording() && !known.pauses) return this.watched(known, inputs, plain);
      this.add(key, known);
      return this.again(known, inputs, plain);
    }
    // This call compiles and keeps what the next one's recording is to find.
    known?.recording?.release();
    const modules = module?.modules() ?? [];
    const first: Known = { recording: null, modules, fields: fieldsOf(modules), never: false, pauses: false };
    this.add(key, first);
    return this.watched(first, inputs, plain);
  }

  /** Runs the body, and sees whether it does anything outside noGrad. */
  private watched(known: Known, inputs: unknown[], plain: Call<unknown[], Result>): Result {
    const before = operationsOutside();
    const result = plain(...inputs);
    if (operationsOutside() > before) this.taped = true;
    else if (isRecording()) known.pauses = true;
    return result;
  }

  /** Does what was recorded, or else runs the body, and records it where that can be. */
  private again(known: Known, inputs: unknown[], plain: Call<unknown[], Result>): Result {
    if (known.recording === null) {
      const { recording, mayWork, result } = record(inputs, plain);
      known.recording = recording;
      known.never = recording === null && !mayWork;
      return result;
    }
    if (!known.recording.isGood(device())) {
      known.recording.release(); // weights were written: once more, from what the body then finds and keeps
      known.recording = null;
      return plain(...inputs);
    }
    known.recording.run(inputs.filter(isTensor).map((each) => arrayOf(each as Tensor)));
    return resultOf(known.recording.ends.outputs, known.recording.single);
  }

  private add(key: string, known: Known): void {
    this.known.delete(key);
    this.known.set(key, known);
    if (this.known.size <= MOST) return;
    const [oldest, { recording }] = this.known.entries().next().value!;
    recording?.release();
    this.known.delete(oldest);
  }

  reclaim(): void {
    for (const { recording } of this.known.values()) recording?.release();
    this.known.clear();
  }
}

/** Runs the body on copies of the inputs, and records what it launches; null where that cannot be done again without it, or only from the next time on. */
function record(
  inputs: readonly unknown[],
  plain: Call<unknown[], Result>,
): { recording: Recording | null; mayWork: boolean; result: Result } {
  const dev = device();
  const recorder = new LaunchRecorder(dev);
  const ends: { inputs: DeviceArray[]; outputs: DeviceArray[] } = { inputs: [], outputs: [] };
  const { seed, draw } = randomState();
  let recording: Recording | null = null;
  try {
    const single = noGrad(() => {
      const given = inputs.map((each) => {
        if (!isTensor(each)) return each;
        const copy = copyOf(arrayOf(each as Tensor));
        ends.inputs.push(arrayOf(copy).retain());
        return copy;
      });
      dev.stream.recorder = recorder;
      const result = plain(...given);
      for (const each of [result].flat()) {
        const array = arrayOf(each as Tensor);
        void array.storage; // what was put off is computed
        ends.outputs.push(array.retain());
      }
      return !Array.isArray(result);
    });
    const now = randomState();
    if (now.draw !== draw || now.seed !== seed) recorder.refuse("it draws random numbers");
    dev.stream.recorder = null;
    if (recorder.refused === null) recording = recorder.finish(ends, single);
    else changeAsCopies(inputs, ends.inputs);
    return { recording, mayWork: recorder.mayWork, result: resultOf(ends.outputs, single) };
  } finally {
    dev.stream.recorder = null;
    if (recording === null) {
      recorder.giveBack();
      for (const each of [...ends.inputs, ...ends.outputs]) each.release();
    }
  }
}

/** What the body wrote into its inputs, which were copies, is in the caller's. */
function changeAsCopies(inputs: readonly unknown[], copies: readonly DeviceArray[]): void {
  for (const [i, given] of inputs.filter(isTensor).entries()) {
    if (copies[i]!.version === 0) continue;
    const array = arrayOf(given as Tensor);
    array.noteWrite();
    copyTo(device(), copies[i]!, array);
  }
}

/** Tensors of the caller's own with the outputs' elements, which will be written anew. */
function resultOf(outputs: readonly DeviceArray[], single: boolean): Result {
  return single ? copyOf(outputs[0]!) : outputs.map(copyOf);
}

function copyOf(array: DeviceArray): Tensor {
  const copy = empty(array.shape, array.dtype);
  copyTo(device(), array, copy);
  return new Tensor(copy, "compile");
}
