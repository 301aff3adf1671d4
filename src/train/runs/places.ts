// Where the sounds are that a run was trained on.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "./config.ts";

/** Where a run's dataset is: where it was when the run began, or else by the same name from here. */
export function dataOf({ data, startedIn }: Config): string {
  return data === "synthetic" ? data : placeOf(data, startedIn);
}

/** Whether a run's dataset is the one that is named so from here. */
export function isAt(config: Config, data: string): boolean {
  const made = config.data === "synthetic" || data === "synthetic"; // no folder's name
  return made ? config.data === data : resolve(dataOf(config)) === resolve(data);
}

/** Where the sounds are that are none of its classes; undefined where it did not learn from such. */
export function otherOf({ other, startedIn }: Config): string | undefined {
  return other?.kind === "class" ? placeOf(other.folder, startedIn) : undefined;
}

/** The run's settings when its dataset is at a place that is named from `here`; its other sounds stay where they are. */
export function placedAt(config: Config, data: string, here: string): Config {
  const folder = otherOf(config);
  const other: Config["other"] = folder === undefined ? config.other : { kind: "class", folder };
  return { ...config, data, startedIn: here, ...(other !== undefined && { other }) };
}

function placeOf(path: string, startedIn: string | undefined): string {
  if (startedIn === undefined) return path;
  const there = resolve(startedIn, path);
  return there === resolve(path) || !existsSync(there) ? path : there;
}
