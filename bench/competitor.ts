// The benchmark's side of bench/protocol.ts: a process that is started once, asked, and stopped.
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Answer, Ready, Request } from "./protocol.ts";

/** No single answer takes longer, shader compilation on a software adapter included, or it is given up. */
const PATIENCE_MINUTES = 5;

export class CompetitorProcess {
  private constructor(
    /** Name and version, as it gave them. */
    readonly name: string,
    private readonly child: Bun.Subprocess<"pipe", "pipe", "pipe">,
    private readonly lines: AsyncIterator<string>,
    private readonly complaints: { text: string },
  ) {}

  /** Starts it and waits until it is ready. Throws with what it last said on stderr. */
  static async start(command: readonly string[]): Promise<CompetitorProcess> {
    const child = Bun.spawn([...command], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    const complaints = { text: "" };
    Readable.fromWeb(child.stderr as never).on("data", (bytes: Buffer) => {
      complaints.text = (complaints.text + bytes.toString()).slice(-4000);
    });
    const input = Readable.fromWeb(child.stdout as never);
    const lines = createInterface({ input })[Symbol.asyncIterator]();
    const starting = new CompetitorProcess("", child, lines, complaints);
    const { ready } = await starting.next<Ready>();
    return new CompetitorProcess(ready, child, lines, complaints);
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
    this.child.kill();
    await this.child.exited;
  }

  private async next<T>(): Promise<T> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`over ${PATIENCE_MINUTES} min`)), PATIENCE_MINUTES * 60_000);
    });
    try {
      const { value, done } = await Promise.race([this.lines.next(), late]);
      if (!done) return JSON.parse(value) as T;
      await this.child.exited;
      throw new Error(lastLine(this.complaints.text) ?? `it ended with exit code ${this.child.exitCode}`);
    } catch (error) {
      this.child.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What matters of a stack trace: the line that names the error, or else the last. */
function lastLine(text: string): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.findLast((line) => /error/i.test(line))?.trim() ?? lines.at(-1)?.trim();
}
