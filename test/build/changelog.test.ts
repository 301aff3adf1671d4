// A release's section of the changelog, and the one version of everything.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { notesOf, released } from "../../build/changelog.ts";
import manifest from "../../package.json";

const BEFORE = `# Changelog

Words.

## [Unreleased]

Not out yet.

### Added

- A thing.

## [0.1.0] - 2026-01-02

### Added

- The first.
`;

test("what was unreleased becomes a version's, and its notes can be had", () => {
  const after = released(BEFORE, "0.2.0", "2026-03-04");
  expect(after).toBe(`# Changelog

Words.

## [Unreleased]

## [0.2.0] - 2026-03-04

### Added

- A thing.

## [0.1.0] - 2026-01-02

### Added

- The first.
`);
  expect(notesOf(after, "0.2.0")).toBe("### Added\n\n- A thing.");
  expect(notesOf(after, "0.1.0")).toBe("### Added\n\n- The first.");
});

test("a release of nothing, or of a version that there was, is refused", () => {
  const after = released(BEFORE, "0.2.0", "2026-03-04");
  expect(() => released(after, "0.3.0", "2026-03-05")).toThrow("nothing under Unreleased");
  expect(() => released(BEFORE, "0.1.0", "2026-03-05")).toThrow("has a section of 0.1.0 already");
  expect(() => released("# Changelog\n", "0.1.0", "2026-03-05")).toThrow('no section "## [Unreleased]"');
});

test("the repository's own changelog can be released", () => {
  const changelog = readFileSync(join(import.meta.dir, "../../CHANGELOG.md"), "utf8");
  expect(notesOf(released(changelog, "99.0.0", "2099-01-01"), "99.0.0")).toStartWith("### ");
});

test("the citation has package.json's version", () => {
  const citation = readFileSync(join(import.meta.dir, "../../CITATION.cff"), "utf8");
  expect(citation).toContain(`\nversion: ${manifest.version}\n`);
});
