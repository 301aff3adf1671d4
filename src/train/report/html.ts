// HTML that cannot be broken by what it is filled with: html`<p>${name}</p>` escapes every value that is not itself
// made by html`…`.

/** A piece of HTML, safe to put into a page. */
export class Html {
  constructor(private readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

export type Content = Html | string | number | null | readonly Content[];

/** A template whose values are escaped; null stands for nothing, a list for its items one after the other. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.reduce((text, part, i) => text + render(values[i - 1]!) + part));
}

function render(value: Content): string {
  if (value === null) return "";
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(render).join("");
  return Bun.escapeHTML(String(value));
}

/** 0.7875 as "78.8%". */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)}%` : "–";
}

/** An ISO 8601 time as "2026-01-31 15:30 UTC"; anything else as it is. */
export function readableDate(iso: string): string {
  return iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):[\d.]+Z$/, "$1 $2 UTC");
}
