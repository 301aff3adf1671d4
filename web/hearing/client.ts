// Asks the worker that hears.
import type { Progress } from "./learner.ts";
import type { Answer, Call, Calls } from "./worker.ts";

type Tell = (told: Progress) => void;

export class Hearing {
  private readonly worker = new Worker(new URL("./hearing-worker.js", import.meta.url), { type: "module" });
  private readonly waiting = new Map<
    number,
    { resolve(result: unknown): void; reject(error: Error): void; tell?: Tell }
  >();
  private next = 0;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const one = this.waiting.get(data.id)!;
      if ("told" in data) return one.tell?.(data.told);
      this.waiting.delete(data.id);
      if ("error" in data) one.reject(new Error(data.error));
      else one.resolve(data.result);
    };
    this.worker.onerror = ({ message }) => {
      for (const { reject } of this.waiting.values()) reject(new Error(message));
      this.waiting.clear();
    };
  }

  call<N extends keyof Calls>(name: N, argument: Parameters<Calls[N]>[0], tell?: Tell): ReturnType<Calls[N]> {
    const id = this.next++;
    this.worker.postMessage({ id, name, argument } satisfies Call);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, tell });
    }) as ReturnType<Calls[N]>;
  }
}
