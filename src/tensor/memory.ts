// What the engine holds: for users who watch their memory, and for the tests that show it flat.
import { device } from "../gpu/device.ts";
import { wantNoMore } from "./check.ts";
import { liveTensors } from "./handle.ts";

/** What `memory()` tells. */
export interface MemoryFacts {
  /** Tensors that JavaScript can still reach, or that the collector has not found yet. */
  tensors: number;
  /** Bytes of GPU buffers that tensors, gradients and recorded graphs hold. */
  bytesInUse: number;
  /** Bytes of GPU buffers that wait in the pool to be used again. */
  bytesInPool: number;
  /** The most that bytesInUse ever was. */
  peakBytesInUse: number;
  /** Bytes of textures that CPUs' programs read copies of their inputs from: one an input, as large as the largest that was there. */
  bytesInTextures: number;
  /** GPU buffers created since the program began; stands still in a steady loop. */
  buffersCreated: number;
  /** Textures, likewise. */
  texturesCreated: number;
}

/**
 * GPU memory of this process, in bytes.
 * @example memory().bytesInUse >= 0; // → true
 */
export function memory(...more: never[]): MemoryFacts {
  wantNoMore("memory", more);
  const { bytesInUse, bytesFree, peakBytesInUse, bytesInTextures, buffersCreated, texturesCreated } =
    device().pool;
  return {
    tensors: liveTensors(),
    bytesInUse,
    bytesInPool: bytesFree,
    peakBytesInUse,
    bytesInTextures,
    buffersCreated,
    texturesCreated,
  };
}
