// Results as a line of JSON for other programs, fit for a terminal too.
import { STEERING } from "./errors.ts";

/**
 * A value as JSON. A Map's keys keep their order: JavaScript moves an object's that look like numbers to the front. What
 * steers a terminal is escaped.
 */
export function jsonLine(value: unknown): string {
  if (value instanceof Map)
    return `{${[...value].map(([name, each]) => `${jsonLine(name)}:${jsonLine(each)}`).join(",")}}`;
  if (Array.isArray(value)) return `[${value.map(jsonLine).join(",")}]`;
  if (typeof value === "object" && value !== null)
    return jsonLine(new Map(Object.entries(value).filter(([, each]) => each !== undefined)));
  return (JSON.stringify(value) ?? "null").replace(
    STEERING,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
