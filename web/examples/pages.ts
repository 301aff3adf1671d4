// The pages of examples: each one's source, and a button that runs it.
import { highlighted } from "../code.ts";
import { escaped, type Page } from "../html.ts";
import { type Example, examples } from "./list.ts";

export function examplePages(): Page[] {
  const all = examples();
  return [listPage(all), ...all.map(examplePage)];
}

function listPage(all: readonly Example[]): Page {
  const card = ({ name, says }: Example) =>
    `<li><a href="${name}.html">${name}</a><p>${escaped(says)}</p></li>`;
  return {
    path: "examples/index.html",
    title: "Examples · otograd",
    description: "Small models that learn something in under a minute, in this page.",
    section: "Examples",
    body: `<h1>Examples</h1>
<p class="lead">${all.length} small models by other people's names. Each learns something in about a minute, on your GPU, in the page.</p>
<ul class="cards">
${all.map(card).join("\n")}
</ul>`,
  };
}

function examplePage({ name, says, text }: Example): Page {
  return {
    path: `examples/${name}.html`,
    title: `${name} · otograd's examples`,
    description: says,
    section: "Examples",
    program: "examples",
    body: `<p class="up"><a href="index.html">Examples</a></p>
<h1>${name}</h1>
<p class="lead">${escaped(says)}</p>
<div class="run" data-example="examples/${name}.ts">
<p><button type="button" data-wants-gpu class="primary start">Run it</button> <button type="button" class="stop" hidden>Stop</button></p>
<p class="verdict" data-right="" role="status"></p>
<pre class="log" tabindex="0" aria-label="What it prints" hidden></pre>
</div>
${highlighted(text, "typescript")}`,
  };
}
