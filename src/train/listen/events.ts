// From the probabilities of overlapping windows to events: what was heard, from when to when.
//
// Each class's probabilities go through a median over a few windows, which takes single outliers away and leaves edges
// where they are. An event begins where that reaches the threshold and is over when it has fallen below half of it, so
// that a probability that wavers does not make many events of one. A window stands for its middle: where the line from
// middle to middle crosses the threshold, an event's begin or end is near. Networks name what takes less than half of a
// window: that place is moved inwards by an eighth of one, which is what it was off by in the median (docs/listening.md).
export interface Detection {
  /** Classes of what is no event. */
  ignored: ReadonlySet<number>;
  /** The probability that an event takes. */
  threshold: number;
  /** How long a window is, in seconds. */
  window: number;
  /** Windows that the median is over; odd. */
  smooth: number;
}

/** Something that was heard. */
export interface Event {
  /** The number of its class. */
  label: number;
  /** Seconds. */
  begin: number;
  end: number;
  /** The highest that its smoothed probability was. */
  probability: number;
}

interface Window {
  middle: number;
  row: Float32Array;
}

/** One that lasts is given up where its probability falls below this share of the threshold. */
const KEPT = 0.5;

/** Of a window, what begin and end are moved by. */
const INWARDS = 1 / 8;

export class Detector {
  /** Events that last, by their class, the end as far as is known. */
  readonly open = new Map<number, Event>();
  /** The smoothed probabilities that were looked at last. */
  smoothed: Float32Array | null = null;
  private windows: Window[] = [];
  /** Of `windows`, which is the next to be smoothed. */
  private next = 0;
  private lastMiddle: number;

  /** @param start where the sound that is heard begins, in seconds */
  constructor(
    private readonly detection: Detection,
    private readonly start = 0,
  ) {
    this.lastMiddle = start;
  }

  /** Takes the probabilities of the window around a moment; returns the events that are over. */
  push(middle: number, row: Float32Array): Event[] {
    this.windows.push({ middle, row });
    const half = (this.detection.smooth - 1) / 2;
    const over: Event[] = [];
    while (this.next + half < this.windows.length) over.push(...this.look());
    const unused = this.next - half;
    if (unused > 0) {
      this.windows.splice(0, unused);
      this.next -= unused;
    }
    return over;
  }

  /** No more windows come: the sound was heard until `end`. Returns the events that were not over. */
  finish(end: number): Event[] {
    const over: Event[] = [];
    while (this.next < this.windows.length) over.push(...this.look());
    for (const event of this.open.values()) {
      event.end = end;
      over.push(event);
    }
    this.open.clear();
    return over;
  }

  /** Looks at the next window, smoothed by those around it. */
  private look(): Event[] {
    const { windows, next, open, detection } = this;
    const { threshold, smooth, window } = detection;
    const half = (smooth - 1) / 2;
    const inwards = INWARDS * window;
    const { middle } = windows[next]!;
    const around = windows.slice(Math.max(0, next - half), next + half + 1);
    const before = this.smoothed;
    const smoothed = medians(around.map(({ row }) => row));
    const over: Event[] = [];
    for (const [label, value] of smoothed.entries()) {
      if (detection.ignored.has(label)) continue;
      const event = open.get(label);
      const earlier = before?.[label] ?? value;
      const crossing = () => this.lastMiddle + share(threshold, earlier, value) * (middle - this.lastMiddle);
      if (event === undefined) {
        if (value < threshold) continue;
        const begin = before === null ? this.start : crossing() + inwards;
        open.set(label, { label, begin, end: middle, probability: value });
      } else if (value >= threshold) {
        event.end = middle;
        event.probability = Math.max(event.probability, value);
      } else {
        if (earlier >= threshold) event.end = Math.max(event.begin, crossing() - inwards);
        if (value >= KEPT * threshold) continue;
        over.push(event);
        open.delete(label);
      }
    }
    this.smoothed = smoothed;
    this.lastMiddle = middle;
    this.next++;
    return over;
  }
}

/** How far from one value to another the threshold between them is. */
function share(threshold: number, from: number, to: number): number {
  return from === to ? 0 : (threshold - from) / (to - from);
}

/** The median of each column; of an even number of rows, the mean of the middle two. */
function medians(rows: readonly Float32Array[]): Float32Array {
  if (rows.length === 1) return rows[0]!;
  const column = new Float32Array(rows.length);
  const middle = rows.length >> 1;
  return rows[0]!.map((_, k) => {
    for (const [i, row] of rows.entries()) column[i] = row[k]!;
    column.sort();
    return rows.length % 2 === 1 ? column[middle]! : (column[middle - 1]! + column[middle]!) / 2;
  });
}
