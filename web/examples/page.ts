// The program of the pages of examples.
import type { Said } from "./worker.ts";

const run = document.querySelector<HTMLElement>(".run");
if (run !== null) prepare(run);

function prepare(run: HTMLElement): void {
  const [start, stop] = [".start", ".stop"].map((name) => run.querySelector<HTMLButtonElement>(name)!);
  const verdict = run.querySelector<HTMLElement>(".verdict")!;
  const log = run.querySelector<HTMLElement>(".log")!;
  let worker: Worker | null = null;

  const end = (says: string, right: boolean | null) => {
    worker?.terminate();
    worker = null;
    verdict.textContent = says;
    verdict.dataset.right = right === null ? "" : String(right);
    start!.disabled = false;
    stop!.hidden = true;
  };

  start!.addEventListener("click", () => {
    start!.disabled = true;
    stop!.hidden = false;
    log.hidden = false;
    log.textContent = "";
    verdict.textContent = "Running …";
    verdict.dataset.right = "";
    const began = performance.now();
    let learned = "";
    worker = new Worker(new URL("./examples-worker.js", import.meta.url), { type: "module" });
    worker.onerror = ({ message }) => end(`It could not be run: ${message}`, false);
    worker.onmessage = ({ data }: MessageEvent<Said>) => {
      if ("line" in data) {
        if (data.line.startsWith("=> ")) learned = data.line.slice(3);
        log.append(`${data.line}\n`);
        log.scrollTop = log.scrollHeight;
      } else if (data.end !== null) end(data.end, false);
      else end(`${learned}, in ${((performance.now() - began) / 1000).toFixed(1)} s`, true);
    };
    worker.postMessage(run.dataset.example);
  });
  stop!.addEventListener("click", () => end("Stopped", null));
}
