// Methods of PyTorch's that there are none of here, for those who write them from habit: each says what is written instead.
// TypeScript knows nothing of them.

/** Has a class refuse names by what is to be written instead. */
export function instead(prototype: object, says: Readonly<Record<string, string>>): void {
  for (const [name, what] of Object.entries(says)) {
    const value = () => {
      throw new TypeError(`${name}: ${what}`);
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

const DEVICE = "there is one device, and all is on it: leave it out";

export const OF_TENSORS = {
  cpu: DEVICE,
  cuda: DEVICE,
  long: "whole numbers are int32: write int()",
  numpy: "write await x.data(), or await x.tolist()",
};

export const OF_MODULES = {
  addModule: "assign the module to a field, or write new nn.ModuleList([…])",
  cpu: DEVICE,
  cuda: DEVICE,
  registerBuffer: "assign it to a field: this.mean = new nn.Buffer(…)",
  registerParameter: "assign it to a field: this.weight = new nn.Parameter(…)",
  to: DEVICE,
};
