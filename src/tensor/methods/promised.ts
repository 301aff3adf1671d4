// Promises of what the GPU will have computed, for those who forget the await: undefined, NaN, "[object Promise]" or a loop that never
// runs would come of it. JavaScript asks a promise nothing as it awaits it, so its prototype can refuse all that values have.

const CALL: unique symbol = Symbol("call");

type Pending = Promise<unknown> & { readonly [CALL]: string };

const missing = (promise: Pending): string =>
  `${promise[CALL]} gives a promise: write await ${promise[CALL]}`;

function refuse(this: Pending): never {
  throw new TypeError(missing(this));
}

/** The prototype of promises that refuse the names of what these are examples of. */
function refusing(examples: readonly object[]): object {
  const prototype: object = Object.create(Promise.prototype, {
    [Symbol.toPrimitive]: {
      value(this: Pending, as: "string" | "number" | "default"): string {
        if (as === "string") return `[${missing(this)}]`;
        return refuse.call(this);
      },
    },
    0: { get: refuse },
    toJSON: { value: refuse },
  });
  for (const example of examples)
    for (let at = example; at !== Object.prototype; at = Object.getPrototypeOf(at))
      for (const name of Reflect.ownKeys(at))
        if (!(name in prototype) && (typeof name === "string" || name === Symbol.iterator))
          Object.defineProperty(prototype, name, { get: refuse });
  return prototype;
}

/** Of lists, typed arrays and numbers. */
const ofValues = refusing([Array.prototype, Uint8Array.prototype, Number.prototype]);
const ofOthers = new WeakMap<object, object>();

/**
 * What `work` promises, refusing to be used as what it will be: a number or a list, or else like `example`. In a text it says what is
 * missing.
 */
export function promised<T>(call: string, work: () => Promise<T>, example?: object): Promise<T> {
  let prototype = ofValues;
  if (example !== undefined) {
    const kind: object = Object.getPrototypeOf(example);
    prototype = ofOthers.get(kind) ?? refusing([kind]);
    ofOthers.set(kind, prototype);
  }
  const promise = Object.setPrototypeOf(work(), prototype) as Promise<T>;
  return Object.defineProperty(promise, CALL, { value: call });
}
