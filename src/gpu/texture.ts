// Textures that kernels read copies of buffers from: their layout.

/** Texels in a row of a texture: with the 8192 rows that every adapter allows, they hold what a buffer binds. */
export const TEXTURE_WIDTH = 1024;
const TEXEL_BYTES = 16;
export const ROW_BYTES = TEXTURE_WIDTH * TEXEL_BYTES;
/** Bytes that a texture holds at most. */
export const TEXTURE_BYTES = 8192 * ROW_BYTES;
/**
 * Texels behind each row that nothing is in. On a CPU, they keep a matrix's rows out of each other's way: caches hold
 * only a few lines whose addresses are a multiple of 4096 bytes apart.
 */
export const ROW_GAP = 4;

/** A texture of vec4s: the vec4 number i of a buffer is its texel (i mod TEXTURE_WIDTH, ⌊i / TEXTURE_WIDTH⌋). */
export interface Texture {
  readonly texture: GPUTexture;
  readonly view: GPUTextureView;
  /** Distinguishes textures, in bind-group keys. */
  readonly id: number;
  readonly capacity: number;
  /** What was copied to it last: whose bytes, at which version, and how many vec4s. */
  holds: { of: object; version: number; texels: number } | null;
}
