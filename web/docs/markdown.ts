// Markdown as HTML: the project's documents, and the prose of docstrings.
import { Marked } from "marked";
import { highlighted } from "../code.ts";
import { escaped } from "../html.ts";

const COLOURED: Record<string, "typescript" | "wgsl"> = { ts: "typescript", js: "typescript", wgsl: "wgsl" };

/** A heading as it is named in a link: "The way of a tensor" → "the-way-of-a-tensor". */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/<[^>]*>|&\w+;|[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s+/g, "-");

/** `linked` gives where a link leads, or null where it leads nowhere on the site: its words stay. */
export function rendered(markdown: string, linked: (href: string) => string | null): string {
  const marked = new Marked({
    gfm: true,
    renderer: {
      code: ({ text, lang }) =>
        COLOURED[lang ?? ""] === undefined
          ? `<pre class="code" tabindex="0"><code>${escaped(text)}</code></pre>\n`
          : `${highlighted(text, COLOURED[lang!]!)}\n`,
      heading({ tokens, depth }) {
        const text = this.parser.parseInline(tokens);
        return `<h${depth} id="${slug(text)}">${text}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const to = linked(href);
        return to === null ? text : `<a href="${escaped(to)}">${text}</a>`;
      },
      image: ({ text }) => escaped(text),
      html: ({ text }) => escaped(text), // the documents have none
      table(token) {
        const row = (cells: typeof token.header, tag: string) =>
          `<tr>${cells.map((cell) => (cell.text === "" ? "<td></td>" : `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`)).join("")}</tr>`;
        const named = token.header.some((cell) => cell.text !== "");
        const head = named ? `<thead>${row(token.header, "th")}</thead>` : "";
        return `<div class="table" tabindex="0" role="group" aria-label="Table"><table>${head}<tbody>${token.rows.map((each) => row(each, "td")).join("\n")}</tbody></table></div>\n`;
      },
    },
  });
  return marked.parse(markdown, { async: false });
}
