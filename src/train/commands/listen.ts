// `bun run listen [RUN]`: what is heard, while it is heard: from the microphone, or from standard input.
import { openSync, writeSync } from "node:fs";
import type { RawFormat } from "../../audio/wav/stream.ts";
import { reason } from "../files/files.ts";
import { networkOf } from "../learning/checkpoint.ts";
import { largestArray } from "../learning/model.ts";
import { openRun } from "../learning/open-run.ts";
import { refusalOf } from "../learning/openset/file.ts";
import { openGpu } from "../learning/prepare.ts";
import { type Ear, runEar } from "../listen/ear.ts";
import type { Event } from "../listen/events.ts";
import { type Listener, listenTo, type Raw, type Standing } from "../listen/listening.ts";
import { openMicrophone, type Source, standardInput } from "../listen/recorder.ts";
import { paceText, Screen } from "../listen/screen.ts";
import { taggingEar } from "../listen/tagging-ear.ts";
import { buildPretrained } from "../pretrained/network.ts";
import { readPretrained } from "../pretrained/pretrained.ts";
import { STDIN } from "../sound/sound-file.ts";
import { tame, UserError } from "../terminal/errors.ts";
import { jsonLine } from "../terminal/json.ts";
import { canDraw, colorsFor, Live } from "../terminal/live.ts";
import type { Session } from "../terminal/session.ts";
import { stdoutClosed } from "../terminal/stdout.ts";
import { throwIfStopped } from "../terminal/talk.ts";
import { counted, lengthText } from "../terminal/words.ts";
import { refuseLoss } from "./output.ts";

export interface ListenOptions {
  json?: boolean;
  /** By default the network's own. */
  threshold?: number;
  /** Seconds. */
  smooth: number;
  /** Whether the beginning of an event is told, too. */
  begins?: boolean;
  /** A file that events are appended to. */
  log?: string;
  /** Classes on the display. */
  top: number;
  /** Of samples without a header. */
  rate?: number;
  format?: RawFormat;
  channels?: number;
}

/** `open` opens the session; it is given who is told what a signal leads to. */
export async function listenCommand(
  run: string | undefined,
  input: string | undefined,
  options: ListenOptions,
  open: (hear: (line: string) => void) => Session,
): Promise<void> {
  let say: (line: string) => void = (line) => session.progress.say(line);
  const session = open((line) => say(line));
  if (run === STDIN) return listenCommand(input === STDIN ? undefined : input, STDIN, options, () => session); // in either order
  if (input !== undefined && input !== STDIN)
    throw new UserError(`sound comes from the microphone or standard input (< FILE), not from '${input}'`);
  if (options.rate === undefined && (options.format ?? options.channels) !== undefined)
    throw new UserError("--format and --channels are of samples without a header: give their --rate, too");
  if (options.log !== undefined) refuseLoss(options.log, "a list of events");
  const ear = await openEar(run, session);
  const log = options.log === undefined ? null : new EventLog(options.log); // which makes the file
  const { source, raw } = await openSource(input === STDIN, options, ear);
  const teller = new Teller(ear, source, options, log, session);
  say = (line) => teller.say(line);
  try {
    const { threshold = ear.threshold, smooth } = options;
    const standing = await listenTo({ source, raw, ear, threshold, smooth, stop: session.stop }, teller);
    teller.close();
    teller.sum(standing);
  } finally {
    teller.close();
  }
  throwIfStopped(session.stop, "stopped; what was going on then ends there");
}

async function openEar(path: string | undefined, { progress }: Session): Promise<Ear> {
  if (path === undefined) {
    const files = readPretrained();
    await openGpu();
    const { network, settings, classes } = buildPretrained(files);
    return taggingEar(network, settings, classes);
  }
  const run = openRun(path);
  const weights = run.folder.readModel();
  const refusal = refusalOf(run.folder, run.config, (line) => progress.warn(line));
  const maxBytes = largestArray(await openGpu());
  return runEar(networkOf(run, weights), { ...run.config, refusal }, maxBytes);
}

async function openSource(
  piped: boolean,
  { rate, format, channels }: ListenOptions,
  ear: Ear,
): Promise<{ source: Source; raw: Raw | null }> {
  const source = standardInput();
  if (source === null) {
    if (piped) throw new UserError("standard input is no pipe and no file: send sound into it");
    if (rate !== undefined) throw new UserError("--rate is of samples on standard input: send some into it");
    const microphone = await openMicrophone(ear.cutting.sampleRate);
    return { source: microphone, raw: { format: "s16le", sampleRate: microphone.sampleRate, channels: 1 } };
  }
  if (rate === undefined) return { source, raw: null };
  return { source, raw: { format: format ?? "s16le", sampleRate: rate, channels: channels ?? 1 } };
}

/** How often the display is drawn anew. */
const DRAW_MS = 100;
/** Silence of the source itself that is worth a word. */
const NOTHING_MS = 5000;

/** Tells what is heard: on the terminal, as lines, in a file. */
class Teller implements Listener {
  private readonly live: Live | null = null;
  private readonly screen: Screen | null = null;
  private readonly startedAt = performance.now();
  private standing: Standing | null = null;
  private drawnAt = 0;
  private events = 0;
  private missed = false;

  constructor(
    private readonly ear: Ear,
    private readonly source: Source,
    private readonly options: ListenOptions,
    private readonly log: EventLog | null,
    private readonly session: Session,
  ) {
    if (options.json === true || !canDraw()) return;
    this.screen = new Screen(ear.classes, options.top, colorsFor());
    this.live = new Live((columns) =>
      this.standing === null ? [] : this.screen!.lines(this.standing, this.pace(this.standing), columns),
    );
  }

  event(event: Event, standing: Standing): void {
    this.events++;
    this.tell(event, standing, event.end);
  }

  began(event: Event, standing: Standing): void {
    if (this.options.begins === true) this.tell(event, standing, null);
  }

  heard(standing: Standing): void {
    this.screen?.heard(standing);
    this.draw(standing);
  }

  came(standing: Standing, nothingFor: number): void {
    if (nothingFor > NOTHING_MS && !this.missed)
      this.warn(
        `${this.source.name}: no sound has come for ${NOTHING_MS / 1000} s${this.source.kind === "recorder" ? ": is the microphone still there?" : ""}`,
      );
    this.missed = nothingFor > NOTHING_MS;
    this.draw(standing);
  }

  enough(): boolean {
    return stdoutClosed() && this.log === null; // `| head`
  }

  warn(line: string): void {
    this.above(() => this.session.progress.warn(line));
  }

  say(line: string): void {
    this.above(() => this.session.progress.say(line));
  }

  /** The last words. */
  sum(standing: Standing): void {
    const pace = this.pace(standing);
    const fast = pace === null ? "" : `, ${paceText(pace)}`;
    this.session.progress.note(
      `${lengthText(standing.seconds)} heard, ${counted(this.events, "event")}${fast}`,
    );
  }

  close(): void {
    this.live?.close();
  }

  private tell(event: Event, standing: Standing, end: number | null): void {
    const time = timeOf(event.begin, standing);
    const name = this.ear.classes[event.label]!;
    const json = jsonLine({
      class: name,
      begin: rounded(event.begin),
      end: end === null ? null : rounded(end),
      probability: rounded(event.probability),
      time: time?.toISOString(),
    });
    const failure = this.log?.append(json) ?? null;
    if (failure !== null) this.warn(failure);
    const line = this.options.json === true ? json : text(name, event, end, time);
    this.above(() => this.session.print(line));
  }

  private above(write: () => void): void {
    if (this.live === null) write();
    else this.live.above(write);
  }

  private draw(standing: Standing): void {
    this.standing = standing;
    const now = performance.now();
    if (this.live === null || now - this.drawnAt < DRAW_MS) return;
    this.drawnAt = now;
    this.live.update();
  }

  /** How many times as fast as it sounds a recording is heard; null where sound is live. */
  private pace({ live, seconds }: Standing): number | null {
    return live ? null : seconds / ((performance.now() - this.startedAt) / 1000);
  }
}

/** The file of `--log`. */
class EventLog {
  private readonly file: number;
  private failed = false;

  /** Throws UserError where it cannot be written. */
  constructor(private readonly path: string) {
    try {
      this.file = openSync(path, "a");
    } catch (error) {
      throw new UserError(`cannot write ${path}: ${reason(error)}`, { cause: error });
    }
  }

  /** Appends a line at once; returns why it could not, the first time in a row. */
  append(line: string): string | null {
    try {
      writeSync(this.file, `${line}\n`);
      this.failed = false;
      return null;
    } catch (error) {
      if (this.failed) return null;
      this.failed = true;
      return `cannot write ${this.path}: ${reason(error)}; events are still told`;
    }
  }
}

/** When a moment of a sound was, where that is live. */
function timeOf(seconds: number, standing: Standing): Date | null {
  if (!standing.live) return null;
  return new Date(Date.now() - 1000 * ((standing.behind ?? 0) + standing.seconds - seconds));
}

/** An event for people: when it began (by the clock where it is live), how long it was, what it was. */
function text(name: string, { begin, probability }: Event, end: number | null, time: Date | null): string {
  const at = time === null ? clock(begin) : time.toLocaleTimeString("en-GB");
  const length = end === null ? "begins" : `${(end - begin).toFixed(1)} s`;
  return `${at}  ${length.padStart(8)}  ${probability.toFixed(2)}  ${tame(name)}`;
}

/** "0:03:07.5" */
function clock(seconds: number): string {
  const tenths = Math.round(10 * seconds);
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return `${Math.floor(tenths / 36000)}:${two((tenths / 600) % 60)}:${two((tenths / 10) % 60)}.${tenths % 10}`;
}

/** To milliseconds, or to three decimals. */
function rounded(value: number): number {
  return Number(value.toFixed(3));
}
