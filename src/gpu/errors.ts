// What the GPU cannot do, as errors that programs can tell apart.

/**
 * The GPU could not do what it was asked, or is gone. After it, whatever is read from the device throws it again, until
 * `init()` has opened another: what was on the old one is gone, and must be made anew.
 * @example
 * const total = tensor([1, 2]).sum();
 * await total.item().catch((error) => (error instanceof DeviceError ? "init() opens another" : "a bug")); // → 3
 */
export class DeviceError extends Error {
  override name = "DeviceError";
}

/**
 * There is nothing here to compute on; the message says what to install.
 * @example
 * const found = init().then(() => "a GPU", (error) => (error instanceof NoAdapterError ? "none" : "a bug"));
 * found; // → a GPU
 */
export class NoAdapterError extends Error {
  override name = "NoAdapterError";
}

/** What a driver's or compiler's message says first: Dawn's go on for lines about its own calls, naga's begin with an empty one. */
export function firstLine(message: string): string {
  return (
    message
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}
