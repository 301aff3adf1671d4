// What TypeScript reads out of a WGSL program, so that it is written once: the members of `struct Params`, and the
// numbers of constants such as `const ADD = 0u;`.
import { firstLine } from "./errors.ts";

/** How a member of `Params` is written: a number, or eight (`array<vec4u, 2>`: a number a dimension) or sixteen of them. */
export type ParamType = "u32" | "i32" | "f32" | "array<vec4u,2>" | "array<vec4u,4>";

/** A member of `struct Params`, and how many bytes from its beginning it lies. */
export interface Param {
  readonly name: string;
  readonly type: ParamType;
  readonly offset: number;
}

/** [bytes it takes, what its offset is a multiple of]: WGSL's specification, "Alignment and Size". */
const LAYOUT: Record<ParamType, readonly [size: number, align: number]> = {
  u32: [4, 4],
  i32: [4, 4],
  f32: [4, 4],
  "array<vec4u,2>": [32, 16],
  "array<vec4u,4>": [64, 16],
};

/** Bytes that a member of this type takes. */
export function sizeOfType(type: ParamType): number {
  return LAYOUT[type][0];
}

function withoutComments(code: string): string {
  return code.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, "");
}

/**
 * The members of a program's `struct Params`; none where it has no such struct.
 * @throws Error for a member of a type that `launch` cannot write. `kernel` names it in the message.
 */
export function paramsOf(code: string, kernel: string): Param[] {
  const body = /\bstruct\s+Params\s*\{([^}]*)\}/.exec(withoutComments(code))?.[1] ?? "";
  let end = 0;
  return [...body.matchAll(/(\w+)\s*:\s*(\w+(?:\s*<[^>]*>)?)/g)].map(([, name, written]) => {
    const type = written!.replace(/\s/g, "") as ParamType;
    const layout = LAYOUT[type];
    if (layout === undefined) {
      const known = Object.keys(LAYOUT).join(", ");
      throw new Error(`kernel ${kernel}: Params.${name} is of type ${written}; launch() writes ${known}`);
    }
    const offset = Math.ceil(end / layout[1]) * layout[1];
    end = offset + layout[0];
    return { name: name!, type, offset };
  });
}

/** The entry points of a program: the names of its `@compute … fn`. */
function entryPointsOf(code: string): string[] {
  const found = withoutComments(code).matchAll(/@compute\b[^;{}]*?\bfn\s+(\w+)/g);
  return [...found].map(([, entry]) => entry!);
}

/**
 * Throws where a program that is fixed cannot be launched as its kernel says: an entry point that it does not have, or
 * uniforms that are no `struct Params`.
 */
export function checkProgram(code: string, kernel: string, entries: readonly string[]): void {
  const points = entryPointsOf(code);
  for (const entry of entries)
    if (!points.includes(entry))
      throw new Error(
        `kernel ${kernel}: its WGSL has no entry point "@compute … fn ${entry}"${points.length > 0 ? `; it has ${points.join(", ")}` : ""}`,
      );
  const uniform = /\bvar\s*<\s*uniform\s*>\s*\w+\s*:\s*([\w<>, ]+?)\s*;/.exec(withoutComments(code))?.[1];
  if (uniform !== undefined && uniform !== "Params")
    throw new Error(
      `kernel ${kernel}: its uniforms are of type ${uniform}; launch() writes those of a "struct Params", at group 1, binding 0`,
    );
}

/** What a compiler says of a place in a program that is made of parts, which it sees joined, in one line. */
export function compileError(
  kernel: string,
  parts: readonly string[],
  { message, lineNum }: { message: string; lineNum: number },
): string {
  const what = firstLine(message);
  let line = lineNum;
  for (const [i, part] of parts.entries()) {
    const lines = part.split("\n");
    if (line >= 1 && line <= lines.length) {
      const where = parts.length > 1 ? `line ${line} of its part ${i + 1}` : `line ${line}`;
      return `kernel ${kernel} does not compile: ${what}, in ${where}: ${lines[line - 1]!.trim()}`;
    }
    line -= lines.length;
  }
  return `kernel ${kernel} does not compile: ${what}`;
}

/** How many bytes the members take. */
export function sizeOfParams(params: readonly Param[]): number {
  const last = params.at(-1);
  return last === undefined ? 0 : last.offset + LAYOUT[last.type][0];
}

/**
 * The number of `const NAME = 3u;` in a program, for a name in camelCase: "leakyRelu" is LEAKY_RELU's.
 * @throws Error where the program has no such constant. `kernel` names it in the message.
 */
export function constantOf(code: string, camelCase: string, kernel: string): number {
  const name = camelCase.replace(/[A-Z]/g, "_$&").toUpperCase();
  const found = new RegExp(`\\bconst\\s+${name}\\s*=\\s*(\\d+)u?\\s*;`).exec(withoutComments(code))?.[1];
  if (found === undefined) throw new Error(`kernel ${kernel}: its WGSL has no "const ${name} = …u;"`);
  return Number(found);
}
