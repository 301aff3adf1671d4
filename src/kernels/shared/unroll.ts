// Writes out the loops of a WGSL program that have to be unrolled in its text: WGSL wants constants where a
// register tile names its rows (array sizes, subgroupShuffle's lane). In the program,
//
//     //: for r in 0..ROWS          or, for a list of values,     //: for ROWS in 8 16 32
//       … $r … ${r % 8} …
//     //: end
//
// repeats the lines between for every value. An expression in ${ } may use the loop variables, numbers and
// + - * / % ( ), with whole-number division; $r is short for ${r}.

/** The program with its `//:` loops written out. Throws where a loop is not closed or an expression is not one. */
export function unroll(source: string, variables: Record<string, number> = {}): string {
  const out: string[] = [];
  const lines = source.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const loop = /^\s*\/\/: for (\w+) in (.+)$/.exec(lines[i]!);
    if (loop === null) {
      out.push(substitute(lines[i]!, variables));
      continue;
    }
    const end = endOf(lines, i);
    const body = lines.slice(i + 1, end).join("\n");
    for (const value of valuesOf(loop[2]!, variables))
      out.push(unroll(body, { ...variables, [loop[1]!]: value }));
    i = end;
  }
  return out.join("\n");
}

/** The line of the `//: end` that closes the loop opened on line `start`. */
function endOf(lines: readonly string[], start: number): number {
  let depth = 0;
  for (let i = start; i < lines.length; i++) {
    if (/^\s*\/\/: for /.test(lines[i]!)) depth++;
    if (/^\s*\/\/: end/.test(lines[i]!) && --depth === 0) return i;
  }
  throw new SyntaxError(`unroll: the loop "${lines[start]!.trim()}" has no "//: end"`);
}

function valuesOf(range: string, variables: Record<string, number>): number[] {
  const [from, to] = range.split("..");
  if (to === undefined)
    return range
      .trim()
      .split(/\s+/)
      .map((text) => evaluate(text, variables));
  const first = evaluate(from!, variables);
  return Array.from({ length: evaluate(to, variables) - first }, (_, i) => first + i);
}

function substitute(line: string, variables: Record<string, number>): string {
  return line.replace(/\$\{([^}]+)\}|\$(\w+)/g, (_, expression, name) =>
    String(evaluate(expression ?? name, variables)),
  );
}

/** Whole-number arithmetic: a term is a number, a variable or a parenthesis. */
function evaluate(text: string, variables: Record<string, number>): number {
  const tokens = text.match(/\w+|[-+*/%()]/g) ?? [];
  let at = 0;
  const term = (): number => {
    const token = tokens[at++] ?? "nothing";
    if (token === "(") {
      const value = sum();
      if (tokens[at++] !== ")") throw new SyntaxError(`unroll: a ")" is missing in "${text}"`);
      return value;
    }
    const value = /^\d+$/.test(token) ? Number(token) : variables[token];
    if (value === undefined)
      throw new SyntaxError(`unroll: "${token}" in "${text}" is neither a number nor a loop variable`);
    return value;
  };
  const product = (): number => {
    let value = term();
    while (["*", "/", "%"].includes(tokens[at]!)) {
      const operator = tokens[at++];
      const right = term();
      value = operator === "*" ? value * right : operator === "/" ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (["+", "-"].includes(tokens[at]!)) value += tokens[at++] === "+" ? product() : -product();
    return value;
  };
  const value = sum();
  if (at !== tokens.length) throw new SyntaxError(`unroll: "${text}" is not an expression`);
  return value;
}
