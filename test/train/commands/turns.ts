// Command lines as users give them, in one process (in-turn.ts) for all that the tests of a process ask: to begin another, to open
// its device and to compile its programs takes longer than most of them. What is killed, or starved, has one of its own.
import { writeSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";

/** What in-turn.ts is asked for. */
export interface Asked {
  lines: string[][];
  cwd: string;
}

export interface Answer {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A stream, as the parts of it that end in an exit code between NULs. */
class Parts {
  private text = "";
  private tell = () => {};
  private over = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    void this.read(stream);
  }

  private async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.text += decoder.decode(chunk, { stream: true });
      this.tell();
    }
    this.over = true;
    this.tell();
  }

  async next(): Promise<{ text: string; code: number }> {
    for (;;) {
      const found = /^([^\0]*)\0(\d+)\0/.exec(this.text);
      if (found !== null) {
        this.text = this.text.slice(found[0].length);
        return { text: found[1]!, code: Number(found[2]) };
      }
      if (this.over) throw new Error(`the process of the command lines ended, and had said: ${this.text}`);
      await new Promise<void>((resolve) => {
        this.tell = resolve;
      });
    }
  }
}

interface Turns {
  child: Subprocess;
  out: Parts;
  err: Parts;
}

/** By the variables that they have beside this process's. */
const begun = new Map<string, Turns>();
let last: Promise<unknown> = Promise.resolve();

function turnsWith(env: Record<string, string>): Turns {
  const key = JSON.stringify(env);
  const found = begun.get(key);
  if (found !== undefined && found.child.exitCode === null && found.child.signalCode === null) return found;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "in-turn.ts")], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const anew = { child, out: new Parts(child.stdout), err: new Parts(child.stderr) };
  begun.set(key, anew);
  return anew;
}

interface Where {
  cwd: string;
  env?: Record<string, string>;
}

/** Runs the program with these arguments: see `turns`. */
export const turn = async (args: string[], where: Where) => (await turns([args], where))[0]!;

/** Runs the program with each of these arguments in turn: what it prints, says and ends with. */
export function turns(lines: string[][], { cwd, env = {} }: Where): Promise<Answer[]> {
  const answers = last.then(async () => {
    const { child, out, err } = turnsWith(env);
    const asked: Asked = { lines, cwd };
    writeSync(child.stdio[3] as number, `${JSON.stringify(asked)}\n`);
    const answers: Answer[] = [];
    for (const _ of lines) {
      const [{ text: stdout }, { text: stderr, code }] = await Promise.all([out.next(), err.next()]);
      answers.push({ exitCode: code, stdout, stderr });
    }
    return answers;
  });
  last = answers.catch(() => {});
  return answers;
}
