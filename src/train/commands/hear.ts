// What `predict` and `tag` share: sound files, one after the other, through a network that takes several of them at once; each
// is printed in its turn, as soon as all of it has been heard, and one that cannot be read costs a line, not the others.
import type { Extent } from "../features/segment-times.ts";
import type { Style } from "../predict/text.ts";
import { Sound } from "../sound/sound-file.ts";
import type { Listed } from "../sound/sound-list.ts";
import { Interrupted, SoundError, tame, type UserError } from "../terminal/errors.ts";
import { colorsFor } from "../terminal/live.ts";
import type { Session } from "../terminal/session.ts";
import { stdoutClosed, terminalSize } from "../terminal/stdout.ts";
import { throwIfStopped } from "../terminal/talk.ts";

/** What is heard in a sound, sooner or later. */
interface Heard {
  /** Parts of it that were given to the network and are not in here yet. */
  pending: number;
  /** Why there is no result. */
  failed?: UserError;
}

/** A sound that was read. */
export interface Read<H> {
  path: string;
  name: string;
  extent: Extent;
  hearing: H;
}

/** A network, and how it tells what it heard. */
export interface Hearer<H extends Heard> {
  begin(): H;
  /** Gives the network a sound, a part with each turn. */
  hear(hearing: H, sound: Sound): AsyncIterable<unknown>;
  /** What still waits for others is heard now. */
  finish(): Promise<void>;
  /** Lines about a sound. */
  tell(read: Read<H>): string[];
}

/** Returns how many of the files could not be read; each of them has had its line on stderr. */
export async function hearFiles<H extends Heard>(
  files: readonly (Listed | SoundError)[],
  hearer: Hearer<H>,
  { json = false }: { json?: boolean },
  session: Session,
): Promise<number> {
  const { progress, stop } = session;
  const bytes = files.reduce((sum, file) => sum + (file instanceof SoundError ? 0 : file.size), 0);
  let bytesDone = 0;
  let failed = 0;
  const fail = (error: SoundError) => {
    progress.say(`error: ${tame(error.message, 2000)}`);
    failed++;
  };
  const printer = new Printer(hearer, json, session, fail);
  const printRest = async () => {
    await hearer.finish();
    printer.flush();
  };
  for (const [i, file] of files.entries()) {
    if (file instanceof SoundError) {
      fail(file);
      continue;
    }
    const hearing = hearer.begin();
    try {
      using sound = await Sound.open(file.path);
      for await (const _ of hearer.hear(hearing, sound)) {
        await Bun.sleep(0); // a turn for Ctrl-C
        throwIfStopped(stop, `stopped at file ${i + 1} of ${files.length}`);
        const reached = bytesDone + Math.min(file.size, sound.bytes.reached);
        progress.share("listening", bytes === 0 ? 0 : reached / bytes);
      }
      const { name, seconds, sampleRate, flaw } = sound;
      if (flaw !== null) progress.warn(`${name}: ${flaw}`);
      printer.add({ path: file.path, name, extent: { seconds, sampleRate }, hearing });
    } catch (error) {
      if (error instanceof Interrupted) await printRest(); // whole sounds that wait for others are not lost
      if (!(error instanceof SoundError)) throw error;
      fail(error);
    }
    bytesDone += file.size;
    if (stdoutClosed()) return failed; // `| head`
  }
  await printRest();
  return failed;
}

/** Prints sounds in the order in which they were read, as soon as they are done. */
class Printer<H extends Heard> {
  private readonly reads: Read<H>[] = [];
  private printed = 0;
  constructor(
    private readonly hearer: Hearer<H>,
    private readonly json: boolean,
    private readonly session: Session,
    private readonly fail: (error: SoundError) => void,
  ) {}

  add(read: Read<H>): void {
    this.reads.push(read);
    this.flush();
  }

  flush(): void {
    while (this.reads[0]?.hearing.pending === 0) {
      const read = this.reads.shift()!;
      const { failed } = read.hearing;
      if (failed !== undefined) {
        this.fail(new SoundError(read.name, failed.message, { cause: failed }));
        continue;
      }
      if (!this.json && this.printed > 0) this.session.print("");
      for (const line of this.hearer.tell(read)) this.session.print(line);
      this.printed++;
    }
  }
}

/** How text looks on stdout. */
export function stdoutStyle(): Style {
  return { columns: terminalSize().columns, colors: colorsFor() };
}

/** To six decimals: what float32 has. */
export function rounded(value: number): number {
  return Number(value.toFixed(6));
}
