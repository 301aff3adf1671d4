// Counts and times in words, and words as a shell takes them.

/** "1 clip", "2 clips", "3 classes". */
export function counted(count: number, thing: string): string {
  if (count === 1) return `1 ${thing}`;
  return `${count} ${thing}${thing.endsWith("s") ? "es" : "s"}`;
}

/** More are counted, not named. */
const MOST_NAMED = 5;

/** The first of many things, for one line. */
export function someOf(lines: readonly string[], between = "; "): string {
  const more = lines.length > MOST_NAMED ? [`and ${lines.length - MOST_NAMED} more`] : [];
  return [...lines.slice(0, MOST_NAMED), ...more].join(between);
}

/** How long work takes: "–", "8 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** A moment in a sound: "1.5 s" among steps of less than a second, "3 s", "1:30" among minutes, "1:00:00" among hours. */
export function timeText(seconds: number, step: number): string {
  if (seconds === 0) return "0 s";
  if (seconds < 60) return `${seconds.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)} s`;
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
}

/** How long a sound is: "5.0 s", "12:03", "1:00:00". */
export function lengthText(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : timeText(seconds, 1);
}

/** Words as a shell takes them. */
export function shell(...words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

/** What to do about a training that was stopped: `resume` is what --resume takes. */
export function goOnWith(resume: string): string {
  return `go on with --resume ${shell(resume)}`;
}
