// What public names refuse, read from the sources: every error that a call can come to before it computes, in the words that
// are thrown, "…" standing for what only the call knows.
import {
  type CallExpression,
  type ClassDeclaration,
  Node,
  type Project,
  type SourceFile,
  SyntaxKind,
} from "ts-morph";

/** What is known of a function's parameters: the texts that it was called with. */
type Known = ReadonlyMap<string, string>;

const DEEP = 5;

/** Gives what finds a declaration's errors, each "RangeError: glu: …". */
export function errorsIn(project: Project): (nodes: readonly Node[], name: string) => string[] {
  const functions = new Map<string, Node[]>();
  const methods = new Map<string, Node[]>();
  const classes = new Map<string, ClassDeclaration>();
  const add = (to: Map<string, Node[]>, name: string, node: Node) => {
    to.set(name, [...(to.get(name) ?? []), node]);
  };
  for (const file of project.getSourceFiles())
    for (const statement of file.getStatements()) {
      if (Node.isFunctionDeclaration(statement)) add(functions, statement.getName() ?? "", statement);
      if (Node.isVariableStatement(statement))
        for (const made of statement.getDeclarations()) add(functions, made.getName(), made);
      if (Node.isClassDeclaration(statement)) classes.set(statement.getName() ?? "", statement);
      if (Node.isClassDeclaration(statement))
        for (const method of statement.getMethods()) add(methods, method.getName(), method);
    }
  const imports = new Map<SourceFile, Map<string, { from: SourceFile | undefined; name: string }>>();
  const importsOf = (file: SourceFile) => {
    let all = imports.get(file);
    if (all === undefined) {
      all = new Map();
      for (const line of file.getImportDeclarations())
        for (const one of line.getNamedImports()) {
          const name = one.getName();
          all.set(one.getAliasNode()?.getText() ?? name, { from: line.getModuleSpecifierSourceFile(), name });
        }
      imports.set(file, all);
    }
    return all;
  };
  /** What a name stands for in a file. */
  const pick = (from: Map<string, Node[]>, called: string, near: Node): Node | undefined => {
    const file = near.getSourceFile();
    const one = (from === functions && importsOf(file).get(called)) || { from: file, name: called };
    const all = from.get(one.name) ?? [];
    return all.find((node) => node.getSourceFile() === one.from) ?? (all.length === 1 ? all[0] : undefined);
  };

  const known = new Map<Node, Node[]>();
  /** What is called and made in a function, looked for once. */
  const callsIn = (node: Node): Node[] => {
    let calls = known.get(node);
    if (calls === undefined) {
      const kinds = [SyntaxKind.CallExpression, SyntaxKind.NewExpression] as const;
      calls = kinds.flatMap((kind): Node[] => node.getDescendantsOfKind(kind));
      known.set(node, calls);
    }
    return calls;
  };

  return (nodes, name) => {
    const last = name.split(/[.#]/).at(-1)!;
    // A layer's forward passes on what functions refuse.
    const own =
      last === "forward"
        ? /^(?!internal|otograd)\w+[:. ]/
        : new RegExp(`^(\\w+\\.)?(${last}|${name.split("#")[0]!.split(".").at(-1)})[:. ]`);
    const found = new Set<string>();
    const seen = new Map<Node, Set<string>>();
    const visit = (node: Node, known: Known, depth: number): void => {
      const way = [...known].join(";");
      const ways = seen.get(node) ?? new Set();
      if (depth > DEEP || ways.has(way)) return;
      seen.set(node, ways.add(way));
      const on = (next: Node | undefined, call?: CallExpression) => {
        if (next !== undefined)
          visit(next, call === undefined ? new Map() : given(next, call, known), depth + 1);
      };
      for (const inner of callsIn(node)) {
        if (Node.isNewExpression(inner)) {
          const made = inner.getExpression().getText();
          const kind = made === "kind" ? "TypeError or RangeError" : made;
          const says = written(inner.getArguments()[0], known).replace(/^…(?=:)/, last);
          if (/Error$/.test(kind) && own.test(says) && !/its forward returns/.test(says))
            found.add(`${kind}: ${says}`);
        }
        if (!Node.isCallExpression(inner)) continue;
        const called = inner.getExpression();
        if (Node.isIdentifier(called)) {
          const f = pick(functions, called.getText(), inner);
          const made = Node.isVariableDeclaration(f) ? f.getInitializer() : undefined;
          if (Node.isCallExpression(made) && made.getExpression().getText() === "takes")
            found.add(`TypeError: ${last}: there is no option …`);
          else on(f, inner);
        } else if (called.getKind() === SyntaxKind.SuperKeyword) {
          const base = inner
            .getFirstAncestor(Node.isClassDeclaration)
            ?.getExtends()
            ?.getExpression()
            .getText();
          on(classes.get(base ?? "")?.getConstructors()[0], inner);
        } else if (Node.isCallExpression(called) && called.getExpression().getText() === "takes")
          found.add(`TypeError: ${last}: there is no option …`);
        else if (Node.isPropertyAccessExpression(called)) {
          const of = called.getExpression().getText();
          if (of === "this") on(pick(methods, called.getName(), inner), inner);
          else if (of === "F")
            on(
              functions
                .get(called.getName())
                ?.find((f) => /nn\/functional\//.test(f.getSourceFile().getFilePath())),
              inner,
            );
          else if (called.getName() === last && /^\w+$/.test(of)) on(pick(methods, last, inner), inner);
        }
        for (const argument of inner.getArguments()) {
          const op = Node.isIdentifier(argument) && /Op$/.test(argument.getText()) ? argument : undefined;
          if (op === undefined) continue;
          const text = op.getText();
          const object = pick(functions, text, inner)?.getFirstDescendantByKind(
            SyntaxKind.ObjectLiteralExpression,
          );
          on(object?.getProperty("forward"));
        }
      }
    };
    for (const node of nodes.map(implementation)) visit(node, new Map(), 0);
    const said = [...found].map((text) =>
      text.replace(/…+/g, "…").replace(/(an argument is left over: ).*/, "$1…"),
    );
    return [...new Set(said)]
      .filter((text) => !/: (…|.*(an|the) object of options.*)$/.test(text) || /: got …$|over: …$/.test(text))
      .sort();
  };
}

/** What does it, of overloads that only say what is done. */
const implementation = (node: Node): Node =>
  Node.isFunctionDeclaration(node) || Node.isMethodDeclaration(node) || Node.isConstructorDeclaration(node)
    ? (node.getImplementation() ?? node)
    : node;

/** What a call says of a function's parameters. */
function given(to: Node, call: CallExpression, known: Known): Known {
  const f = Node.isVariableDeclaration(to) ? to.getInitializer() : to;
  const parameters = f !== undefined && Node.isParametered(f) ? f.getParameters() : [];
  const args = call.getArguments();
  return new Map(
    parameters.flatMap((parameter, i) => {
      const text = args[i] === undefined ? "…" : written(args[i], known);
      return text === "…" ? [] : [[parameter.getName(), text] as const];
    }),
  );
}

/** A text as far as the source tells it. */
function written(node: Node | undefined, known: Known): string {
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) return node.getLiteralText();
  if (Node.isIdentifier(node)) return known.get(node.getText()) ?? "…";
  if (Node.isTemplateExpression(node))
    return (
      node.getHead().getLiteralText() +
      node
        .getTemplateSpans()
        .map((span) => written(span.getExpression(), known) + span.getLiteral().getLiteralText())
        .join("")
    );
  if (Node.isBinaryExpression(node))
    return `${written(node.getLeft(), known)}${written(node.getRight(), known)}`.replace(/…+/g, "…");
  return "…";
}
