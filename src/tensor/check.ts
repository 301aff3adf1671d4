// What functions ask of the numbers that they are given, and how they say it.

/** Throws unless every named value is a whole number of at least `least`. */
export function wantWhole(who: string, values: Record<string, number>, least: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new RangeError(`${who}: ${name} is a whole number ≥ ${least}, got ${value}`);
  }
}

/** Throws where a named value is larger than `most`. */
export function wantAtMost(who: string, values: Record<string, number>, most: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (value > most) throw new RangeError(`${who}: ${name} is at most ${most}, got ${value}`);
  }
}

/** Throws unless every named value is a finite number above 0. */
export function wantPositive(who: string, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new RangeError(`${who}: ${name} is a number above 0, got ${value}`);
  }
}

/** Throws unless every named value is from 0 to 1. */
export function wantProbability(who: string, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value >= 0 && value <= 1) continue;
    throw new RangeError(`${who}: ${name} is a probability from 0 to 1, got ${value}`);
  }
}
