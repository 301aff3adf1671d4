// What is wrong with a file of weights.
import { show } from "../../tensor/check.ts";

/**
 * A file of weights that is damaged, or that holds what is not read.
 * @example
 * let damaged = false;
 * try {
 *   loadSafetensors(new Uint8Array(3));
 * } catch (error) {
 *   damaged = error instanceof WeightsError;
 * }
 * damaged; // → true
 */
export class WeightsError extends Error {
  override name = "WeightsError";
}

/** Makes the error of a reader: its name, and what is wrong. */
export type Fail = (what: string) => WeightsError;

export const failing =
  (who: string): Fail =>
  (what) =>
    new WeightsError(`${who}: ${what}`);

/** The bytes that a reader was given. Throws TypeError where they are none. */
export function wantBytes(who: string, bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  const hint =
    typeof bytes === "string"
      ? ": read it first"
      : typeof bytes === "object" && bytes !== null && "arrayBuffer" in bytes
        ? ": write await file.arrayBuffer()"
        : "";
  throw new TypeError(
    `${who}: the file is its bytes, a Uint8Array or an ArrayBuffer, got ${show(bytes)}${hint}`,
  );
}
