// Columns of a table on a terminal, where a letter may be two columns wide, or none.

/** The text with spaces behind it up to so many columns. */
export function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - Bun.stringWidth(text)));
}

/** How many columns the widest takes. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => Bun.stringWidth(text)));
}
