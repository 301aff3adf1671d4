// Where sound comes from: a microphone, through whichever program records here, or standard input.
import { fstatSync } from "node:fs";
import { oneLine, SoundError, tame, UserError } from "../terminal/errors.ts";

/** Bytes of sound, as they come. */
export interface Source {
  /** How it is named to the user. */
  readonly name: string;
  readonly kind: "file" | "pipe" | "recorder";
  /** Ends with the sound; throws SoundError where that is too early. */
  readonly bytes: AsyncIterable<Uint8Array>;
  close(): void;
}

/** A microphone that is open, one channel of 16 bits. */
export interface Microphone extends Source {
  readonly sampleRate: number;
}

type Recorder = [program: string, arguments_: (rate: number) => string[]];

/** In the order in which they are tried: those of the sound server first, which share a microphone. */
const RECORDERS: readonly Recorder[] = [
  ["pw-record", (rate) => words(`--rate ${rate} --channels 1 --format s16 --latency 50ms --raw -`)],
  ["parecord", (rate) => words(`--raw --rate=${rate} --channels=1 --format=s16le --latency-msec=50`)],
  ["arecord", (rate) => words(`-q -t raw -f S16_LE -r ${rate} -c 1 --period-time=50000`)],
  ["sox", (rate) => words(`-q -d --buffer 2048 -t raw -r ${rate} -c 1 -e signed -b 16 -L -`)],
  ["ffmpeg", (rate) => words(`-v error -nostdin ${ffmpegInput()} -ac 1 -ar ${rate} -f s16le -`)],
];

function words(text: string): string[] {
  return text.split(" ");
}

function ffmpegInput(): string {
  return process.platform === "darwin" ? "-f avfoundation -i :default" : "-f alsa -i default";
}

/** What people install who have none. */
const ADVICE =
  process.platform === "darwin"
    ? "install sox or ffmpeg (brew install sox)"
    : "install one of pw-record (pipewire-bin), parecord (pulseaudio-utils), arecord (alsa-utils), sox or ffmpeg";

/** How long a recorder may take until its first sound. */
const PATIENCE_MS = 5000;

/**
 * Opens the microphone with the first recorder that is installed and gives sound. Throws UserError where none does.
 * @param least the lowest rate that is wanted; a multiple of it is taken
 */
export async function openMicrophone(least: number): Promise<Microphone> {
  const sampleRate = least * Math.ceil(32000 / least);
  const reasons: string[] = [];
  for (const [program, arguments_] of RECORDERS) {
    const path = Bun.which(program, { PATH: process.env.PATH ?? "" });
    if (path === null) continue;
    const recording = new Recording(program, [path, ...arguments_(sampleRate)]);
    const failure = await recording.begin();
    if (failure === null)
      return {
        name: program,
        kind: "recorder",
        sampleRate,
        bytes: recording.bytes(),
        close: () => recording.close(),
      };
    recording.close();
    reasons.push(`${program}: ${failure}`);
  }
  if (reasons.length === 0)
    throw new UserError(`there is nothing to record with: ${ADVICE}, or send sound into standard input`);
  throw new UserError(`no microphone can be opened (${reasons.join("; ")})`);
}

/** A recorder that runs. */
class Recording {
  private readonly child;
  private readonly reader;
  private readonly said: Promise<string>;
  private first: Uint8Array | null = null;
  private closed = false;

  constructor(
    private readonly program: string,
    command: string[],
  ) {
    // A process group of its own: a Ctrl-C is for us to hear, and for the recorder when we are done.
    this.child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe", detached: true });
    this.reader = this.child.stdout.getReader();
    this.said = new Response(this.child.stderr).text().catch(() => "");
    process.on("exit", this.end);
  }

  /** Waits for the first sound; returns why there is none, or null. */
  async begin(): Promise<string | null> {
    const late = Bun.sleep(PATIENCE_MS).then(() => "late" as const);
    const read = await Promise.race([this.reader.read(), late]);
    if (read === "late") return `gives no sound within ${PATIENCE_MS / 1000} s`;
    if (read.done) return await this.ending();
    this.first = read.value;
    return null;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    if (this.first !== null) yield this.first;
    for (;;) {
      const { done, value } = await this.reader.read();
      if (done) break;
      yield value;
    }
    if (!this.closed) throw new SoundError(this.program, `stopped recording: ${await this.ending()}`);
  }

  close(): void {
    this.closed = true;
    this.end();
    process.off("exit", this.end);
  }

  private readonly end = () => {
    this.child.kill();
  };

  /** What it said last, or how it ended. */
  private async ending(): Promise<string> {
    const code = await this.child.exited;
    const said = (await this.said).trim().split("\n").at(-1)!.trim();
    const how = String(this.child.signalCode ?? `exit code ${code}`);
    return said === "" ? how : tame(said.replace(`${this.program}: `, ""));
  }
}

/** Standard input as a source; null where it is a terminal or nothing, so that no sound can come from it. */
export function standardInput(): Source | null {
  const kind = stdinKind();
  if (kind === null) return null;
  return { name: "standard input", kind, bytes: stdinBytes(), close() {} };
}

function stdinKind(): "file" | "pipe" | null {
  if (process.stdin.isTTY) return null;
  try {
    const stats = fstatSync(0);
    if (stats.isFile()) return "file";
    return stats.isFIFO() || stats.isSocket() ? "pipe" : null;
  } catch {
    return null; // closed
  }
}

async function* stdinBytes(): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of Bun.stdin.stream()) yield part as Uint8Array;
  } catch (error) {
    throw new SoundError("standard input", `cannot be read: ${oneLine(error)}`, { cause: error });
  }
}
