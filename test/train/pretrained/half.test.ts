// The published network's weights as float16: the same tensors, each number off by its rounding at the most, and a network
// of them hears nearly the same.
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { F, noGrad, tensor } from "../../../src/index.ts";
import { halved } from "../../../src/train/pretrained/half.ts";
import { buildPretrained, pretrainedFiles } from "../../../src/train/pretrained/network.ts";
import { findPublished } from "../../../src/train/pretrained/published.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it
const SHARED = join(import.meta.dir, "../../../../shared/weights");

if (!existsSync(SHARED)) console.log(`  weights as float16 were not tried: no ${SHARED}`);
else
  test("half the bytes, and probabilities within .02", async () => {
    const published = findPublished("mn04_as");
    const [weights, classes] = [published.weights, published.classes].map(({ name }) =>
      readFileSync(join(SHARED, name)),
    );
    const halves = Buffer.concat(halved(weights!));
    expect(halves.length).toBeLessThan(weights!.length / 2);
    const data = Float32Array.from({ length: 128 * 200 }, (_, i) => Math.sin(0.001 * i * (i % 128)));
    const [whole, half] = await Promise.all(
      [weights!, halves].map((bytes) => {
        const { network } = buildPretrained(pretrainedFiles(published, bytes, classes!));
        return noGrad(() => F.sigmoid(network.forward(tensor(data, { shape: [1, 1, 128, 200] })))).data();
      }),
    );
    const furthest = Math.max(...Array.from(whole!, (p, i) => Math.abs(p - half![i]!)));
    console.log(
      `  ${halves.length} bytes for ${weights!.length}: off by ${furthest.toExponential(1)} at the most`,
    );
    expect(furthest).toBeGreaterThan(0);
    expect(furthest).toBeLessThan(0.02);
  });
