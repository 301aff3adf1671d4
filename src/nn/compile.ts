// compile: what a network, or a whole training step, launches for inputs of one shape is recorded, and done again without it at
// later calls. A small network's time on the host goes that way.
import { type DeviceArray, empty } from "../gpu/array.ts";
import { type Held, hold, watch } from "../gpu/collector.ts";
import { device } from "../gpu/device.ts";
import { isAlike, LaunchRecorder } from "../gpu/recording/launches.ts";
import { type Aside, copyTo, type Recording } from "../gpu/recording/recording.ts";
import { isRecording } from "../tensor/autograd/grad-mode.ts";
import { noGrad } from "../tensor/autograd/index.ts";
import { seer } from "../tensor/autograd/seen.ts";
import { watchStep } from "../tensor/autograd/step.ts";
import { countOutside, operationsOutside } from "../tensor/autograd/tape.ts";
import { isTensor, show, wantNoMore } from "../tensor/check.ts";
import { passesAs, standsFor } from "../tensor/from-host.ts";
import { arrayOf } from "../tensor/handle.ts";
import { Tensor } from "../tensor/tensor.ts";
import { watching } from "../tensor/watch.ts";
import { type AnyModule, Module } from "./module.ts";
import { Seen, withInner } from "./modules-seen.ts";
import { StepNotes } from "./step-notes.ts";

type Result = Tensor | readonly Tensor[];
type Call<I extends unknown[], O> = (...inputs: I) => O;

/** Recordings of so many kinds of inputs are kept, the last used ones. */
const MOST = 8;

/** What is done in the body's place. */
interface Replay {
  readonly recording: Recording;
  /** Whether it returned one tensor, and no list. */
  readonly single: boolean;
  /** What a recorded step does beside launches, and what the host does between them. */
  readonly notes: StepNotes | null;
  readonly asides: readonly Aside[];
}

/** What is known of calls with inputs of some shapes and types. */
interface Known {
  /** What is done again; null where nothing is recorded. */
  replay: Replay | null;
  /** What a step launched when it was last recorded. */
  digest: readonly unknown[] | null;
  /** How often that was something else than the time before. */
  changes: number;
  /** The modules that run, as they were: while they are so, there are no others. */
  seen: Seen;
  /** It cannot be recorded. */
  never: boolean;
  /** Whether it was seen that all the body does is inside noGrad, wherever it is called. */
  pauses: boolean;
}

/** A step that launches something else so often each time cannot be recorded. */
const CHANGES = 4;

/**
 * A function that does what `body` does, without running it every time: calls with inputs of some shapes and types record what is
 * launched, and later ones only launch that again. It pays where a network is small, or a batch: the host's time a launch falls to
 * some microseconds. A recording keeps the memory that it works in.
 *
 * A forward pass, of a module or a function, is recorded at its second call, and only where no gradients are recorded: inside noGrad,
 * which may be around the call or in the body. A training step is a body that calls backward() on all that it returns; it is recorded at
 * its second and third call and, where both launched the same, done again from then on. An optimizer's step(), a schedule's and
 * updateParameters are still run every time, with the rates that there are, and dropout goes on drawing. What a step returns wants no
 * gradients.
 *
 * It is recorded anew when a forward pass's weights, or the fields of a module that runs have changed; but what the body reads beside
 * modules and the tensors that it met (numbers, options, counts, a batch that it fetches itself, a variable that is given another
 * tensor or optimizer, a rate that it sets) is as it was when it was recorded: give it as an argument. A gradient is written anew by
 * the next step: clone() what is to be kept. Where hooks are registered, something is read back, a forward pass draws random numbers
 * or writes a tensor from outside, or an input is no tensor and no number, text or boolean, `body` is called every time.
 * @param body takes tensors and returns one, or a list of them
 * @example
 * const model = new nn.Linear(2, 3), fast = compile(model);
 * noGrad(() => fast(ones([4, 2]))).shape; // → [4, 3]
 * @example
 * const model = new nn.Linear(2, 1), optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * const step = compile((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad();
 *   const loss = F.mseLoss(model.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * for (let i = 0; i < 100; i++) step(ones([4, 2]), ones([4, 1]));
 * model.forward(ones([1, 2])); // → [[1]]
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
  const calls = new Calls(recordings, module?.modules() ?? []);
  const compiled: Call<unknown[], Result> = (...inputs) => {
    const isPart = device().stream.recorder !== null; // of another body, which is being recorded
    const key = isPart ? null : keyOf(inputs);
    return key === null ? plain(...inputs) : calls.call(key, inputs, plain);
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

/** What is given back when nobody can reach the function: it must not refer to anything that may refer to it. */
class Recordings implements Held {
  private readonly all = new Set<Recording>();

  keep(recording: Recording): void {
    this.all.add(recording);
  }

  release(recording: Recording): void {
    if (this.all.delete(recording)) recording.release();
  }

  reclaim(): void {
    for (const each of this.all) this.release(each);
  }
}

/** What is known of calls, by the inputs' key. */
class Calls {
  private readonly known = new Map<string, Known>();
  /** Whether the body was seen to do something outside noGrad. */
  private taped = false;
  /** Modules that are known to run. */
  private readonly modules: readonly WeakRef<AnyModule>[];

  constructor(
    private readonly recordings: Recordings,
    modules: readonly AnyModule[],
  ) {
    this.modules = modules.map((each) => new WeakRef(each));
  }

  call(key: string, inputs: unknown[], plain: Call<unknown[], Result>): Result {
    if (seer !== null) return plain(...inputs); // somebody looks at what operations compute
    const records = isRecording();
    // A tensor that wants a gradient would be given a copy's.
    if (records && inputs.some((each) => isTensor(each) && (each as Tensor).requiresGrad))
      return plain(...inputs);
    const isStep = records && this.taped;
    const own = isStep ? `step ${key}` : key;
    const known = this.known.get(own);
    if (known?.seen.isAsBefore) {
      if (known.never) return plain(...inputs);
      if (!records || isStep || known.pauses) {
        this.add(own, known);
        return this.again(known, inputs, plain, isStep);
      }
    }
    return this.watched(key, inputs, plain);
  }

  /** Runs the body, which compiles and keeps what the next call's recording is to find, and sees what it does. */
  private watched(key: string, inputs: unknown[], plain: Call<unknown[], Result>): Result {
    const before = operationsOutside();
    const records = isRecording();
    const notes = new StepNotes();
    const own = this.modules.flatMap((each) => each.deref() ?? []);
    const seen = new Seen(own);
    const result = watchStep(notes, () => plain(...inputs));
    if (operationsOutside() > before) {
      this.taped = true;
      const never = !notes.isWhole(result);
      const modules = never ? [] : withInner(notes.modules);
      this.add(`step ${key}`, { ...unknown(), seen: new Seen(modules), never });
    } else {
      const known = own.length > 0 ? seen : new Seen(withInner(notes.modules));
      this.add(key, { ...unknown(), seen: known, pauses: records });
    }
    return result;
  }

  /** Does what was recorded, or else runs the body, and records it where that can be. */
  private again(known: Known, inputs: unknown[], plain: Call<unknown[], Result>, isStep: boolean): Result {
    if (known.replay === null) {
      const recorded = record(inputs, plain, isStep);
      const { digest, result } = recorded;
      // What changes by the body alone, a count say, does not without it.
      const changesItself = !known.seen.isAsBefore;
      if (recorded.recording === null) known.never = !recorded.mayWork;
      else if (changesItself || (isStep && !isAlike(known.digest ?? [], digest))) {
        if (known.digest !== null) known.changes++;
        known.never = changesItself || known.changes >= CHANGES;
        recorded.recording.release(); // until the next one launches the same
      } else {
        this.recordings.keep(recorded.recording);
        const { recording, notes, asides } = recorded;
        known.replay = { recording, single: !Array.isArray(result), notes, asides };
      }
      known.digest = digest;
      if (recorded.modules.length > 0) known.seen = new Seen(recorded.modules);
      return result;
    }
    const { recording, single, notes, asides } = known.replay;
    const given = inputs.filter(isTensor).map((each) => arrayOf(each as Tensor));
    const isOther = given.some((each, i) => !passesAs(recording.inputs[i]!, each));
    if (isOther || notes?.isAsBefore() === false) return plain(...inputs);
    if (!recording.isGood(device())) {
      this.letGo(known); // weights were written: once more, from what the body then finds and keeps
      return plain(...inputs);
    }
    recording.run(given, asides);
    if (notes !== null) {
      notes.leave();
      device().pool.endStep();
      countOutside();
    }
    return resultOf(recording.outputs, single);
  }

  private add(key: string, known: Known): void {
    const before = this.known.get(key);
    if (before !== undefined && before !== known) this.letGo(before);
    this.known.delete(key);
    this.known.set(key, known);
    if (this.known.size <= MOST) return;
    const [oldest, other] = this.known.entries().next().value!;
    this.letGo(other);
    this.known.delete(oldest);
  }

  private letGo(known: Known): void {
    if (known.replay !== null) this.recordings.release(known.replay.recording);
    known.replay = null;
  }
}

const unknown = (): Omit<Known, "seen"> => ({
  replay: null,
  digest: null,
  changes: 0,
  never: false,
  pauses: false,
});

interface Recorded {
  recording: Recording | null;
  notes: StepNotes | null;
  asides: readonly Aside[];
  digest: unknown[];
  /** Those that ran, and those inside them. */
  modules: readonly AnyModule[];
  /** Whether it may be recorded the next time, if it was not. */
  mayWork: boolean;
  result: Result;
}

/** Runs the body on copies of the inputs, and records what it launches, if that can be done again without it. */
function record(inputs: readonly unknown[], plain: Call<unknown[], Result>, isStep: boolean): Recorded {
  const dev = device();
  const recorder = new LaunchRecorder(dev, isStep);
  const notes = new StepNotes(isStep ? recorder : null);
  const ends: { inputs: DeviceArray[]; outputs: DeviceArray[] } = { inputs: [], outputs: [] };
  const run = () => {
    const given = inputs.map((each) => {
      if (!isTensor(each)) return each;
      const copy = copyOf(arrayOf(each as Tensor));
      standsFor(arrayOf(copy), arrayOf(each as Tensor));
      ends.inputs.push(arrayOf(copy).retain());
      return copy;
    });
    dev.stream.recorder = recorder;
    const result = watching(
      (tensors) => notes.used(tensors),
      () => watchStep(notes, () => plain(...given)),
    );
    for (const each of [result].flat()) {
      const array = arrayOf(each as Tensor);
      array.part(); // what was put off is computed, too
      ends.outputs.push(array.retain());
    }
    if (isStep && !notes.isWhole(result)) recorder.refuse("it gives what gradients go through");
    if (ends.inputs.some(({ version }) => version > 0)) recorder.refuse("it changes an argument");
    return result;
  };
  let recording: Recording | null = null;
  try {
    const result = isStep ? run() : noGrad(run);
    const single = !Array.isArray(result);
    recorder.check();
    if (isStep) notes.end();
    dev.stream.recorder = null;
    const compared = isStep && recorder.refused === null;
    const digest = compared ? recorder.digest(ends.inputs.map(({ storage }) => storage)) : [];
    if (recorder.refused === null) recording = recorder.finish(ends, notes.shown, notes.retained);
    else changeAsCopies(inputs, ends.inputs);
    if (recorder.steps > 0) dev.pool.endStep();
    const modules = withInner(notes.modules);
    notes.modules.clear();
    return {
      recording,
      notes: isStep ? notes : null,
      asides: recorder.takeAsides(),
      digest,
      modules,
      mayWork: recorder.mayWork,
      result: recording === null && isStep ? result : resultOf(ends.outputs, single),
    };
  } finally {
    dev.stream.recorder = null;
    if (recording === null) {
      recorder.giveBack();
      for (const each of [...ends.inputs, ...ends.outputs, ...notes.retained]) each.release();
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
