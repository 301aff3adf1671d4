// Mutants: copies of a kernel with one operator, constant, index or bound changed, to ask whether its check can fail.
// Comments, attributes, types and the defaults of `override` constants (which the host sets) are left alone.

export interface Mutant {
  /** Where in the text, and how long what is replaced. */
  at: number;
  length: number;
  replacement: string;
  line: number;
  /** The function of WGSL that it is in; "" outside of all. */
  within: string;
  /** The line without and with the change. */
  from: string;
  to: string;
}

const SWAPPED: Record<string, readonly string[]> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["/"],
  "<": ["<=", ">"],
  "<=": ["<"],
  ">": [">=", "<"],
  ">=": [">"],
  "==": ["!="],
  "!=": ["=="],
  "===": ["!=="],
  "!==": ["==="],
  "&&": ["||"],
  "||": ["&&"],
  "<<": [">>"],
  ">>": ["<<"],
  "&": ["|"],
  "|": ["&"],
  "^": ["|"],
  "+=": ["-="],
  "-=": ["+="],
  "*=": ["/="],
  min: ["max"],
  max: ["min"],
  sin: ["cos"],
  cos: ["sin"],
  floor: ["ceil"],
  true: ["false"],
  false: ["true"],
};

const TOKEN =
  /[A-Za-z_]\w*|(?:0x[0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)[uifh]?|<<=|>>=|[=!]==?|[-+*/%&|^<>]=|&&|\|\||<<|>>|\+\+|--|->|=>|\?\?|[-+*/%<>&|^=!?:;,.(){}[\]@`"']/g;

/** The text with everything blanked, position by position, that is no code to change. */
function blanked(text: string, patterns: readonly RegExp[]): string {
  let code = text;
  for (const pattern of patterns) code = code.replace(pattern, (found) => found.replace(/[^\n]/g, " "));
  return code;
}

const COMMENTS = /\/\/.*$|\/\*[\s\S]*?\*\//gm;

const wgslOnly = (text: string): string =>
  blanked(text, [
    COMMENTS,
    /@\w+(?:\([^)]*\))?/g, // bindings, workgroup sizes, built-ins
    /\boverride\b[^;]*;/g,
    /\b(?:enable|requires|diagnostic)\b[^;]*;/g,
    /\bstruct\s+\w+\s*\{[^}]*\}/g,
    /\bvar\s*<[^>]*>/g,
    /\b(?:array|vec[234]|mat\dx\d|ptr|atomic|bitcast)\s*<[^;(){}]*?>+(?=\s*[({;,)=&]|$)/gm,
    /\bvec[234][fuih]\b/g,
  ]);

/** Of TypeScript, the bodies of what computes gradients. */
function gradientsOnly(text: string): string {
  // Words, and unions of numbers, which are types.
  const code = blanked(text, [COMMENTS, /"[^"\n]*"|`[^`]*`/g, /:\s*\d+(?:\s*\|\s*\d+)+/g]);
  const keep = new Uint8Array(text.length);
  for (const { index } of code.matchAll(/^\s*(?:function\s+)?\w*[bB]ackward\w*(?:<[^>]*>)?\s*\(/gm)) {
    const open = code.indexOf("{", closing(code, code.indexOf("(", index)));
    if (open >= 0) keep.fill(1, open, closing(code, open));
  }
  return [...code].map((letter, i) => (keep[i] === 1 || letter === "\n" ? letter : " ")).join("");
}

/** The place behind the bracket that closes the one at `open`. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if ("([{".includes(code[i]!)) depth++;
    else if (")]}".includes(code[i]!) && --depth === 0) return i + 1;
  }
  return code.length;
}

function changed(token: string, before: string): readonly string[] {
  if (/^\d|^\.\d/.test(token)) return constants(token);
  if (token === "-" && /^$|[-+*/%<>&|^=!?:;,([{]$|\breturn$/.test(before)) return [" "]; // a sign
  return SWAPPED[token] ?? [];
}

function constants(token: string): readonly string[] {
  const [, digits, suffix] = /^(.*?)([uifh]?)$/.exec(token) as unknown as [string, string, string];
  if (digits.startsWith("0x"))
    return [`0x${(Number(token.replace(/[ui]$/, "")) + 1).toString(16)}${/u$/.test(token) ? "u" : ""}`];
  const value = Number(digits);
  if (/^\d+$/.test(digits)) return [`${value + 1}${suffix}`, ...(value > 0 ? [`${value - 1}${suffix}`] : [])];
  const float = (x: number) => `${Number.isInteger(x) ? x.toFixed(1) : x}${suffix}`;
  return value === 0 ? [float(1)] : [float(value * 1.25), float(-value)];
}

/** All changes of a kernel's WGSL, or of the gradient in its TypeScript half. */
export function mutants(text: string, language: "wgsl" | "ts"): Mutant[] {
  const code = language === "wgsl" ? wgslOnly(text) : gradientsOnly(text);
  const found: Mutant[] = [];
  const add = (at: number, length: number, replacement: string) => {
    const start = text.lastIndexOf("\n", at) + 1;
    const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    const after = `${text.slice(start, at)}${replacement}${text.slice(at + length, end)}`;
    const line = text.slice(0, at).split("\n").length;
    found.push({
      at,
      length,
      replacement,
      line,
      within,
      from: text.slice(start, end).trim(),
      to: after.trim(),
    });
  };
  let before = "";
  let within = "";
  const brackets: string[] = [];
  for (const match of code.matchAll(TOKEN)) {
    const [token] = match;
    if (before === "fn") within = token;
    if (token === "[") brackets.push(/[\w)\]]$/.test(before) ? "index" : "list");
    const index = token === "]" && brackets.pop() === "index" && language === "wgsl";
    // In TypeScript, these may be a type's.
    const type =
      language === "ts" &&
      ("&|".includes(token) ||
        ("<>".includes(token) && code.slice(match.index - 1, match.index + 2) !== ` ${token} `));
    if (index) add(match.index, 1, " + 1]");
    else if (!type && before !== ".")
      for (const to of changed(token, before)) add(match.index, token.length, to);
    before = token;
  }
  return found;
}

export function mutated(text: string, { at, length, replacement }: Mutant): string {
  return text.slice(0, at) + replacement + text.slice(at + length);
}
