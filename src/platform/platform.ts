// What index.ts asks of the place that WebGPU comes from. package.json's "imports" picks it: dawn.ts under Bun and
// Node, web.ts in browsers and under Deno.

export interface Platform {
  readonly gpu: GPU;
  /** Asks for an adapter; null where there is none. Left out: for the fastest one. */
  requestAdapter?: (gpu: GPU) => Promise<GPUAdapter | null>;
  /** What to tell a user who has none. */
  explainNoAdapter?: () => string;
  /** Collects garbage: see gpu/collector.ts. Left out where there is no way. */
  collect?: (when: "at once" | "soon") => void;
  /**
   * Sleeps for so many milliseconds, then looks, without a turn of the event loop, what of all that is awaited of the GPU
   * has come. Left out likewise.
   */
  poll?: (sleep: number) => void;
  /** Is told of the adapter that was opened. `software`: a CPU computes. */
  opened?: (adapter: { readonly software: boolean }) => void;
}
