// The public calls of element-wise operations and of types.
import { any, type Entry, grid } from "./entry.ts";

export const OPERATIONS: Record<string, Entry> = {
  "Tensor#to": {
    valid: () => grid().to("bool"),
    wrong: [
      [
        () => grid().to(any("float64")),
        'to: the type is one of "float32", "int32", "uint32", "bool", got "float64"',
      ],
      [() => grid().to(any({ dtype: "int32" })), "to: the type is one of"],
    ],
    more: (extra) => grid().to("int32", extra),
  },
};
