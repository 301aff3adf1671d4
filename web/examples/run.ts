// What examples/run.ts is in a page: every example runs all its steps, and what it learned goes to the page.

export const steps = (wanted: number): number => wanted;

/** Says what was learned. Throws where it is not enough. */
export function learned(what: string, enough: boolean): void {
  console.log(`=> ${what}`);
  if (!enough) throw new Error(`that is too little: ${what}`);
}
