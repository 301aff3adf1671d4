// `bun run fuzz --cases N [--seed N] [--from N] [--only TARGET]`: the long form of the fuzzing that `bun test` does
// shortly. A case that went wrong is repeated with --from ITS_NUMBER --cases 1 and the same seed (and --only).
// `--against ffmpeg` compares what we make of sound files with what ffmpeg does: ffmpeg, sox, lame, flac, vorbis-tools and
// opus-tools must be there.
import { help, optionsGiven } from "../../build/help.ts";
import { Progress } from "../../src/train/terminal/progress.ts";
import { numberGiven } from "../given.ts";
import { againstFfmpeg } from "./against-ffmpeg.ts";
import { fuzz, table } from "./fuzz.ts";

help(import.meta.path);

const text = { type: "string" } as const;
const { values } = optionsGiven({
  options: { cases: text, seed: text, from: text, only: text, against: text },
});
const cases = numberGiven("--cases", values.cases, 1000);
const [seed, from] = [numberGiven("--seed", values.seed, 1, 0), numberGiven("--from", values.from, 0, 0)];
const progress = new Progress();
progress.begin("fuzzing", cases);
if (values.against === "ffmpeg") {
  const differing = await againstFfmpeg({ cases, from, seed }, progress);
  process.exit(differing === 0 ? 0 : 1);
}
const found = await fuzz({
  cases,
  seed,
  from,
  only: values.only,
  onProgress: (done) => progress.update(done),
});
progress.clear();
for (const { index, target, what } of found.wrong) console.log(`case ${index} (${target}): ${what}\n`);
for (const line of table(found)) console.log(line);
process.exit(found.wrong.length === 0 ? 0 : 1);
