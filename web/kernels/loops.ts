// A changed kernel must end: a GPU that is in a loop without an end cannot be asked to stop, and ending the worker that
// launched it does not stop it. So each loop of a changed program counts its turns, and breaks off when they are too many.
//
//   for (…) { body }   →   var turns_0 = 0u; for (…) { if (turns_0 >= MOST) { break; } turns_0++; body }
//
// The count is a variable of the function's own, and not of the whole invocation: what is uniform stays so, and a loop with
// a barrier in it compiles as before.

/** Turns of one loop. No kernel here takes as many, on any size that the site runs it on. */
export const MOST_TURNS = 2 ** 17;

/** The program, and how many loops of it were bounded. */
export function boundLoops(wgsl: string, most = MOST_TURNS): { text: string; loops: number } {
  const blank = wgsl.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " "));
  let text = "";
  let done = 0;
  let loops = 0;
  for (const { index, 0: word } of blank.matchAll(/\b(?:for|while|loop)\b/g)) {
    const body = bodyOf(blank, index + word.length);
    if (body === -1) continue; // it does not compile anyway
    const turns = `otograd_turns_${loops++}`;
    text += `${wgsl.slice(done, index)}var ${turns} = 0u; ${wgsl.slice(index, body + 1)}`;
    text += ` if (${turns} >= ${most}u) { break; } ${turns}++;`;
    done = body + 1;
  }
  return { text: text + wgsl.slice(done), loops };
}

/** Where the body's "{" stands: the first that is in no parentheses; -1: nowhere. */
function bodyOf(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const at = text[i]!;
    if (depth === 0 && at === "{") return i;
    if (at === "(") depth++;
    else if (at === ")") depth--;
  }
  return -1;
}
