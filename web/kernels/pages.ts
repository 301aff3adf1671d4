// The pages of kernels: a list of all, and each one's maths, program, launch, proof and speed, to be read without a GPU.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../test/mutate/draw.ts";
import { highlighted } from "../code.ts";
import { escaped, type Page } from "../html.ts";
import { type Shown, shownKernels } from "./list.ts";

export function kernelPages(): Page[] {
  const kernels = shownKernels().filter(({ tests }) => tests.length > 0);
  return [listPage(kernels), ...kernels.map(kernelPage)];
}

function listPage(kernels: readonly Shown[]): Page {
  const rooms = Map.groupBy(kernels, ({ room }) => room);
  const section = ([room, members]: [string, Shown[]]) => `<section>
<h2>${escaped(room)}</h2>
<ul class="cards">
${members.map(card).join("\n")}
</ul>
</section>`;
  const tests = [...new Set(kernels.flatMap(({ tests }) => tests))].sort();
  return {
    path: "kernels/index.html",
    title: "Kernels · otograd",
    description: "Every WGSL kernel of otograd, its maths, and its proof on your own GPU.",
    section: "Kernels",
    program: "kernels",
    body: `<h1>Kernels</h1>
<p class="lead">All that otograd computes, it computes with these ${kernels.length} WGSL programs. Each is compared with plain float64 loops, forward and
gradient, on drawn shapes, in memory that was filled with NaN first. Here that is done on the GPU that you have, and timed there.</p>
<div class="run" data-tests="${escaped(tests.join(" "))}">
<p><button type="button" data-wants-gpu class="primary start">Check all kernels on this GPU</button> <button type="button" class="stop" hidden>Stop</button></p>
<p class="verdict" data-right="" role="status"></p>
<progress hidden max="1" value="0" aria-label="Tests that have run"></progress>
<pre class="log" tabindex="0" aria-label="What the tests print" hidden></pre>
</div>
${times(kernels.map(({ name }) => name).join(" "), "Time all kernels on this GPU")}
${[...rooms].map(section).join("\n")}`,
  };
}

const SAVE = `<p><button type="button" class="save" hidden>Download what was found (JSON)</button></p>`;

/** Files of WGSL with an entry point are programs; others are joined to them. */
const isTimed = (wgsl: string) => readFileSync(join(ROOT, wgsl), "utf8").includes("@compute");

/** The part that takes the times of kernels. */
function times(kernels: string, button: string, file = ""): string {
  return `<div class="run" data-kernels="${escaped(kernels)}" data-file="${escaped(file)}">
<p><button type="button" data-wants-gpu class="start">${button}</button> <button type="button" class="stop" hidden>Stop</button></p>
<p class="verdict" data-right="" role="status"></p>
<progress hidden max="1" value="0" aria-label="Calls that were timed"></progress>
<pre class="log" tabindex="0" aria-label="Times" hidden></pre>
</div>
${SAVE}`;
}

function card({ name, says, tests }: Shown): string {
  const sentence = says
    .split(/(?<=[\p{Ll}\d)][.:])\s/u)[0]!
    .replaceAll("\n", " ")
    .replace(/:$/, ".");
  return `<li><a href="${name}.html">${name}</a><p>${escaped(sentence)}</p><p class="found" data-kernel="${name}" data-proofs="${escaped(tests.join(" "))}" data-right=""></p></li>`;
}

function kernelPage({ name, wgsl, half, tests, text, room }: Shown): Page {
  const source = (file: string) => highlighted(readFileSync(join(ROOT, file), "utf8"), "typescript");
  return {
    path: `kernels/${name}.html`,
    title: `${name} · otograd's kernels`,
    description: `The WGSL kernel ${name} of otograd: its maths, its launch and its proof.`,
    section: "Kernels",
    program: "kernels",
    body: `<p class="up"><a href="index.html">Kernels</a> / ${escaped(room)}</p>
<h1>${name}</h1>
<div class="run" data-tests="${escaped(tests.join(" "))}" data-file="${wgsl}">
<p><button type="button" data-wants-gpu class="primary start">Check it on this GPU</button> <button type="button" class="edit">Change it</button> <button type="button" class="stop" hidden>Stop</button></p>
<p class="verdict" data-right="" role="status"></p>
<progress hidden max="1" value="0" aria-label="Tests that have run"></progress>
<div class="editor" hidden>
<label for="edited">${wgsl}, as it is checked:</label>
<textarea id="edited" spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" rows="24">${escaped(text)}</textarea>
</div>
<pre class="log" tabindex="0" aria-label="What the tests print" hidden></pre>
</div>
${isTimed(wgsl) ? times(name, "Time it on this GPU", wgsl) : `<p class="small">No program by itself: it is joined to those that are timed with it.</p>${SAVE}`}
<h2>${wgsl}</h2>
${highlighted(text, "wgsl")}
${half === null ? "" : `<details><summary>Its launch and gradient: ${half}</summary>${source(half)}</details>`}
${tests.map((test) => `<details><summary>Its proof: ${test}</summary>${source(test)}</details>`).join("\n")}`,
  };
}
