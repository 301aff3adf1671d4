// What public names refuse, for editors: `@throws` lines in the declarations' docstrings, as the reference has them.
import { type Name, publicNames } from "../web/api/names.ts";

/** Public names by the file of src in which they are declared, "tensor/creation.ts". */
export type NamesByFile = ReadonlyMap<string, readonly Pick<Name, "name" | "errors">[]>;

/** Reads all of them from the sources, which takes seconds. */
export function namesByFile(): NamesByFile {
  const files = new Map<string, Name[]>();
  for (const name of publicNames()) {
    const file = name.place.replace(/^src\/|:\d+$/g, "");
    files.set(file, [...(files.get(file) ?? []), name]);
  }
  return files;
}

/** A file's declarations, each with what it refuses at the end of its docstring. One without a docstring stays as it is. */
export function withThrows(declarations: string, names: readonly Pick<Name, "name" | "errors">[]): string {
  let text = declarations;
  for (const { name, errors } of names) {
    if (errors.length === 0) continue;
    const [owner, member] = name.split(".").at(-1)!.split("#");
    // The methods of Tensor stand in classes of other names, one a file.
    const from = member === undefined ? 0 : Math.max(0, text.search(new RegExp(`class ${owner}\\b`)));
    const declared = new RegExp(
      String.raw`\s*\*/(?=\s*(?:export |declare |abstract |class |function |const )*${member ?? owner}\b)`,
    );
    const at = declared.exec(text.slice(from));
    if (at === null) continue;
    const line = member === undefined ? "\n " : "\n     ";
    const lines = errors.map((error) => `${line}* @throws ${typed(error)}`);
    text = `${text.slice(0, from + at.index)}${lines.join("")}${line}*/${text.slice(from + at.index + at[0].length)}`;
  }
  return text;
}

/** "RangeError: glu: …" as docstrings have it, "{RangeError} glu: …". */
const typed = (error: string): string =>
  error
    .replace(/^([^:]*): /, (_, kinds: string) => `{${kinds.replace(" or ", " | ")}} `)
    .replaceAll("*/", "* /");
