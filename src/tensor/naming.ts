// Errors by the name of the call: what is made of other operations throws what those throw, and says so as its own. Nobody who
// wrote F.normalize(x) is told of a norm.

/** Who speaks at the head of an error: "norm: ", "Categorical.entropy: ". */
const SPEAKER = /^[A-Za-z]\w*(\.\w+)?: /;

/** Runs a body that is made of other operations. What these refuse is refused by `who`, which was called. */
export function naming<T>(who: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw renamed(error, who);
  }
}

/** What an operation refused, as said by the one that it is a part of. What is no wrong argument stays what it is. */
export function renamed(error: unknown, who: string): unknown {
  return reworded(error, (message) => message.replace(SPEAKER, `${who}: `));
}

/** What was refused of wrong arguments, in other words. Errors of other kinds stay what they are. */
export function reworded(error: unknown, words: (message: string) => string): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError)) return error;
  const { message, stack } = error;
  error.message = words(message);
  if (stack?.includes(message)) error.stack = stack.replace(message, () => error.message); // V8 begins it with the message
  return error;
}
