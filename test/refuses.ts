// What a user sees of a wrong call: an error of one line that says what was wrong.
import { expect } from "bun:test";

/** Expects every call to throw an error of one line that contains its message. */
export function expectRefused(calls: readonly (readonly [call: () => unknown, message: string])[]): void {
  const said = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      return error instanceof Error ? error.message : `threw ${String(error)}`;
    }
    return "(nothing was thrown)";
  };
  const wrong = calls.flatMap(([call, wanted]) => {
    const message = said(call);
    return message.includes(wanted) && !message.includes("\n") ? [] : [{ wanted, said: message }];
  });
  expect(wrong).toEqual([]);
}
