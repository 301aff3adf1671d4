// Source text as HTML: coloured when the site is built, so that pages need no program for it.
import Prism from "prismjs";
import loadLanguages from "prismjs/components/index.js";

loadLanguages.silent = true;
loadLanguages(["wgsl", "typescript"]);

export function highlighted(text: string, language: "wgsl" | "typescript"): string {
  return `<pre class="code" tabindex="0"><code>${Prism.highlight(text, Prism.languages[language]!, language)}</code></pre>`;
}
