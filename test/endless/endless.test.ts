// Loops that never await: they end, in a result or in a clear error, and hold no more in the end than early on. Short
// forms of what `bun test/endless/programs.ts mlp 50000 1000` and the like show at length.
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { formatBytes, MIB } from "../../src/gpu/bytes.ts";
import type { Look } from "./programs.ts";

setDefaultTimeout(120_000);

interface Run {
  result: unknown;
  peakBytesInUse: number;
  seen: Look[];
}

async function run(program: string, steps: number, every = 0): Promise<Run> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "programs.ts"), program, String(steps), String(every)],
    { stdout: "pipe", stderr: "pipe" },
  );
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect({ code: await child.exited, signal: child.signalCode, err }).toEqual({
    code: 0,
    signal: null,
    err: "",
  });
  return JSON.parse(out);
}

for (const [program, steps] of [
  ["mlp", 2400],
  ["gpt-2", 240],
] as const) {
  test(`${program}, ${steps} steps that read nothing back: no new bind group or buffer from step 20 on, a pass a batch, memory flat`, async () => {
    const { result, seen } = await run(program, steps);
    const [early, warm, late] = [seen[0]!, seen[1]!, seen.at(-1)!];
    const passes = (late.passes - early.passes) / (late.step - early.step);
    console.log(
      `  ${program}: ${passes.toFixed(2)} passes a step, bind groups ${early.bindGroups} → ${late.bindGroups}, buffers ${early.buffers} → ${late.buffers}, tensors ${warm.tensors} → ${late.tensors}, mappings ${warm.mappings} → ${late.mappings}, resident ${warm.residentMib} → ${late.residentMib} MiB`,
    );
    expect(result).toBeNumber();
    expect([late.bindGroups, late.buffers]).toEqual([early.bindGroups, early.buffers]);
    expect(passes).toBeLessThan(0.5); // 3 and 12 a step, if each small copy ends one
    // What the collector has not found yet goes up and down; none of it is a leak of so many steps.
    expect(late.tensors).toBeLessThan(warm.tensors + 400);
    expect(late.mappings).toBeLessThan(warm.mappings + 2000);
    expect(late.residentMib).toBeLessThan(warm.residentMib + 40);
  });
}

test("120 times the result of the last operation, 4 MiB each: a few of them are held, in noGrad and forward too", async () => {
  const { result, peakBytesInUse } = await run("chain", 120);
  console.log(`  chain: at most ${formatBytes(peakBytesInUse)} held of three times 480 MiB`);
  expect(result).toEqual([1.0120738744735718, 1.0120738744735718, 1.0120738744735718]);
  expect(peakBytesInUse).toBeLessThan(100 * MIB);
});

test("ever new sets of buffers end in an error that says what to do, before the driver's limit is reached", async () => {
  const { result } = await run("shapes", 40_000);
  console.log(`  shapes: ${result}`);
  expect(result).toMatch(
    /^DeviceError: \w+\.\w+ on .*: 45,000 different sets .*: await something in the loop/,
  );
});
