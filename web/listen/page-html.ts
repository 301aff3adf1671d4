// The Listen page.
import { need } from "../hearing/need.ts";
import type { Page } from "../html.ts";

export function listenPage(): Page {
  return {
    path: "listen/index.html",
    title: "Listen · otograd",
    description:
      "What your microphone or a file hears, named live by a network in the page, from hand-written WGSL.",
    section: "Listen",
    program: "listen",
    body: `<h1>Listen</h1>
<p class="lead">A scrolling picture of what is heard, computed by the same WGSL that trains networks, and its names: out of AudioSet's 527, or those of a network that you trained.</p>
${need("A run of your own needs them not.")}
<p class="controls"><button type="button" data-wants-gpu class="primary microphone">Use the microphone</button>
<label class="button">A sound file <input type="file" accept="audio/*" data-wants-gpu class="file"></label></p>
<p class="controls">A run of your own: <label class="button">its folder <input type="file" webkitdirectory data-wants-gpu class="run-folder"></label>
<label class="button">its ZIP archive <input type="file" accept=".zip" data-wants-gpu class="run-zip"></label>
<button type="button" class="close-run" hidden>AudioSet's classes again</button></p>
<p class="small">Or drop it on this page: what <code>bun run train</code> left, or what <a href="../teach/index.html">Teach</a> downloads. <span class="hears" role="status"></span></p>
<p class="verdict" data-right="" role="status"></p>
<canvas class="picture" width="1000" height="256" role="img" aria-label="The log-mel picture of the last seconds: time from left to right, pitch from bottom to top"></canvas>
<p class="small"><label>Level <meter class="level" min="-80" max="0" low="-60" value="-80"></meter></label> <span class="speed"></span></p>
<h2>What is heard</h2>
<ol class="bars heard" aria-label="The likeliest classes"></ol>`,
  };
}
