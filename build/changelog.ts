// CHANGELOG.md at a release: what was unreleased gets the version and the day.

/** What a version brought, as its section says, without the heading. */
export function notesOf(changelog: string, version: string): string {
  const [, notes] = split(changelog, version);
  return notes;
}

/**
 * The changelog in which what stood under Unreleased is a version's. What stands there before the first heading of
 * changes is about the time before the release, and goes.
 */
export function released(changelog: string, version: string, day: string): string {
  const [before, notes, after] = split(changelog, "Unreleased");
  if (before.includes(`## [${version}]`) || after.includes(`## [${version}]`))
    throw new Error(`CHANGELOG.md has a section of ${version} already`);
  const changes = notes.search(/^### /m);
  if (changes < 0) throw new Error("CHANGELOG.md has nothing under Unreleased: say there what changed");
  const rest = after === "" ? "" : `\n${after}`;
  return `${before}## [Unreleased]\n\n## [${version}] - ${day}\n\n${notes.slice(changes)}\n${rest}`;
}

/** What stands before a section, in it without its heading, and after it. */
function split(changelog: string, name: string): [before: string, section: string, after: string] {
  const lines = changelog.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`## [${name}]`));
  if (start < 0) throw new Error(`CHANGELOG.md has no section "## [${name}]"`);
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith("## "));
  const end = length < 0 ? lines.length : start + 1 + length;
  const text = (from: number, to: number) => lines.slice(from, to).join("\n");
  return [start === 0 ? "" : `${text(0, start)}\n`, text(start + 1, end).trim(), text(end, lines.length)];
}
