// The API reference: a page for each namespace, with every public name's signature, docstring and examples.
import * as otograd from "otograd";
import { highlighted } from "../code.ts";
import { rendered } from "../docs/markdown.ts";
import { escaped, type Page } from "../html.ts";
import { type Name, publicNames } from "./names.ts";
import { sourceLink, sourcePages } from "./source.ts";

/** A name as the search finds it: api/names.json. */
export interface Found {
  name: string;
  /** The first line of what is said of it. */
  says: string;
  /** From the reference's folder. */
  link: string;
}

/** Page by page, what stands on top of it. */
const SAYS: Record<string, string> = {
  otograd: 'What `import { … } from "otograd"` gives: tensors made and joined, gradients, weights as files.',
  Tensor: "What a tensor can do.",
  F: "The functions that layers are made of.",
  nn: "Layers, losses and modules.",
  "nn.init": "First weights.",
  "nn.utils": "Gradients clipped, parameters as one vector.",
  "nn.utils.rnn": "Sequences of different lengths in one tensor.",
  optim: "Optimizers.",
  "optim.lrScheduler": "Learning rates that change.",
  data: "Datasets and batches.",
  audio: "Spectrograms, mel bands, resampling, augmentation.",
  fft: "Fourier transforms.",
  distributions: "Distributions to draw from, with a gradient where there is one.",
  autograd: "Gradients, and operations with a gradient of one's own.",
  kernel: 'Kernels of one\'s own: what `import { … } from "otograd/kernel"` gives.',
};

/** The page that a name stands on: "F" of "F.relu", "Tensor" of "Tensor#add". */
function pageOf({ name }: Name): string {
  if (/^Tensor(#|$)/.test(name)) return "Tensor";
  return name.replace(/#.*/, "").split(".").slice(0, -1).join(".") || "otograd";
}

/** The reference's pages, and what its search knows. */
export function apiPages(): { pages: Page[]; found: Found[] } {
  const all = publicNames();
  const pages = new Map<string, Name[]>(Object.keys(SAYS).map((page) => [page, []]));
  for (const name of all) {
    const page = pages.get(pageOf(name));
    if (page === undefined) throw new Error(`web/api/pages.ts: SAYS has no page ${pageOf(name)}`);
    page.push(name);
  }
  const found = [...pages].flatMap(([page, names]) =>
    names.map((name) => ({
      name: name.name.replace("#", "."),
      says: name.says.split("\n")[0]!,
      link: `${page}.html#${anchor(page, name)}`,
    })),
  );
  const made = [listPage(pages), ...[...pages].map(([page, names]) => namesPage(page, names))];
  return { pages: [...made, ...sourcePages(all)], found };
}

/** Finds any name: search.ts. */
const SEARCH = `<div class="search" role="search">
<label for="search">Search all names <kbd>/</kbd></label>
<input id="search" type="search" autocomplete="off" spellcheck="false" role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list" data-names="names.json">
<ul id="found" role="listbox" aria-label="Names found" hidden></ul>
<p id="found-count" class="unseen" role="status"></p>
</div>`;

/** On a page, a class and its members go by the class's own name: "Linear", "Linear.forward". */
const anchor = (page: string, { name }: Name): string =>
  (name.startsWith(`${page}.`) || name.startsWith(`${page}#`) ? name.slice(page.length + 1) : name).replace(
    "#",
    ".",
  );

const isMember = (page: string, { name }: Name): boolean => name.includes("#") && page !== "Tensor";

function listPage(pages: ReadonlyMap<string, readonly Name[]>): Page {
  const section = ([page, names]: [string, readonly Name[]]) =>
    `<h2><a href="${page}.html">${page}</a></h2>
<p>${escaped(SAYS[page]!).replaceAll(/`([^`]*)`/g, "<code>$1</code>")}</p>
${listed(
  page,
  names.filter((name) => !isMember(page, name)),
  `${page}.html`,
)}`;
  return {
    path: "api/index.html",
    title: "API reference · otograd",
    description: "Every public name of otograd: signatures, shapes, errors and examples.",
    section: "API",
    program: "api",
    body: `<h1>API reference</h1>
${SEARCH}
<p class="lead">Names are PyTorch's in camelCase; what Python passes by keyword is one object of options at the end. An unknown option, a wrong type or shape is
refused by name, where the call is made. Shapes are those of the tensors that are taken, a method's own first, and given: a word is one size wherever
it stands, “...” any sizes in a row.</p>
${[...pages].map(section).join("\n")}`,
  };
}

function listed(page: string, names: readonly Name[], file: string): string {
  const link = (name: Name) =>
    `<li><a href="${file}#${escaped(anchor(page, name))}">${escaped(anchor(page, name))}</a></li>`;
  return `<ul class="names">${[...names]
    .sort((a, b) => anchor(page, a).localeCompare(anchor(page, b)))
    .map(link)
    .join("\n")}</ul>`;
}

function namesPage(page: string, names: readonly Name[]): Page {
  const own = names.filter((name) => !isMember(page, name));
  const members = (of: Name) =>
    names.filter((name) => name.name.startsWith(`${of.name}#`) && page !== "Tensor");
  return {
    path: `api/${page}.html`,
    title: `${page} · otograd's API`,
    description: SAYS[page]!.replaceAll("`", ""),
    section: "API",
    program: "api",
    body: `<p class="up"><a href="index.html">API reference</a></p>
<h1>${page}</h1>
${SEARCH}
<p class="lead">${escaped(SAYS[page]!).replaceAll(/`([^`]*)`/g, "<code>$1</code>")}</p>
${listed(page, own, "")}
${own.map((name) => entry(page, name, members(name))).join("\n")}`,
  };
}

function entry(page: string, name: Name, members: readonly Name[]): string {
  const id = escaped(anchor(page, name));
  return `<section class="entry" id="${id}">
<h2><a href="#${id}">${id}</a></h2>
${told(name)}
${place(name)}
${members.map((member) => memberEntry(page, member)).join("\n")}
</section>`;
}

function memberEntry(page: string, member: Name): string {
  const id = escaped(anchor(page, member));
  return `<h3 id="${id}">${id}</h3>
${told(member)}
${place(member)}`;
}

const place = ({ place }: Name): string =>
  `<p class="place"><a href="${escaped(sourceLink(place))}">${escaped(place)}</a></p>`;

/** Nothing here is wider than the page: code wraps, and needs no keyboard to scroll it. */
const code = (text: string): string => highlighted(text, "typescript").replace(' tabindex="0"', "");

function told({ signatures, says, shape, tags, errors, examples }: Name): string {
  const tagged = tags
    .map((tag) => /^@(\w+)\s*([\s\S]*)$/.exec(tag)!)
    .map(([, tag, text]) => `**${tag === "returns" ? "Gives" : tag === "throws" ? "Throws" : tag}** ${text}`);
  const forms = shape === "" ? [] : shape.split("; ").map((form) => `\`${form}\``);
  const shapes = forms.length === 0 ? [] : [`**Shapes** ${forms.join(" or ")}`];
  return [
    signatures.length > 0 ? code(signatures.join("\n")) : "",
    rendered([says, ...shapes, ...tagged].join("\n\n"), () => null),
    errors.length === 0
      ? ""
      : `<details class="errors"><summary>Errors</summary><ul>${errors.map((text) => `<li>${escaped(text)}</li>`).join("")}</ul></details>`,
    ...examples.map((example) => code(`${imported(example)}${example}`)),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

const EXPORTS = Object.keys(otograd).sort();

/** What an example takes from "otograd". */
function imported(example: string): string {
  const words = new Set(example.replaceAll(/\/\/.*$/gm, "").match(/(?<![.\w])[A-Za-z]\w*/g));
  const names = EXPORTS.filter((name) => words.has(name));
  return names.length === 0 ? "" : `import { ${names.join(", ")} } from "otograd";\n\n`;
}
