// Lines at the end of a terminal that are drawn again and again, below others that stay. Nothing is left behind that
// would have to be put right: the cursor is hidden only while lines are drawn, and there is no other screen.
import pico from "picocolors";
import { terminalSize, writeOut } from "./stdout.ts";

const UP = (lines: number) => (lines === 0 ? "\r" : `\r\x1b[${lines}A`);
const CLEAR_BELOW = "\x1b[J";
const CLEAR_LINE = "\x1b[K";
const HIDE = "\x1b[?25l";
const SHOW = "\x1b[?25h";

/** Whether lines can be drawn again where results go, or what is said besides. */
export function canDraw(stream: { isTTY?: boolean } = process.stdout): boolean {
  return stream.isTTY === true && process.env.TERM !== "dumb";
}

/** Colours, where they are shown and wanted. */
export function colorsFor(stream?: { isTTY?: boolean }) {
  return pico.createColors(canDraw(stream) && !process.env.NO_COLOR);
}

export class Live {
  /** How wide each of the lines is that stand there. */
  private drawn: number[] = [];
  private closed = false;

  /** @param compose the lines, for a terminal of so many columns */
  constructor(private readonly compose: (columns: number) => string[]) {
    process.stdout.on("resize", this.update);
  }

  /** Draws the lines anew. */
  readonly update = (): void => {
    if (this.closed) return;
    const { columns, rows } = terminalSize();
    // One column and one line stay free: a terminal would begin a new line of its own, or scroll.
    const lines = this.compose(Math.max(1, columns - 1))
      .slice(0, Math.max(1, rows - 1))
      .map((line) => fitted(line, Math.max(1, columns - 1)));
    const text = lines.map((line) => line + CLEAR_LINE).join("\n");
    writeOut(`${HIDE}${this.back()}${text}${CLEAR_BELOW}${SHOW}`);
    this.drawn = lines.map((line) => Bun.stringWidth(line));
  };

  /** Has something written above the lines, whole lines of it. */
  above(write: () => void): void {
    this.erase();
    write();
    this.update();
  }

  /** Takes the lines away, for good. */
  close(): void {
    this.erase();
    this.closed = true;
    process.stdout.off("resize", this.update);
  }

  private erase(): void {
    if (this.drawn.length > 0) writeOut(this.back() + CLEAR_BELOW);
    this.drawn = [];
  }

  /** To where the lines begin. In a terminal that became narrower each may take several of its rows. */
  private back(): string {
    const { columns } = terminalSize();
    const rows = this.drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return UP(Math.max(0, rows - 1));
  }
}

/** A line that is no wider than the terminal; one that must be cut loses its colours. */
function fitted(line: string, columns: number): string {
  if (Bun.stringWidth(line) <= columns) return line;
  return cut(Bun.stripANSI(line), columns);
}

/** The beginning of a text, with an ellipsis where something is left out. */
export function cut(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let kept = "";
  for (const letter of text) {
    if (Bun.stringWidth(kept + letter) > columns - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}
