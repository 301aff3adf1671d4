// The Train page.
import { DEFAULT_RECIPE, recipes } from "../../src/train/recipes/index.ts";
import { escaped, type Page } from "../html.ts";

/** The command line's own, but small: it learns in a minute without a GPU, too. */
const RECIPE = DEFAULT_RECIPE;
const SMALL = "network.filters=20 network.hidden=[100] masks=null";

/** Fields by the command line's names. */
const FIELDS = [
  { name: "fold", label: "Fold that tests", value: "5", hint: "" },
  { name: "epochs", label: "Epochs", value: "20", hint: "the recipe's" },
  { name: "batch-size", label: "Batch size", value: "20", hint: "the recipe's" },
  { name: "lr", label: "Learning rate", value: "0.01", hint: "the recipe's" },
  { name: "seed", label: "Seed", value: "1", hint: "1" },
];

export function trainPage(): Page {
  const own = recipes.filter(({ network }) => network.kind === "piczak");
  const options = own.map(
    ({ name, description }) =>
      `<option value="${name}"${name === RECIPE ? " selected" : ""}>${name}: ${escaped(description)}</option>`,
  );
  const field = ({ name, label, value, hint }: (typeof FIELDS)[number]) =>
    `<p class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" type="text" inputmode="${name === "fold" ? "text" : "decimal"}" autocomplete="off" value="${value}"${hint === "" ? "" : ` placeholder="${hint}"`}></p>`;
  return {
    path: "train/index.html",
    title: "Train · otograd",
    description:
      "A convolutional network trained in the page, on synthetic sounds or on ESC-50: its curves, confusions and filters as they change.",
    section: "Train",
    program: "train",
    body: `<h1>Train a network</h1>
<p class="lead">Piczak's convolutional network learns to tell sounds apart, in this page, by the program's own trainer: the same recipe and
seed give the same curve on the command line.</p>
<form class="order">
<fieldset class="sounds">
<legend>Sounds</legend>
<p class="controls"><strong class="data">Synthetic: 8 kinds, 160 clips</strong>
<button type="button" class="synthetic" hidden>Take the synthetic sounds</button></p>
<p class="controls"><label class="button">ESC-10 or ESC-50 as a ZIP <input type="file" accept=".zip" class="archive"></label>
<label class="button">… or its folder <input type="file" webkitdirectory class="folder"></label>
<label class="check" hidden><input type="checkbox" class="esc10"> ESC-10's ten classes alone</label></p>
</fieldset>
<fieldset>
<legend>Training</legend>
<p class="field wide"><label for="recipe">Recipe</label><select id="recipe" name="recipe">${options.join("")}</select></p>
<div class="fields">${FIELDS.map(field).join("\n")}</div>
<p class="field wide"><label for="set">Settings instead of the recipe's; a small network learns quickly everywhere, empty is the recipe's own</label><input id="set" name="set" type="text" autocomplete="off" spellcheck="false" autocapitalize="off" value="${SMALL}"></p>
</fieldset>
<p class="controls"><button type="submit" data-wants-gpu class="primary start">Train</button>
<button type="button" class="stop" hidden>Stop</button>
<button type="button" class="go-on" hidden>Go on</button>
<button type="button" class="run-folder" disabled>Download the run</button></p>
</form>
<p class="verdict" data-right="" role="status"></p>
<progress hidden max="1" value="0" aria-label="How far the training is"></progress>
<p class="small standing"></p>
<div class="charts">
<figure><figcaption>Loss <strong class="now-loss"></strong></figcaption><svg class="chart loss" viewBox="0 0 480 260" role="img" aria-label="Training loss by epoch: nothing yet"></svg></figure>
<figure><figcaption>Accuracy on the fold that tests <strong class="now-accuracy"></strong></figcaption><svg class="chart accuracy" viewBox="0 0 480 260" role="img" aria-label="Clip accuracy by epoch: nothing yet"></svg></figure>
</div>
<div class="learned" hidden>
<section>
<h2>What is taken for what</h2>
<p class="small">Rows are what a clip is, columns what it is told to be, by the network as it is now.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion"></table></div>
</section>
<section>
<h2>First-layer filters</h2>
<p class="small">What each looks for: on the left in the log-mel picture, low bands at the bottom, on the right in its change over time. Orange counts for it,
purple against it.</p>
<p class="small"><label class="check"><input type="checkbox" class="changes" checked> Only what training has changed in them</label></p>
<div class="filters" role="img" aria-label="The filters of the first convolution"></div>
</section>
</div>
<details class="numbers" hidden><summary>The numbers of each epoch</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Numbers by epoch"><table class="epochs"><thead><tr><th scope="col">Epoch</th><th scope="col">Loss</th><th scope="col">Accuracy</th><th scope="col">by majority</th><th scope="col">of segments</th><th scope="col">Seconds</th></tr></thead><tbody></tbody></table></div></details>
<h2>The same on the command line</h2>
<pre class="code command" tabindex="0"><code></code></pre>
<p class="small">A downloaded run, unpacked into a folder, is for <code>bun run evaluate</code>, <code>predict</code>, <code>export</code> and
<code>report</code>, and <code>bun run train --resume</code> goes on with it.</p>
<details class="log-of"><summary>What it says on the way</summary>
<pre class="log" tabindex="0" aria-label="What it says on the way"></pre></details>`,
  };
}
