// Listening: sound is read, cut into windows, heard and told as events, for as long as it comes.
import { type RawFormat, rawFormat, WavStream } from "../../audio/wav/stream.ts";
import { WavError } from "../../audio/wav.ts";
import { Cutter, type Stretch } from "../features/stretches.ts";
import { checkRate, flawText } from "../sound/sound.ts";
import { SoundError } from "../terminal/errors.ts";
import type { Stop } from "../terminal/talk.ts";
import type { Ear, Heard } from "./ear.ts";
import { Detector, type Event } from "./events.ts";
import { type Arrival, Inlet } from "./inlet.ts";
import { type Level, Leveller, levelOf } from "./level.ts";
import type { Source } from "./recorder.ts";

/** Samples that come without a header. */
export interface Raw {
  format: RawFormat;
  sampleRate: number;
  channels: number;
}

/** Where the listening stands. */
export interface Standing {
  /** Seconds of sound that have been heard. */
  seconds: number;
  /** How far behind the sound that is, in seconds, where the sound is live; else null. */
  behind: number | null;
  /** Seconds that were dropped, in all, because the machine was too slow. */
  dropped: number;
  /** Whether sound comes as it is made. */
  live: boolean;
  /** Of what was heard last. */
  level: Level;
  /** What there was in the last window; null before the first. */
  now: Heard | null;
  /** Events that last. */
  open: readonly Event[];
}

/** Who is told what is heard. */
export interface Listener {
  /** An event is over. */
  event(event: Event, standing: Standing): void;
  /** An event has begun, and is not over. */
  began(event: Event, standing: Standing): void;
  /** A window was heard, and all that it led to was told. */
  heard(standing: Standing): void;
  /** Samples have come, or none for so many milliseconds. */
  came(standing: Standing, nothingFor: number): void;
  /** Whether nobody wants to hear more. */
  enough(): boolean;
  warn(line: string): void;
}

export interface Hearing {
  source: Source;
  /** Null where the sound says itself what it is. */
  raw: Raw | null;
  ear: Ear;
  threshold: number;
  /** Seconds that probabilities are smoothed over. */
  smooth: number;
  stop: Stop;
}

/** Windows that are heard at once: powers of two, so that there are few sizes of everything. */
const MOST_AT_ONCE = 64;
/** A signal is noticed within so long. */
const TURN_MS = 100;

/** Listens until the sound ends or somebody says stop; returns where that was. Throws SoundError. */
export async function listenTo(hearing: Hearing, listener: Listener): Promise<Standing> {
  const { source, stop } = hearing;
  await warmUp(hearing.ear);
  const inlet = new Inlet(source.kind);
  const pumped = pump(hearing, inlet, listener);
  const heard = new Listening(hearing, inlet, listener);
  let lastAt = performance.now();
  let ended = false;
  try {
    while (stop.signal === null && !listener.enough()) {
      const taken = await inlet.take(TURN_MS);
      ended = taken === null;
      if (taken === null) break;
      if (taken === undefined) {
        listener.came(heard.standing, performance.now() - lastAt);
        continue;
      }
      lastAt = performance.now();
      if (taken.dropped > 0) heard.skip(taken.dropped, taken.sampleRate);
      heard.push(taken.samples, taken.sampleRate, taken.arrivals);
      await heard.hear();
    }
    if (ended) await heard.rest();
  } finally {
    heard.finish();
    source.close();
    inlet.end();
  }
  if (ended) await pumped;
  await Bun.sleep(TURN_MS / 10); // a Ctrl-C that ended whoever sent the sound is heard here, too
  return heard.standing;
}

/** Compiles what is needed before the first sound waits for it. */
async function warmUp(ear: Ear): Promise<void> {
  const { segmentSamples, sampleRate } = ear.cutting;
  const noise = Float32Array.from({ length: segmentSamples }, (_, i) => 0.1 * Math.sin(i * i));
  await ear.hear({ samples: noise, sampleRate, length: segmentSamples, skip: 0, segment: 0, whole: false });
}

/** Brings the source's samples into the inlet; what goes wrong comes out behind them. */
async function pump({ source, raw, stop }: Hearing, inlet: Inlet, listener: Listener): Promise<void> {
  const { name } = source;
  const format = raw === null ? null : rawFormat(raw.format, raw.sampleRate, raw.channels);
  let told = false;
  const stream = new WavStream(name, format, ({ reason }) => {
    if (!told) listener.warn(`${name}: ${reason}; it is taken for 0, and so are others`);
    told = true;
  });
  const bring = async (samples: Float32Array, bytes: number) => {
    if (samples.length > 0) checkRate(name, stream.sampleRate);
    await inlet.push(samples, stream.sampleRate, bytes);
  };
  try {
    for await (const bytes of source.bytes) await bring(stream.push(bytes), bytes.length);
    const { samples, flaws } = stream.end();
    await bring(samples, samples.length);
    const flaw = flawText(flaws, stream.seconds);
    if (flaw !== null && stop.signal === null) listener.warn(`${name}: ${flaw}`);
    inlet.end();
  } catch (error) {
    inlet.end(error instanceof WavError ? unusable(error) : error);
  }
}

function unusable(error: WavError): SoundError {
  const hint = error.reason.startsWith("is not a WAV file")
    ? "; give --rate for samples without a header, or convert: ffmpeg -i FILE -f wav - | …"
    : "";
  return new SoundError(error.file, error.reason + hint, { cause: error });
}

/** What is known of a sound while it is heard. */
class Listening {
  readonly standing: Standing = {
    seconds: 0,
    behind: null,
    dropped: 0,
    live: false,
    level: { rms: -Infinity, peak: -Infinity },
    now: null,
    open: [],
  };
  private cutter: Cutter | null = null;
  private sampleRate = 0;
  private leveller: Leveller | null;
  private detector: Detector;
  /** The rate, in the sound's own time, of the samples that windows are counted in. */
  private rate = 0;
  /** Samples that came, or were dropped, before the cutter's first. */
  private offset = 0;
  private came = 0;
  private arrivals: Arrival[] = [];
  private announced = new Set<Event>();

  constructor(
    private readonly hearing: Hearing,
    private readonly inlet: Inlet,
    private readonly listener: Listener,
  ) {
    this.detector = this.newDetector(0);
    this.leveller = hearing.ear.levelled ? new Leveller() : null;
  }

  push(samples: Float32Array, sampleRate: number, arrivals: readonly Arrival[]): void {
    const { ear } = this.hearing;
    if (this.cutter === null) {
      this.cutter = new Cutter(ear.resamples ? sampleRate : ear.cutting.sampleRate, ear.cutting);
      this.rate = ear.resamples ? ear.cutting.sampleRate : sampleRate;
      this.sampleRate = sampleRate;
    }
    this.came += samples.length;
    this.arrivals.push(...arrivals);
    this.standing.live = this.inlet.live;
    this.standing.level = levelOf(samples.subarray(-Math.ceil(sampleRate / 10)));
    this.listener.came(this.standing, 0);
    this.cutter.push(this.leveller?.push(samples, sampleRate) ?? samples);
  }

  /** Some samples are missing: what was going on is over, and what follows is another sound. */
  skip(samples: number, sampleRate: number): void {
    this.finish();
    this.came += samples;
    this.offset = this.came;
    this.standing.dropped += samples / sampleRate;
    this.cutter = null;
    this.leveller &&= new Leveller();
    this.detector = this.newDetector(this.offset / sampleRate);
    const { dropped } = this.standing;
    this.listener.warn(`the machine is too slow: ${dropped.toFixed(1)} s of sound were not heard`);
  }

  /** Hears all windows that are whole. */
  async hear(): Promise<void> {
    for (let count = MOST_AT_ONCE; count >= 1; count /= 2)
      while (this.cutter!.ready(count)) await this.tell(this.cutter!.take(count));
  }

  /** Hears what is left at the end. */
  async rest(): Promise<void> {
    const stretch = this.cutter?.rest();
    if (stretch !== undefined && stretch !== null) await this.tell(stretch);
    this.standing.seconds = this.came / this.sampleRate; // what is less than a step is no window
  }

  /** The sound is over, or interrupted: so is all that was going on. */
  finish(): void {
    for (const event of this.detector.finish(this.standing.seconds)) this.over(event);
    this.standing.open = [];
  }

  private async tell(stretch: Stretch): Promise<void> {
    const { standing, detector, listener, rate } = this;
    const { classes, cutting, hear } = this.hearing.ear;
    const windows = await hear(stretch);
    const none = new Float32Array(classes.length);
    const begin = this.offset / this.sampleRate;
    for (const [i, heard] of windows.entries()) {
      const start = begin + ((stretch.segment + i) * cutting.segmentStep) / rate;
      const length = cutting.segmentSamples / rate;
      standing.seconds = Math.min(start + length, this.came / this.sampleRate);
      standing.now = heard;
      standing.behind = this.behind();
      const row = heard.known && !heard.silent ? heard.probabilities : none;
      for (const event of detector.push(start + length / 2, row)) this.over(event);
      standing.open = [...detector.open.values()];
      for (const event of standing.open) {
        if (this.announced.has(event)) continue;
        this.announced.add(event);
        listener.began(event, standing);
      }
      listener.heard(standing);
    }
  }

  private over(event: Event): void {
    this.announced.delete(event);
    this.listener.event(event, this.standing);
  }

  /** Seconds since the last sample came that was heard. */
  private behind(): number | null {
    const heardTo = Math.floor(this.standing.seconds * this.sampleRate);
    while (this.arrivals.length > 1 && this.arrivals[0]!.end < heardTo) this.arrivals.shift();
    const last = this.arrivals[0];
    return this.standing.live && last !== undefined ? (performance.now() - last.at) / 1000 : null;
  }

  private newDetector(start: number): Detector {
    const { ear, threshold, smooth } = this.hearing;
    const { segmentStep, segmentSamples, sampleRate } = ear.cutting;
    const [step, window] = [segmentStep / sampleRate, segmentSamples / sampleRate];
    const half = Math.round(smooth / step / 2 - 0.5);
    const windows = 1 + 2 * Math.max(0, half);
    return new Detector({ ignored: ear.ignored, threshold, window, smooth: windows }, start);
  }
}
