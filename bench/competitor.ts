// The benchmark's side of bench/protocol.ts: a process that is started once, asked, and stopped.
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Answer, Ready, Request } from "./protocol.ts";

/** What its time is over for has not been answered. */
export class TooLate extends Error {}

export interface Start {
  /** The process has so many seconds in all; then it is ended, and what it is asked fails with TooLate. */
  seconds: number;
  env?: Record<string, string>;
}

const running = new Set<Bun.Subprocess>();
process.on("exit", () => {
  for (const child of running) child.kill();
});

export class CompetitorProcess {
  private constructor(
    /** Name and version, as it gave them. */
    readonly name: string,
    private readonly child: Bun.Subprocess<"pipe", "pipe", "pipe">,
    private readonly lines: AsyncIterator<string>,
    private readonly complaints: { text: string },
    private readonly late: Promise<never>,
    private readonly timer: Timer,
  ) {}

  /** Starts it and waits until it is ready. Throws with what it last said on stderr. */
  static async start(command: readonly string[], { seconds, env }: Start): Promise<CompetitorProcess> {
    const child = Bun.spawn([...command], {
      env: { ...process.env, ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    running.add(child);
    const complaints = { text: "" };
    Readable.fromWeb(child.stderr as never).on("data", (bytes: Buffer) => {
      complaints.text = (complaints.text + bytes.toString()).slice(-4000);
    });
    const lines = createInterface({ input: Readable.fromWeb(child.stdout as never) })[Symbol.asyncIterator]();
    const over = Promise.withResolvers<never>();
    over.promise.catch(() => {}); // it may be asked nothing more
    const timer = setTimeout(() => over.reject(new TooLate(`no answer in ${seconds} s`)), 1000 * seconds);
    const starting = new CompetitorProcess("", child, lines, complaints, over.promise, timer);
    const { ready } = await starting.next<Ready>();
    return new CompetitorProcess(ready, child, lines, complaints, over.promise, timer);
  }

  /** Throws where it answers with an error, not at all, or too late. */
  async ask(request: Request): Promise<Exclude<Answer, { error: string }>> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    this.child.stdin.flush();
    const answer = await this.next<Answer>();
    if ("error" in answer) throw new Error(answer.error);
    return answer;
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.child.kill("SIGKILL"); // in the middle of a long compilation it hears nothing else
    await this.child.exited;
    running.delete(this.child);
  }

  private async next<T>(): Promise<T> {
    try {
      const { value, done } = await Promise.race([this.lines.next(), this.late]);
      if (!done) return JSON.parse(value) as T;
      await this.child.exited;
      throw new Error(lastLine(this.complaints.text) ?? `it ended with exit code ${this.child.exitCode}`);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }
}

/** What matters of a stack trace: the line that names the error, or else the last. */
function lastLine(text: string): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.findLast((line) => /error/i.test(line))?.trim() ?? lines.at(-1)?.trim();
}
