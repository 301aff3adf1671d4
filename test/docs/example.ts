// Runs an example of a docstring: a few lines of TypeScript in which all that "otograd" exports is at hand, and which say
// what an expression gives, `x.sum(); // → 6`, or how it is refused, `F.glu(x); // throws glu: …`.
import * as otograd from "otograd";

const { Tensor, manualSeed } = otograd;

/** A value as examples write it: tensors as lists, numbers to four digits after the point. */
async function written(value: unknown): Promise<string> {
  const given = await value;
  if (given instanceof Tensor) return await written(await given.tolist());
  if (typeof given === "number") return String(Number(given.toFixed(4)) + 0); // 0 of −0
  if (Array.isArray(given) || ArrayBuffer.isView(given)) {
    const all = await Promise.all(Array.from(given as unknown as ArrayLike<unknown>, written));
    return `[${all.join(", ")}]`;
  }
  if (given !== null && typeof given === "object" && Object.getPrototypeOf(given) === Object.prototype) {
    const all = Object.entries(given).map(async ([key, each]) => `${key}: ${await written(each)}`);
    return `{ ${(await Promise.all(all)).join(", ")} }`;
  }
  return String(given);
}

type Program = (...values: unknown[]) => Promise<void>;
/** Takes the types away. */
const types = new Bun.Transpiler({ loader: "ts", deadCodeElimination: false });
const AsyncFunction = (async () => {}).constructor as new (...words: string[]) => Program;

/** Runs it from a fresh seed. What it says that it gives, and what it gave; throws where it does not run. */
export async function runExample(
  text: string,
  exports: Record<string, unknown> = otograd,
): Promise<{ says: string; gave: string }[]> {
  const told: { says: string; gave: string }[] = [];
  const gives = async (value: unknown, says: string) => void told.push({ says, gave: await written(value) });
  const throws = async (call: () => unknown, says: string) => {
    let gave = "no error";
    try {
      await call();
    } catch (error) {
      gave = (error as Error).message;
    }
    told.push({ says, gave });
  };
  const lines = text.split("\n").map((line) => {
    const [, does, how, says] = /^(.*?);?\s*\/\/ (→|throws) (.*)$/.exec(line) ?? [];
    if (does === undefined) return line;
    const expected = JSON.stringify(says!.trim());
    return how === "→" ? `await gives(${does}, ${expected});` : `await throws(() => ${does}, ${expected});`;
  });
  const script = types.transformSync(lines.join("\n"));
  const program = new AsyncFunction(...Object.keys(exports), "gives", "throws", script);
  manualSeed(0);
  await program(...Object.values(exports), gives, throws);
  return told;
}
