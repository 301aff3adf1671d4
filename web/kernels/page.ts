// The program of the pages of kernels: runs the proofs, and shows how they end.
import type { Event } from "../../test/everywhere/start.ts";
import { MARK } from "../../test/everywhere/start.ts";
import type { Order } from "./worker.ts";

for (const run of document.querySelectorAll<HTMLElement>(".run")) prepare(run);

function prepare(run: HTMLElement): void {
  const find = <E extends HTMLElement>(selector: string) => run.querySelector<E>(selector);
  const [start, stop, edit] = [".start", ".stop", ".edit"].map((name) => find<HTMLButtonElement>(name));
  const verdict = find(".verdict")!;
  const log = find(".log")!;
  const bar = find<HTMLProgressElement>("progress")!;
  const editor = find(".editor");
  const text = find<HTMLTextAreaElement>("textarea");
  const tests = run.dataset.tests!.split(" ");
  const own = text?.value ?? "";
  let worker: Worker | null = null;

  const end = (says: string, right: boolean | null) => {
    worker?.terminate();
    worker = null;
    verdict.textContent = says;
    verdict.dataset.right = right === null ? "" : String(right);
    start!.disabled = false;
    stop!.hidden = true;
    bar.hidden = true;
  };

  const begin = () => {
    worker?.terminate();
    start!.disabled = true;
    stop!.hidden = false;
    bar.hidden = false;
    log.hidden = false;
    log.textContent = "";
    let [passed, all] = [0, 0];
    let adapter = "this GPU";
    const files = new Set<string>();
    verdict.textContent = "Opening the GPU …";
    verdict.dataset.right = "";
    bar.value = 0;
    worker = new Worker(new URL("./kernels-worker.js", import.meta.url), { type: "module" });
    worker.onerror = ({ message }) => end(`The checks could not be run: ${message}`, false);
    worker.onmessage = ({ data }: MessageEvent<string>) => {
      if (!data.startsWith(MARK)) return show(data);
      const event = JSON.parse(data.slice(MARK.length)) as Event;
      if (event.kind === "adapter") {
        adapter = event.adapter;
        show(`on ${adapter}`);
      } else if (event.kind === "test") {
        const { file, title, error } = event.outcome;
        all++;
        if (error === null) passed++;
        else show(`FAILS  ${title}\n       ${error}`);
        files.add(file);
        bar.value = files.size / tests.length;
        verdict.textContent = `${passed} of ${all} so far`;
      } else if (event.error !== null) end(event.error.split("\n")[0]!, false);
      else end(`${adapter} passes ${passed} of ${all}`, passed === all);
    };
    const edits = text !== null && text.value !== own ? { [run.dataset.file!]: text.value } : {};
    worker.postMessage({ tests, edits } satisfies Order);
  };

  const show = (line: string) => {
    log.append(`${line}\n`);
    log.scrollTop = log.scrollHeight;
  };

  start!.addEventListener("click", begin);
  stop!.addEventListener("click", () => end("Stopped", null));
  edit?.addEventListener("click", () => {
    editor!.hidden = false;
    edit.hidden = true;
    text!.focus();
  });
  // A changed kernel is checked as soon as nobody types.
  let waiting: ReturnType<typeof setTimeout> | undefined;
  text?.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(begin, 800);
  });
}
