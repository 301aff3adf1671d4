// The program of the pages of kernels: runs the proofs, and shows how they end.
import type { Event } from "../../test/everywhere/start.ts";
import { MARK } from "../../test/everywhere/start.ts";
import { prepareRun } from "../shell/runner.ts";
import type { Order } from "./worker.ts";

for (const part of document.querySelectorAll<HTMLElement>(".run")) prepare(part);

function prepare(part: HTMLElement): void {
  const bar = part.querySelector<HTMLProgressElement>("progress")!;
  const text = part.querySelector<HTMLTextAreaElement>("textarea");
  const tests = part.dataset.tests!.split(" ");
  const own = text?.value ?? "";

  const begin = prepareRun<string>(part, {
    program: "kernels-worker",
    begins: "Opening the GPU …",
    fails: "The checks could not be run",
    order() {
      const edits = text !== null && text.value !== own ? { [part.dataset.file!]: text.value } : {};
      return { tests, edits } satisfies Order;
    },
    running(is) {
      bar.hidden = !is;
      bar.value = 0;
    },
    take({ show, say, end }) {
      let [passed, all] = [0, 0];
      let adapter = "this GPU";
      const files = new Set<string>();
      return (line) => {
        if (!line.startsWith(MARK)) return show(line);
        const event = JSON.parse(line.slice(MARK.length)) as Event;
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
          say(`${passed} of ${all} so far`);
        } else if (event.error !== null) end(event.error.split("\n")[0]!, false);
        else end(`${adapter} passes ${passed} of ${all}`, passed === all);
      };
    },
  });

  const edit = part.querySelector<HTMLButtonElement>(".edit");
  edit?.addEventListener("click", () => {
    part.querySelector<HTMLElement>(".editor")!.hidden = false;
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
