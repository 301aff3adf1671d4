// What is taught: classes, and of each what a network made of its clips. A project is that as a file.
import type { ClipFeatures } from "../../src/train/features/features.ts";
import type { Teacher } from "../hearing/learner.ts";

export interface Clip {
  name: string;
  features: ClipFeatures;
}

export interface Taught {
  name: string;
  clips: Clip[];
}

export interface Project {
  /** Whose network heard the clips. */
  teacher: Teacher;
  classes: Taught[];
}

/** What a new sound is called: a name that none has. */
export function newName(classes: readonly Pick<Taught, "name">[]): string {
  const names = new Set(classes.map(({ name }) => name));
  for (let k = classes.length + 1; ; k++) if (!names.has(`sound ${k}`)) return `sound ${k}`;
}

const VERSION = 2;

/** A project as a file: names and what was made of the clips (float32, in base64), not the sounds. */
export function written({ teacher, classes }: Project): string {
  const clip = ({ name, features: { values, silent } }: Clip) => ({ name, silent, values: base64(values) });
  return JSON.stringify({
    otograd: "project",
    version: VERSION,
    teacher,
    classes: classes.map(({ name, clips }) => ({ name, clips: clips.map(clip) })),
  });
}

/** Throws where a file is none of a project. */
export function readProject(text: string): Project {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new Error("that is no project: it is not JSON");
  }
  const { otograd, version, teacher, classes } = (read ?? {}) as Record<string, unknown>;
  const known = teacher === "transfer" || teacher === "small";
  if (otograd !== "project" || !known || !Array.isArray(classes))
    throw new Error("that is no project that this page saved");
  if (version !== VERSION) throw new Error(`that project is of another version of this page (${version})`);
  return {
    teacher,
    classes: classes.map((one: Record<string, unknown>) => {
      if (typeof one.name !== "string" || !Array.isArray(one.clips))
        throw new Error("a class of the project is damaged");
      return { name: one.name, clips: one.clips.map((clip) => readClip(clip)) };
    }),
  };
}

function readClip(read: Record<string, unknown>): Clip {
  const { name, silent, values: text } = read;
  const values = typeof text === "string" ? numbers(text) : null;
  if (
    typeof name !== "string" ||
    !Array.isArray(silent) ||
    silent.length === 0 ||
    !silent.every((each) => typeof each === "boolean") ||
    values === null ||
    values.length % silent.length !== 0 ||
    !values.every(Number.isFinite)
  )
    throw new Error("a clip of the project is damaged");
  return { name, features: { values, silent } };
}

function base64(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Null where it is no base64 of float32 numbers. */
function numbers(text: string): Float32Array | null {
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  } catch {
    return null;
  }
}
