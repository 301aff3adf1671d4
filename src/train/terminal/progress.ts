// What a run says while it runs, on stderr: a bar where that is a terminal, plain lines where it is not.
import { Presets, SingleBar } from "cli-progress";
import { formatBytes } from "../../gpu/bytes.ts";
import { tame } from "./errors.ts";
import { canDraw, colorsFor } from "./live.ts";
import type { Reporter, Standing } from "./talk.ts";
import { duration } from "./words.ts";

export class Progress implements Reporter {
  private readonly terminal = canDraw(process.stderr);
  private readonly color = colorsFor(process.stderr);
  private bar: SingleBar | null = null;
  private shareSince: number | undefined;

  /** A line for the user. */
  say(line: string): void {
    this.clear();
    process.stderr.write(`${line}\n`);
  }

  /** The same, less loud. */
  note(line: string): void {
    this.say(this.color.dim(line));
  }

  /** Something that may be wrong, though the work goes on. */
  warn(line: string): void {
    this.say(`${this.color.yellow("note:")} ${tame(line, 2000)}`);
  }

  /** A bar over `total` things, with what is being done before it. */
  begin(what: string, total: number): void {
    this.open(`${what} {bar} {value}/{total}`, total);
    if (!this.terminal) process.stderr.write(`${what} (${total}) …\n`);
  }

  /** A bar over bytes that come from elsewhere, of a `total` that may be unknown (null). */
  beginBytes(what: string, total: number | null): void {
    const format = total === null ? "{what} {size}  {rate}" : "{what} {bar} {size}  {rate}  {left} left";
    this.open(format, total ?? 1, { what, ...byteFields(0, total, Number.NaN) });
    if (!this.terminal)
      process.stderr.write(`${what}${total === null ? "" : ` (${formatBytes(total)})`} …\n`);
  }

  updateBytes(done: number, total: number | null, perSecond: number): void {
    this.bar?.update(total === null ? 0 : done, byteFields(done, total, perSecond));
  }

  /** A bar for `share` (0 … 1) of some work, shown once that has taken a second, and again after each line. */
  share(what: string, share: number): void {
    this.shareSince ??= performance.now();
    if (performance.now() - this.shareSince < 1000) return;
    if (this.bar === null) this.open(`${what} {bar} {percentage} %`, 100);
    this.bar?.update(100 * share);
  }

  /** A bar over an epoch's training segments. */
  beginEpoch(total: number, standing: Standing): void {
    const format =
      "epoch {epoch}/{epochs} {bar} loss {loss}  accuracy {accuracy}  {rate} samples/s  {left} left";
    this.open(format, total, fields(standing));
  }

  update(done: number, standing?: Standing): void {
    this.bar?.update(done, standing === undefined ? {} : fields(standing));
  }

  /** Takes the bar away. */
  clear(): void {
    this.bar?.stop();
    this.bar = null;
  }

  private open(format: string, total: number, payload?: object): void {
    this.clear();
    if (!this.terminal) return;
    const options = {
      format,
      stream: process.stderr,
      clearOnComplete: true,
      gracefulExit: false,
      barsize: 24,
      fps: 5,
    };
    this.bar = new SingleBar(options, Presets.shades_classic);
    this.bar.start(total, 0, payload);
  }

  /** The line that an epoch leaves behind. */
  epoch(standing: Standing): void {
    const { epoch, epochs, loss, accuracy, rate, left } = fields(standing);
    const width = String(epochs).length;
    this.say(
      `epoch ${String(epoch).padStart(width)}/${epochs}  loss ${loss}  accuracy ${this.color.bold(accuracy)}  ${rate} samples/s  ${left} left`,
    );
  }
}

function fields(standing: Standing) {
  const { epoch, epochs, loss, accuracy, samplesPerSecond, secondsLeft } = standing;
  return {
    epoch,
    epochs,
    loss: Number.isNaN(loss) ? "–" : loss.toFixed(4),
    accuracy: Number.isNaN(accuracy) ? "–" : accuracy.toFixed(4),
    rate: Number.isNaN(samplesPerSecond) ? "–" : samplesPerSecond.toFixed(0),
    left: duration(secondsLeft),
  };
}

function byteFields(done: number, total: number | null, perSecond: number) {
  return {
    size: total === null ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`,
    rate: Number.isFinite(perSecond) ? `${formatBytes(Math.round(perSecond))}/s` : "–",
    left: duration(total === null ? Number.NaN : (total - done) / perSecond),
  };
}
