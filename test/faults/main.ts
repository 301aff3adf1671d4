// `bun run faults`: the long forms of what test/faults does shortly. --kills N [--seed N]: kills and resumes trainings.
import { parseArgs } from "node:util";
import { killTest } from "./kills.ts";

const { values } = parseArgs({
  options: { kills: { type: "string" }, seed: { type: "string", default: "1" } },
});
const say = (line: string) => console.error(line);

if (values.kills !== undefined) {
  const counts = await killTest(Number(values.kills), Number(values.seed), say);
  console.log(JSON.stringify(counts));
  if (counts.same !== counts.runs) process.exit(1);
}
