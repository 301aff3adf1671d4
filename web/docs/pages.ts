// The project's documents as pages: tutorials, guides, and why things are as they are.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { escaped, type Page } from "../html.ts";
import { rendered } from "./markdown.ts";

const ROOT = join(import.meta.dir, "../..");

/** What is read first, in this order. */
const TUTORIALS = ["docs/first-network.md", "docs/custom-kernels.md", "docs/from-pytorch.md"];
const OF_THE_PROJECT = ["ARCHITECTURE.md", "CONTRIBUTING.md", "FEATURES.md", "CHANGELOG.md"];

interface Document {
  /** From the project's root: "docs/audio.md". */
  file: string;
  text: string;
  title: string;
  /** Its first paragraph's first sentence. */
  says: string;
}

export function docPages(): Page[] {
  const inFolder = (folder: string) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .sort()
      .map((name) => `${folder}/${name}`);
  const guides = inFolder("docs").filter((file) => !TUTORIALS.includes(file));
  const groups = {
    "To begin with": TUTORIALS,
    Guides: guides,
    "The project": OF_THE_PROJECT,
    "Why it is as it is": inFolder("docs/decisions"),
  };
  const all = Object.entries(groups).map(([name, files]) => [name, files.map(read)] as [string, Document[]]);
  const known = new Set(all.flatMap(([, documents]) => documents.map(({ file }) => file)));
  return [listPage(all), ...all.flatMap(([, documents]) => documents.map((each) => docPage(each, known)))];
}

function read(file: string): Document {
  const text = readFileSync(join(ROOT, file), "utf8");
  const title = /^# (.+)$/m.exec(text)?.[1] ?? file;
  // One that goes on from a command above it begins small.
  const paragraph = (text.split(/\n\s*\n/).find((part) => /^[\p{L}`"[*]/u.test(part)) ?? "").replace(
    /^\p{Ll}/u,
    (letter) => letter.toUpperCase(),
  );
  const says = paragraph
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "")
    .replaceAll(/\s+/g, " ")
    .replace(/^Decided in .*?\)[^.]*\. /, "")
    .split(/(?<=[.:])\s/)[0]!
    .replace(/:$/, ".");
  return { file, text, title: title.replaceAll("`", ""), says };
}

/** Where a document lies on the site: those of the project's root stand beside those of docs/. */
const pageOf = (file: string): string => `docs/${file.replace(/^docs\//, "").replace(/\.md$/, ".html")}`;

function docPage({ file, text, title, says }: Document, known: ReadonlySet<string>): Page {
  const page = pageOf(file);
  const linked = (href: string): string | null => {
    if (/^https?:|^#/.test(href)) return href;
    const [path, anchor] = href.split("#");
    const to = normalize(join(dirname(file), path!));
    if (!known.has(to)) return null; // a file of the sources
    return `${relative(dirname(page), pageOf(to))}${anchor === undefined ? "" : `#${anchor}`}`;
  };
  return {
    path: page,
    title: `${title} · otograd`,
    description: says,
    section: "Docs",
    body: `<p class="up"><a href="${relative(dirname(page), "docs/index.html")}">Docs</a></p>
<article class="prose">
${rendered(text, linked)}</article>`,
  };
}

function listPage(groups: readonly [string, readonly Document[]][]): Page {
  const card = ({ file, title, says }: Document) =>
    `<li><a href="${relative("docs", pageOf(file))}">${escaped(title)}</a><p>${escaped(says)}</p></li>`;
  return {
    path: "docs/index.html",
    title: "Docs · otograd",
    description: "Tutorials, guides, the API reference, and why otograd is as it is.",
    section: "Docs",
    body: `<h1>Docs</h1>
<p class="lead">Begin with a network of your own, write a kernel, or look up what PyTorch's names are here. <a href="../api/index.html">The API reference</a> has
every public name.</p>
${groups.map(([name, documents]) => `<h2>${name}</h2>\n<ul class="cards">\n${documents.map(card).join("\n")}\n</ul>`).join("\n")}`,
  };
}
