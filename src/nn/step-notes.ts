// What a training step does beside launches: what is to be done with gradients and on the host when it is done again from a
// recording (compile.ts), and whether it can be.
import type { DeviceArray } from "../gpu/array.ts";
import type { LaunchRecorder } from "../gpu/recording/launches.ts";
import type { Storage } from "../gpu/storage.ts";
import { type StepWatcher, watchStep } from "../tensor/autograd/step.ts";
import type { Leaf, Node } from "../tensor/autograd/tape.ts";
import { isTensor } from "../tensor/check.ts";
import { type Handle, handleOf } from "../tensor/handle.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AnyModule } from "./module.ts";

/** What leaves had as gradients at one point of a step, retained. */
type Gradients = readonly (readonly [Leaf, DeviceArray | undefined])[];

/** What a leaf's gradient must be before a step: whatever it is, none, or some. */
type Before = "any" | "none" | "some";

export class StepNotes implements StepWatcher {
  /** Whose forward passes ran. */
  readonly modules = new Set<AnyModule>();
  /** Backward passes. */
  walks = 0;
  private readonly nodes = new Set<Node>();
  /** Whose gradients it changes. */
  private readonly leaves = new Map<Leaf, Before>();
  /** Of them, those that it made itself, anew each time. */
  private readonly own = new Set<Leaf>();
  /** Whose gradients the host has read before it changed them. */
  private readonly early = new Set<Leaf>();
  /** Tensors that it computes with and did not compute, and whether they wanted gradients. */
  private readonly inputs = new Map<Handle, boolean>();
  /** What it holds on to: to be released, if not by it. */
  readonly retained: DeviceArray[] = [];
  private atEnd: Gradients = [];

  /** @param recorder null where nothing is recorded yet */
  constructor(private readonly recorder: LaunchRecorder | null = null) {}

  cleared(leaf: Leaf, whatever: boolean): void {
    if (this.leaves.has(leaf)) return;
    this.touch(leaf, "any");
    if (!whatever) this.leaves.set(leaf, leaf.hasGrad ? "some" : "none");
  }

  arrived(leaf: Leaf, before: DeviceArray | undefined): void {
    if (this.leaves.has(leaf)) return;
    if (before !== undefined) this.refuse("it adds to gradients from before it");
    this.touch(leaf, "none");
  }

  private touch(leaf: Leaf, before: Before): void {
    if (this.early.has(leaf)) this.refuse("it steps by gradients from before it");
    this.leaves.set(leaf, before);
    if (this.recorder?.hasMade((leaf as Handle).array.storage)) this.own.add(leaf);
  }

  readGradient(leaf: Leaf): void {
    if (!this.leaves.has(leaf)) this.refuse("it reads a gradient from before it");
  }

  /** It computes with these. */
  used(tensors: readonly object[]): void {
    for (const each of tensors) {
      const handle = handleOf(each as Tensor);
      if (handle.node === null && !this.inputs.has(handle)) this.inputs.set(handle, handle.requiresGrad);
    }
  }

  walked(nodes: readonly Node[], retained: boolean): void {
    this.walks++;
    if (!retained) for (const node of nodes) this.nodes.add(node);
  }

  ran(module: object): void {
    this.modules.add(module as AnyModule);
  }

  refuse(why: string): void {
    this.recorder?.refuse(why);
  }

  eachTime(run: () => void, leaves: readonly Leaf[]): void {
    const { recorder } = this;
    if (recorder === null) {
      run();
      return;
    }
    for (const leaf of leaves) if (leaf.hasGrad && !this.leaves.has(leaf)) this.early.add(leaf);
    const gradients = this.take();
    recorder.aside(
      () => watchStep(null, run),
      () => {
        putBack(gradients);
        run();
      },
    );
  }

  /** Whether all that it gives came from graphs that it has walked itself: nobody can want gradients through it. */
  isWhole(result: Tensor | readonly Tensor[]): boolean {
    const nodes = [result]
      .flat()
      .flatMap((each) => (isTensor(each) ? (handleOf(each as Tensor).node ?? []) : []));
    return this.walks > 0 && nodes.every((node) => this.nodes.has(node));
  }

  /** The step is over. */
  end(): void {
    this.nodes.clear();
    for (const leaf of this.own) this.leaves.delete(leaf);
    this.atEnd = this.take();
    // What it computed itself is not there before it.
    for (const each of this.inputs.keys())
      if (each.freed || each.array.deferred !== null || !this.recorder!.hasFound(each.array.storage))
        this.inputs.delete(each);
  }

  private take(): Gradients {
    const others = [...this.leaves.keys()].filter((leaf) => !this.own.has(leaf));
    const now: Gradients = others.map((leaf) => {
      leaf.grad?.part(); // what was put off is computed, too
      return [leaf, leaf.grad?.retain()];
    });
    this.retained.push(...now.flatMap(([, gradient]) => gradient ?? []));
    return now;
  }

  /** What it leaves behind as gradients. */
  get shown(): Storage[] {
    return this.atEnd.flatMap(([, gradient]) => gradient?.storage ?? []);
  }

  /** Whether tensors and gradients are as they were before the step, as far as it makes a difference. */
  isAsBefore(): boolean {
    for (const [leaf, before] of this.leaves) {
      if (leaf.freed || leaf.hooks !== null) return false;
      if (before !== "any" && leaf.hasGrad !== (before === "some")) return false;
    }
    for (const [input, wanted] of this.inputs) if (input.freed || input.requiresGrad !== wanted) return false;
    return true;
  }

  /** Leaves gradients as the step does. */
  leave(): void {
    putBack(this.atEnd);
  }
}

function putBack(gradients: Gradients): void {
  for (const [leaf, gradient] of gradients)
    if (leaf.grad?.storage !== gradient?.storage) leaf.replaceGrad(gradient?.retain());
}
