// The two ways in which a command ends early on purpose. Anything else that is thrown is a fault of ours.

/** Something the user can put right. Its message is one line: what was wrong, where, what to do. */
export class UserError extends Error {
  override name = "UserError";
}

/** A sound file that cannot be used, where others may still be. Its message names it. */
export class SoundError extends UserError {
  override name = "SoundError";
  constructor(
    file: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${reason}`, options);
  }
}

/** The exit codes that shells expect of what signals end: 128 and the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A closed terminal, Ctrl-C, or what asks a process to end. */
export type Signal = keyof typeof EXIT_CODES;

export function isSignal(word: string): word is Signal {
  return Object.hasOwn(EXIT_CODES, word);
}

/** The signal that a process was stopped by, if that is what its exit code says. */
export function signalOf(exitCode: number): Signal | null {
  return (
    Object.keys(EXIT_CODES)
      .filter(isSignal)
      .find((signal) => EXIT_CODES[signal] === exitCode) ?? null
  );
}

/** A signal arrived; what could be saved has been saved. */
export class Interrupted extends Error {
  override name = "Interrupted";
  constructor(
    readonly signal: Signal,
    message: string,
  ) {
    super(message);
  }

  get exitCode(): number {
    return EXIT_CODES[this.signal];
  }
}

/** Any error's message on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim();
}

/** Whether a system call failed with this code ("ENOENT", "EPIPE", …). */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** What steers a terminal, breaks lines or turns their direction: control characters, and some of Unicode's own. */
export const STEERING = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu;

/** Somebody else's text, fit for a terminal: nothing that steers one, and not much of it. */
export function tame(text: string, most = 200): string {
  const plain = text.replace(STEERING, "?");
  return plain.length > most ? `${plain.slice(0, most)}…` : plain;
}
