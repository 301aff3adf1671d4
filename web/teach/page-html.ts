// The Teach page.
import { need } from "../hearing/need.ts";
import type { Page } from "../html.ts";

export function teachPage(): Page {
  return {
    path: "teach/index.html",
    title: "Teach · otograd",
    description: "Sounds of your own: a few recordings of each, a network taught in seconds, in the page.",
    section: "Teach",
    program: "teach",
    body: `<h1>Teach it sounds of your own</h1>
<p class="lead">One recording of each sound is enough to begin, ten are better. A network that has heard two million clips listens to them; a layer on what it
knows is trained here, in seconds. Nothing leaves your machine.</p>
${need("Without them a small network learns from your recordings alone, from scratch: it wants more of them, and more time.")}
<h2>1 · Sounds</h2>
<div class="classes"></div>
<p class="controls"><button type="button" class="add">Add a sound</button></p>
<h2>2 · Teach</h2>
<p class="controls"><button type="button" data-wants-gpu class="primary teach" disabled>Teach</button></p>
<p class="verdict" data-right="" role="status"></p>
<progress hidden max="1" value="0" aria-label="How far it is"></progress>
<svg class="curve" viewBox="0 0 600 160" role="img" aria-label="The loss, epoch by epoch" hidden><polyline fill="none" stroke="currentColor" stroke-width="2" points=""></polyline></svg>
<h2>3 · Try</h2>
<p class="controls"><button type="button" class="microphone" disabled>Use the microphone</button>
<label class="button">Sound files <input type="file" accept="audio/*" multiple class="file" disabled></label></p>
<p class="answer verdict" data-right="" role="status"></p>
<ol class="bars heard" aria-label="The likeliest sounds"></ol>
<ul class="answers" aria-label="What each file is"></ul>
<h2>Keep</h2>
<p class="controls"><button type="button" class="save" disabled>Save this project</button>
<button type="button" class="run-folder" disabled>Download it as a run</button>
<button type="button" class="onnx" disabled>Download it as ONNX</button>
<label class="button">Load a project <input type="file" accept=".json" class="load"></label></p>
<p class="small">A project has what the network knows of each recording, not the sounds. A run, unpacked into a folder, is for
<code>bun run predict</code>, <code>listen</code> and <code>export</code>, or for <a href="../listen/index.html">Listen</a>. ONNX is for other programs:
ONNX Runtime runs it, from a sound's samples to the probabilities.</p>`,
  };
}
