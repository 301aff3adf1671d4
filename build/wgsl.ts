// WGSL for shipping: the same program in fewer characters. Comments and needless spaces go, and names that are declared
// inside a function become single letters. All that TypeScript reads or sets by name stays as it is: entry points,
// overrides, constants, bindings and members of structs; so do the loops of unroll.ts, and names that they write out.

/** A word, with the `$i` and `${…}` of an unrolled loop that are part of it. */
const WORD = String.raw`(?:\w|\$\{[^}]+\}|\$\w+)+`;
/** What is no name of this function's: built-in values and members. The rest are words. */
const WORDS = new RegExp(String.raw`@builtin\(\w+\)|[.@]\s*\w+|${WORD}`, "g");
/** A function, which begins and ends at a line's beginning, or takes one line. */
const FUNCTION = /^(?:@[^;\n]*\s)?fn (?:.*\}$|.*\n(?:.*\n)*?\}$)/gm;
const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const SHORT = [...LETTERS, ...LETTERS.map((letter) => `${letter}_`)];
/** Characters that another one behind them could turn into a different operator. */
const OPERATOR = /[-+<>=&|/*!]/;

/** The program, minified. */
export function minifyWgsl(source: string): string {
  const bare = source.replace(/\/\/(?!: ).*$/gm, "").replace(/[ \t]+$/gm, "");
  return withoutSpaces(bare.replace(FUNCTION, withShortNames));
}

function withShortNames(code: string): string {
  const lines = code.split("\n");
  const isCode = (line: string) => !/^\s*\/\/: /.test(line);
  const text = lines.filter(isCode).join("\n");
  const head = text.slice(0, text.indexOf("{"));
  const declared = new Set([
    ...[...head.matchAll(/[(,)]\s*([A-Za-z_]\w*)\s*:/g)].map(([, name]) => name!),
    ...[...text.matchAll(/\b(?:let|const|var(?:<[^>]*>)?)\s+([A-Za-z_]\w*)\b(?!\$)/g)].map(
      ([, name]) => name!,
    ),
  ]);
  const words = new Set(text.match(WORDS));
  // A loop that writes `part$i` writes `part0` out too, which stays as it is then.
  const stems = [...words].flatMap((word) => (/[^$]\$/.test(word) ? [word.slice(0, word.indexOf("$"))] : []));
  const isWrittenOut = (word: string) =>
    stems.some((stem) => word.startsWith(stem) && /^\d+$/.test(word.slice(stem.length)));
  // A name that is called is a function's, of this file or of one that it is joined with.
  const names = [...words].filter(
    (word) => declared.has(word) && !isWrittenOut(word) && !new RegExp(String.raw`\b${word}\s*\(`).test(text),
  );
  const free = SHORT.filter((name) => !words.has(name) || names.includes(name));
  if (free.length < names.length) return code;
  const short = new Map(names.map((name, i) => [name, free[i]!]));
  return lines
    .map((line) => (isCode(line) ? line.replace(WORDS, (word) => short.get(word) ?? word) : line))
    .join("\n");
}

/** A loop's lines stay lines of their own; all else is put into one. */
function withoutSpaces(code: string): string {
  const out: string[] = [];
  let joined = "";
  const end = () => {
    if (joined.trim() !== "") out.push(squeezed(joined.trim()));
    joined = "";
  };
  for (const line of code.split("\n")) {
    if (/^\s*\/\/: /.test(line)) {
      end();
      out.push(line.trim());
    } else joined += `${line}\n`;
  }
  end();
  return out.join("\n");
}

function squeezed(code: string): string {
  const tokens = code.match(new RegExp(String.raw`${WORD}|\s+|[^\w\s$]`, "g"))!;
  let out = "";
  for (const [i, token] of tokens.entries()) {
    if (token.trim() !== "") out += token;
    else if (needsSpace(tokens[i - 1]!, tokens[i + 1]!)) out += " ";
  }
  return out;
}

function needsSpace(before: string, after: string): boolean {
  const isWord = (token: string) => /[\w$]/.test(token);
  return (isWord(before) && isWord(after)) || (OPERATOR.test(before) && OPERATOR.test(after));
}
