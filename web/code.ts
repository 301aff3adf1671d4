// Source text as HTML: coloured when the site is built, so that pages need no program for it.
import Prism from "prismjs";
import loadLanguages from "prismjs/components/index.js";
import { escaped } from "./html.ts";

loadLanguages.silent = true;
loadLanguages(["wgsl", "typescript"]);

export function highlighted(text: string, language: "wgsl" | "typescript"): string {
  return `<pre class="code" tabindex="0"><code>${Prism.highlight(text, Prism.languages[language]!, language)}</code></pre>`;
}

/** Where // is no comment. */
const STRINGS = { pattern: /(["'`])(?:\\[\s\S]|(?!\1)[^\\])*\1/, greedy: true };

/** With comments alone set apart: a fifth of the size, for whole files. */
export function comments(text: string, language: "wgsl" | "typescript"): string {
  const tokens = Prism.tokenize(text, { comment: Prism.languages[language]!.comment!, string: STRINGS });
  const written = (token: (typeof tokens)[number]) =>
    typeof token === "string" || token.type !== "comment"
      ? escaped(typeof token === "string" ? token : String(token.content))
      : `<i>${escaped(String(token.content))}</i>`;
  return tokens.map(written).join("");
}
