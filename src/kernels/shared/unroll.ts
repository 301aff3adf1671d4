// Writes out the loops of a WGSL program that have to be unrolled in its text: WGSL wants constants where a
// register tile names its rows (array sizes, subgroupShuffle's lane). In the program,
//
//     //: for r in 0..ROWS          or, for a list of values,     //: for ROWS in 8 16 32
//       … $r … ${r % 8} …
//     //: end
//
// repeats the lines between for every value. An expression in ${ } may use the loop variables, numbers and
// + - * / % ( ), with whole-number division; $r is short for ${r}.

const DIRECTIVE = /^\s*\/\/:/;
const LOOP = /^\s*\/\/: for (\w+) in (.+)$/;
const END = /^\s*\/\/: end\s*$/;

/**
 * The program with its `//:` loops written out.
 * @throws SyntaxError, which names the line, where a loop and its end do not match or an expression is not one
 */
export function unroll(source: string, variables: Record<string, number> = {}): string {
  const lines = source.split("\n");
  return write(lines, 0, lines.length, variables).join("\n");
}

/** The lines from index `from` up to `to`, written out. */
function write(
  lines: readonly string[],
  from: number,
  to: number,
  variables: Record<string, number>,
): string[] {
  const out: string[] = [];
  for (let i = from; i < to; i++) {
    const line = lines[i]!;
    if (!DIRECTIVE.test(line)) {
      out.push(onLine(i, () => substitute(line, variables)));
      continue;
    }
    if (END.test(line)) throw refusal(i, `this "//: end" closes no loop`);
    const [, name, range] = LOOP.exec(line) ?? [];
    if (name === undefined || range === undefined)
      throw refusal(i, `"${line.trim()}" is neither "//: for NAME in …" nor "//: end"`);
    const end = endOf(lines, i);
    for (const value of onLine(i, () => valuesOf(range, variables)))
      out.push(...write(lines, i + 1, end, { ...variables, [name]: value }));
    i = end;
  }
  return out;
}

/** The line of the `//: end` that closes the loop opened on line `start`. */
function endOf(lines: readonly string[], start: number): number {
  let depth = 0;
  for (let i = start; i < lines.length; i++) {
    if (LOOP.test(lines[i]!)) depth++;
    if (END.test(lines[i]!) && --depth === 0) return i;
  }
  throw refusal(start, `the loop "${lines[start]!.trim()}" has no "//: end"`);
}

function refusal(index: number, what: string): SyntaxError {
  return new SyntaxError(`unroll: line ${index + 1}: ${what}`);
}

/** What is read on a line; where it is not to be read, the error says which line that is. */
function onLine<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw refusal(index, (error as Error).message);
  }
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
      if (tokens[at++] !== ")") throw new SyntaxError(`a ")" is missing in "${text}"`);
      return value;
    }
    const value = /^\d+$/.test(token) ? Number(token) : variables[token];
    if (value === undefined)
      throw new SyntaxError(`"${token}" in "${text}" is neither a number nor a loop variable`);
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
  if (at !== tokens.length) throw new SyntaxError(`"${text}" is not an expression`);
  return value;
}
