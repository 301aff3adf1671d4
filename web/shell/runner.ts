// What runs in a worker at a button of a page: the button, one that stops it, a log, and how it ended.

/** One run's part of what a Runner does. */
export interface Run {
  /** Adds a line to the log. */
  show(line: string): void;
  /** Says how far it is. */
  say(says: string): void;
  /** Ends it. `right`: whether it went well; null where that is not to be said. */
  end(says: string, right: boolean | null): void;
}

export interface Task<Message> {
  /** The worker's program, beside the page's. */
  program: string;
  /** What is said while nothing has come yet. */
  begins: string;
  /** What a failure of the worker itself is said with. */
  fails: string;
  /** What the worker is sent. */
  order(): unknown;
  /** Takes the worker's messages of a new run. */
  take(run: Run): (message: Message) => void;
  /** Seconds after which a worker that says nothing is given up, and what is said then; null: it may take as long as it will. */
  patience?(): { seconds: number; says: string } | null;
  /** Is told when a run begins and ends. */
  running?(is: boolean): void;
}

/** Makes the buttons of a `.run` work, and gives what begins a run by other means; one that lasts is given up for it. */
export function prepareRun<Message>(part: HTMLElement, task: Task<Message>): () => void {
  const [start, stop] = [".start", ".stop"].map((name) => part.querySelector<HTMLButtonElement>(name)!);
  const verdict = part.querySelector<HTMLElement>(".verdict")!;
  const log = part.querySelector<HTMLElement>(".log")!;
  let worker: Worker | null = null;
  let silent: ReturnType<typeof setTimeout> | undefined;

  const say = (says: string, right: boolean | null = null) => {
    verdict.textContent = says;
    verdict.dataset.right = right === null ? "" : String(right);
  };
  const end = (says: string, right: boolean | null) => {
    clearTimeout(silent);
    worker?.terminate();
    worker = null;
    say(says, right);
    start!.disabled = false;
    stop!.hidden = true;
    task.running?.(false);
  };
  const show = (line: string) => {
    log.append(`${line}\n`);
    log.scrollTop = log.scrollHeight;
  };
  const begin = () => {
    worker?.terminate();
    start!.disabled = true;
    stop!.hidden = false;
    log.hidden = false;
    log.textContent = "";
    say(task.begins);
    task.running?.(true);
    const take = task.take({ show, say, end });
    worker = new Worker(new URL(`./${task.program}.js`, import.meta.url), { type: "module" });
    worker.onerror = ({ message }) => end(`${task.fails}: ${message}`, false);
    const patience = task.patience?.() ?? null;
    const wait = () => {
      clearTimeout(silent);
      if (patience !== null) silent = setTimeout(() => end(patience.says, false), 1000 * patience.seconds);
    };
    wait();
    worker.onmessage = ({ data }: MessageEvent<Message>) => {
      wait();
      take(data);
    };
    worker.postMessage(task.order());
  };
  start!.addEventListener("click", begin);
  stop!.addEventListener("click", () => end("Stopped", null));
  return begin;
}
