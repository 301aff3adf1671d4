// Names of what modules hold, by PyTorch's spelling, and lists of them in texts.

/** The name of what is held by what has a name: "blocks.0". */
export function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** Lists each thing once, under the first of its names. */
export function unique<T>(entries: [name: string, thing: T][]): [name: string, thing: T][] {
  const seen = new Set<T>();
  return entries.filter(([, thing]) => !seen.has(thing) && seen.add(thing));
}

export function quote(name: string): string {
  return `"${name}"`;
}

/** Some things in a text, and how many more there are. */
export function list(items: string[], most = 3): string {
  const rest = items.length - most;
  return items.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
