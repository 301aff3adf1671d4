// The program of the pages of examples.
import { prepareRun } from "../shell/runner.ts";
import type { Said } from "./worker.ts";

for (const part of document.querySelectorAll<HTMLElement>(".run"))
  prepareRun<Said>(part, {
    program: "examples-worker",
    begins: "Running …",
    fails: "It could not be run",
    order: () => part.dataset.example,
    take({ show, end }) {
      const began = performance.now();
      let learned = "";
      return (said) => {
        if ("line" in said) {
          if (said.line.startsWith("=> ")) learned = said.line.slice(3);
          show(said.line);
        } else if (said.end !== null) end(said.end, false);
        else end(`${learned}, in ${((performance.now() - began) / 1000).toFixed(1)} s`, true);
      };
    },
  });
