// Every public name with its signature and docstring, read from the sources: what the API reference shows, and what tests
// hold to be documented.
import { join, relative } from "node:path";
import {
  type ClassDeclaration,
  type JSDoc,
  type JSDocableNode,
  Node,
  Project,
  Scope,
  type SourceFile,
} from "ts-morph";
import { errorsIn } from "./errors.ts";

const ROOT = join(import.meta.dir, "../..");

export interface Name {
  /** "F.relu", "nn.Linear", "nn.Linear#forward", "optim.Adam". */
  name: string;
  kind: "function" | "class" | "method" | "field" | "value" | "type";
  /** As in the source, without what it does; of a class that of its constructor. */
  signatures: string[];
  /** The docstring's prose; "" where there is none. */
  says: string;
  /** Of what it takes and gives: `@shape`, its own or that of what it passes its tensors to; test/docs/shapes.ts reads it. */
  shape: string;
  /** Its other tags: "@returns …", "@throws …". */
  tags: string[];
  /** What it refuses, and how: errors.ts finds it. */
  errors: string[];
  /** Its `@example` blocks. */
  examples: string[];
  /** From the root, and the line. What several classes inherit is in one place. */
  place: string;
}

/** Reads the sources that `import "otograd"` leads to, and those of "otograd/kernel", whose names begin with "kernel.". */
export function publicNames(): Name[] {
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: { noLib: true, types: [], allowImportingTsExtensions: true, module: 200, target: 99 },
  });
  const index = project.addSourceFileAtPath(join(ROOT, "src/index.ts"));
  const kernel = project.addSourceFileAtPath(join(ROOT, "src/kernel.ts"));
  project.resolveSourceFileDependencies();
  errorsOf = errorsIn(project);
  const names: Name[] = [];
  const spaces = new Set<SourceFile>();
  const space = (file: SourceFile, path: string): void => {
    if (spaces.has(file)) return;
    spaces.add(file);
    for (const [key, declarations] of file.getExportedDeclarations()) {
      const [first] = declarations;
      if (Node.isSourceFile(first)) space(first, `${path}${key}.`);
      else names.push(...namesOf(path + key, declarations));
    }
  };
  space(index, "");
  space(kernel, "kernel.");
  const of = (start: string) => names.filter(({ name }) => name.startsWith(start));
  passShapes([...of("Tensor#"), ...of("F."), ...names]);
  return names;
}

/**
 * What only passes its tensors on has the shapes of what it passes them to: a function of F those of the method of its name, a
 * layer those of the function, forward its layer's.
 */
function passShapes(names: readonly Name[]): void {
  const shapes = new Map<string, string>();
  const plain = (name: string) => name.toLowerCase().replace(/loss$/, "");
  for (const one of names) {
    const { name, kind } = one;
    if (kind === "type") continue;
    if (one.shape === "") {
      if (name.startsWith("F.")) one.shape = shapes.get(name.replace("F.", "Tensor#")) ?? "";
      else if (name.endsWith("#forward")) one.shape = shapes.get(name.replace("#forward", "")) ?? "";
      else if (kind === "class") one.shape = shapes.get(plain(name.replace("nn.", "F."))) ?? "";
    }
    shapes.set(name, one.shape);
    if (name.startsWith("F.")) shapes.set(plain(name), one.shape);
  }
}

/** Of the sources that are being read. */
let errorsOf: ReturnType<typeof errorsIn> = () => [];

function namesOf(name: string, declarations: readonly Node[]): Name[] {
  const [first] = declarations;
  if (Node.isClassDeclaration(first)) return classNames(name, first);
  if (Node.isFunctionDeclaration(first)) {
    const all = first.getOverloads().length > 0 ? first.getOverloads() : [first];
    return [entry(name, "function", all, all)];
  }
  if (Node.isVariableDeclaration(first)) {
    const statement = first.getVariableStatementOrThrow();
    const made = first.getInitializer();
    const kind = Node.isArrowFunction(made) || Node.isCallExpression(made) ? "function" : "value";
    return [entry(name, kind, [first], [statement])];
  }
  if (Node.isInterfaceDeclaration(first) || Node.isTypeAliasDeclaration(first))
    return [entry(name, "type", [first], [first])];
  return [];
}

/** Whose members are told once, under their own names. */
const ROOTS = ["Module", "Error", "Tensor"];

/** A class, and what it has that is public: its own, and what it has from classes that are not public themselves. */
function classNames(name: string, of: ClassDeclaration): Name[] {
  const names = [entry(name, "class", constructorOf(of), [of])];
  const seen = new Set<string>();
  for (let at: ClassDeclaration | undefined = of; at !== undefined; at = baseOf(at)) {
    if (at !== of && ROOTS.includes(at.getName()!)) break;
    for (const member of [
      ...at.getMethods(),
      ...at.getGetAccessors(),
      ...at.getSetAccessors(),
      ...at.getProperties(),
    ]) {
      const key = member.getName();
      if (seen.has(key) || key.startsWith("[") || key.startsWith("#")) continue;
      if (member.getScope() !== Scope.Public || member.isStatic()) continue;
      if (isInternal(documented(at, key, [member]))) continue;
      seen.add(key);
      if (Node.isMethodDeclaration(member)) {
        const all = member.getOverloads().length > 0 ? member.getOverloads() : [member];
        names.push(entry(`${name}#${key}`, "method", all, documented(at, key, all)));
      } else names.push(entry(`${name}#${key}`, "field", [member], documented(at, key, [member])));
    }
  }
  return names;
}

/** A method without a docstring of its own has that of the method whose place it takes. */
function documented(of: ClassDeclaration, key: string, own: readonly Node[]): readonly Node[] {
  for (let at: ClassDeclaration | undefined = of, nodes = own; ; ) {
    if (docs(nodes).length > 0) return nodes;
    at = baseOf(at);
    if (at === undefined) return own;
    const method = at.getMethod(key);
    nodes = method === undefined ? [] : [...method.getOverloads(), method];
  }
}

function constructorOf(of: ClassDeclaration): Node[] {
  for (let at: ClassDeclaration | undefined = of; at !== undefined; at = baseOf(at)) {
    const [made] = at.getConstructors();
    if (made !== undefined) return made.getOverloads().length > 0 ? made.getOverloads() : [made];
  }
  return [];
}

function baseOf(of: ClassDeclaration): ClassDeclaration | undefined {
  const base = of.getExtends()?.getExpression();
  const symbol = base?.getSymbol();
  return (symbol?.getAliasedSymbol() ?? symbol)?.getDeclarations().find(Node.isClassDeclaration);
}

const docs = (nodes: readonly Node[]): JSDoc[] =>
  nodes.flatMap((node) => ("getJsDocs" in node ? (node as Node & JSDocableNode).getJsDocs() : []));

const isInternal = (nodes: readonly Node[]): boolean =>
  docs(nodes).some((doc) => doc.getTags().some((tag) => tag.getTagName() === "internal"));

function entry(
  name: string,
  kind: Name["kind"],
  nodes: readonly Node[],
  documentedBy: readonly Node[],
): Name {
  const all = docs(documentedBy);
  const tags = all.flatMap((doc) => doc.getTags());
  const says = (text: string) => text.replaceAll(/\r/g, "").trim();
  const at = documentedBy[0] ?? nodes[0]!;
  return {
    name,
    kind,
    signatures: nodes.map((node) => signature(name, node)),
    says: says(all.map((doc) => doc.getDescription()).join("\n")),
    shape: tags
      .filter((tag) => tag.getTagName() === "shape")
      .map((tag) => says(tag.getCommentText() ?? "").replaceAll(/\s+/g, " "))
      .join("; "),
    tags: tags
      .filter((tag) => !["example", "shape"].includes(tag.getTagName()))
      .map((tag) => says(`@${tag.getTagName()} ${tag.getCommentText() ?? ""}`)),
    errors: errorsOf(nodes, name),
    examples: tags
      .filter((tag) => tag.getTagName() === "example")
      .map((tag) => says(tag.getCommentText() ?? "")),
    place: `${relative(ROOT, at.getSourceFile().getFilePath())}:${at.getStartLineNumber()}`,
  };
}

/** A declaration's text up to what it does, in one line where it was in several. */
function signature(name: string, node: Node): string {
  const last = name.split(/[.#]/).at(-1)!;
  const line = (text: string) =>
    text
      .replaceAll(/\s*\/\*\*[\s\S]*?\*\/\s*/g, " ") // docstrings of options
      .replaceAll(/\s+/g, " ")
      .replaceAll(/,?\s*\.\.\.more: never\[\]/g, "")
      .replaceAll(/\(\s+/g, "(")
      .replaceAll(/,?\s+\)/g, ")")
      .trim();
  if (Node.isVariableDeclaration(node)) {
    const made = node.getInitializer();
    if (Node.isArrowFunction(made)) {
      const text = made.getText().slice(0, made.getEqualsGreaterThan().getPos() - made.getStart());
      return line(`${last}${text.replace(/^async\s+/, "")}`);
    }
    const type = node.getType();
    const alias = type.getAliasSymbol()?.getDeclarations().find(Node.isTypeAliasDeclaration);
    const f = alias?.getTypeNode(); // what a name for functions of one kind stands for says more
    if (Node.isFunctionTypeNode(f)) return line(`${last}${f.getText().replace(/\) =>/, "):")}`);
    return line(`${last}: ${node.getTypeNode()?.getText() ?? type.getText(node)}`);
  }
  if (Node.isInterfaceDeclaration(node) || Node.isTypeAliasDeclaration(node))
    return node.getText().replace(/^export /, "");
  const body = "getBody" in node ? (node as unknown as { getBody(): Node | undefined }).getBody() : undefined;
  const text = node.getText().slice(0, body === undefined ? undefined : body.getPos() - node.getStart());
  return line(text)
    .replace(/^(export|readonly|override|abstract|async|function|get|set|public|\s)+(?=[\w[])/, "")
    .replace(/^constructor\b/, `new ${last}`)
    .replaceAll(/\b(readonly|override) (?=\w+\??:)/g, "")
    .replace(/;$/, "");
}

// As a program it prints them as JSON: what the compiler holds of all sources goes with the process.
if (import.meta.main) process.stdout.write(JSON.stringify(publicNames()));
