// The program of the pages of kernels: runs the proofs and takes the times, and shows how they end, in the list of
// kernels too; all that was found can be downloaded.
import type { Event } from "../../test/everywhere/start.ts";
import { MARK } from "../../test/everywhere/start.ts";
import { download } from "../shell/download.ts";
import { prepareRun, type Run } from "../shell/runner.ts";
import { boundLoops, MOST_TURNS } from "./loops.ts";
import type { Timed } from "./measure.ts";
import type { Order, Told } from "./worker.ts";

/** What is downloaded. */
const found = {
  adapter: "",
  browser: navigator.userAgent,
  /** Whether a kernel's WGSL was changed on the page. */
  changed: false,
  checks: [] as { file: string; title: string; error: string | null }[],
  times: [] as Timed[],
};

/** A changed kernel that is silent for so long holds the GPU, or has far too much to do. */
const PATIENCE = {
  seconds: 60,
  says: "Given up: the changed kernel has said nothing for a minute. If nothing runs after it, open the browser anew",
};

const text = document.querySelector<HTMLTextAreaElement>("textarea");
const own = text?.value ?? "";
const changed = () => text !== null && text.value !== own;
const edits = (file: string | undefined): Order["edits"] => (changed() ? { [file!]: text!.value } : {});

const parts = [...document.querySelectorAll<HTMLElement>(".run")];
/** One at a time: a time that is taken beside other work is none. */
let busy: HTMLElement | null = null;
const begins = parts.map((part) =>
  part.dataset.kernels === undefined ? prepareCheck(part) : prepareTimes(part),
);

/** The parts that a check and a timing have in common. */
function common(part: HTMLElement) {
  const bar = part.querySelector<HTMLProgressElement>("progress")!;
  return {
    bar,
    program: "kernels-worker",
    patience: () => (changed() ? PATIENCE : null),
    running(is: boolean) {
      busy = is ? part : null;
      bar.hidden = !is;
      bar.value = 0;
      for (const other of parts)
        if (other !== part) other.querySelector<HTMLButtonElement>(".start")!.disabled = is;
      const save = document.querySelector<HTMLButtonElement>(".save")!;
      if (!is) save.hidden = found.checks.length + found.times.length === 0;
    },
  };
}

function prepareCheck(part: HTMLElement): () => void {
  const { bar, ...rest } = common(part);
  const tests = part.dataset.tests!.split(" ");
  const take = ({ show, say, end }: Run) => {
    let [passed, all] = [0, 0];
    let adapter = "this GPU";
    const files = new Set<string>();
    found.checks = [];
    found.changed = changed();
    return (line: string) => {
      if (!line.startsWith(MARK)) return show(line);
      const event = JSON.parse(line.slice(MARK.length)) as Event;
      if (event.kind === "adapter") {
        adapter = event.adapter;
        found.adapter = adapter;
        show(`on ${adapter}`);
      } else if (event.kind === "test") {
        const { file, title, error } = event.outcome;
        found.checks.push({ file, title, error });
        all++;
        if (error === null) passed++;
        else show(`FAILS  ${title}\n       ${error}`);
        files.add(file);
        bar.value = files.size / tests.length;
        say(`${passed} of ${all} so far`);
        inList();
      } else {
        if (passed < all && changed() && boundLoops(text!.value).loops > 0)
          show(`A loop of a changed kernel is broken off after ${MOST_TURNS.toLocaleString("en")} turns.`);
        if (event.error !== null) end(event.error.split("\n")[0]!, false);
        else end(`${adapter} passes ${passed} of ${all}`, passed === all);
      }
    };
  };
  return prepareRun<string>(part, {
    ...rest,
    begins: "Opening the GPU …",
    fails: "The checks could not be run",
    order: () => ({ tests, kernels: null, edits: edits(part.dataset.file) }) satisfies Order,
    take,
  });
}

function prepareTimes(part: HTMLElement): () => void {
  const { bar, ...rest } = common(part);
  const kernels = part.dataset.kernels!.split(" ");
  const take = ({ show, say, end }: Run) => {
    let [count, done] = [0, 0];
    let adapter = "this GPU";
    found.times = [];
    found.changed = changed();
    return (told: Told) => {
      if (told.kind === "adapter") {
        ({ adapter, count } = told);
        found.adapter = adapter;
        show(`on ${adapter}`);
        if (changed()) show("as it was changed, its loops counted, which costs a little");
      } else if (told.kind === "timed") {
        found.times.push(told.timed);
        rates.set(told.timed.kernel, told.rate);
        show(told.line);
        bar.value = ++done / count;
        say(`${told.timed.kernel}: ${told.rate}`);
        inList();
      } else if (told.error !== null) end(told.error.split("\n")[0]!, false);
      else if (count === 0) end(`Nothing is run by this program on ${adapter}: others suit it better`, null);
      else if (count === 1) end(`${[...rates.values()][0]} on ${adapter}`, true);
      else end(`${count} calls timed on ${adapter}`, true);
    };
  };
  return prepareRun<Told>(part, {
    ...rest,
    begins: "Opening the GPU …",
    fails: "The times could not be taken",
    order: () => ({ tests: [], kernels, edits: edits(part.dataset.file) }) satisfies Order,
    take,
  });
}

/** Rates as they are shown, by kernel. */
const rates = new Map<string, string>();

/** Says beside each kernel of the list what is known of it by now. */
function inList(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-proofs]")) {
    const files = place.dataset.proofs!.split(" ");
    const checks = found.checks.filter(({ file }) => files.includes(file));
    const passed = checks.filter(({ error }) => error === null).length;
    const rate = rates.get(place.dataset.kernel!);
    place.textContent = [...(checks.length > 0 ? [`passes ${passed} of ${checks.length}`] : []), rate ?? []]
      .flat()
      .join(" · ");
    place.dataset.right = checks.length === 0 ? "" : String(passed === checks.length);
  }
}

document
  .querySelector(".save")!
  .addEventListener("click", () =>
    download(`${JSON.stringify(found, null, 2)}\n`, "application/json", "otograd-kernels.json"),
  );

const edit = document.querySelector<HTMLButtonElement>(".edit");
edit?.addEventListener("click", () => {
  document.querySelector<HTMLElement>(".editor")!.hidden = false;
  edit.hidden = true;
  text!.focus();
});
// A changed kernel is checked as soon as nobody types.
let waiting: ReturnType<typeof setTimeout> | undefined;
const checkSoon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => (busy === parts[1] ? checkSoon() : begins[0]!()), 800);
};
text?.addEventListener("input", checkSoon);
