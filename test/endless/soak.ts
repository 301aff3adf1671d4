// A soak: programs of programs.ts in turn, in one process, for so many minutes. Prints a line a minute; in the end the
// means of the quarter after the warm-up and of the last one.
//   bun test/endless/soak.ts 60            with the collector as it is
//   bun --smol --preload ./test/faults/collect-always.ts test/endless/soak.ts 60

import { init, manualSeed } from "../../src/index.ts";
import { numberGiven } from "../given.ts";
import { type Look, look, PROGRAMS } from "./programs.ts";

const IN_TURN = { mlp: 2000, convnet: 300, "gpt-2": 100 };

const minutes = numberGiven("the number of minutes", process.argv[2], 60);
await init();
manualSeed(1);
const began = performance.now();
const elapsed = () => (performance.now() - began) / 60_000;
const looks: Look[] = [];
let steps = 0;
let said = 0;
while (elapsed() < minutes) {
  for (const [name, count] of Object.entries(IN_TURN)) {
    const result = await PROGRAMS[name]!(count, () => {});
    if (!Number.isFinite(result)) throw new Error(`${name} gave ${result}`);
    steps += count;
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
  const now = look(steps);
  looks.push(now);
  if (elapsed() - said < 1) continue;
  said = elapsed();
  console.log(
    `${said.toFixed(1).padStart(5)} min  ${steps} steps  resident ${now.residentMib} MiB, mappings ${now.mappings}, tensors ${now.tensors}, buffers ${now.buffers}, bind groups ${now.bindGroups}`,
  );
}
const quarter = Math.floor(looks.length / 4);
const mean = (part: Look[], of: keyof Look) => part.reduce((sum, each) => sum + each[of], 0) / part.length;
for (const of of ["residentMib", "mappings", "tensors", "buffers", "bindGroups"] as const)
  console.log(
    `${of.padEnd(12)} ${mean(looks.slice(quarter, 2 * quarter), of).toFixed(0)} in the second quarter, ${mean(looks.slice(-quarter), of).toFixed(0)} in the last`,
  );
process.exit();
