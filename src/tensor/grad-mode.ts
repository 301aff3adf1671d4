// Whether operations are recorded just now.
import { scope } from "./scope.ts";

/** How many noGrad bodies are running; asynchronous ones may overlap and end in any order. */
let pauses = 0;

/** Whether operations record gradients just now: false inside noGrad. */
export function isRecording(): boolean {
  return pauses === 0;
}

/**
 * Runs `body` without recording gradients, and frees the tensors that it made and did not return.
 * An async body is run without recording until its promise settles; its tensors live as long as
 * JavaScript can reach them.
 */
export function noGrad<T>(body: () => T): T {
  pauses++;
  let pending = false;
  try {
    const result = scope(body, "noGrad");
    if (result instanceof Promise) {
      pending = true;
      return result.finally(() => {
        pauses--;
      }) as T;
    }
    return result;
  } finally {
    if (!pending) pauses--;
  }
}
