// What the GPU cannot do, as errors that programs can tell apart.

/** The GPU could not do what it was asked, or is gone. After it, whatever is read from the device throws it again. */
export class DeviceError extends Error {
  override name = "DeviceError";
}

/** There is nothing here to compute on; the message says what to install. */
export class NoAdapterError extends Error {
  override name = "NoAdapterError";
}
