// Opening Dawn: it says nothing of its own accord, loses nothing that others say, and explains what is missing.
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { listAdapters, openGpu } from "../../src/platform/dawn.ts";

const PROGRAM = `
  import { explainNoAdapter, openGpu, requestAdapter } from "./src/platform/dawn.ts";
  const adapter = await requestAdapter(await openGpu());
  await adapter?.requestDevice();
  console.log(adapter?.info.description ?? explainNoAdapter());
  console.error("the end");`;

/** Runs PROGRAM in a process of its own: what Dawn prints, it prints the first time only. */
function open(env: Record<string, string>): { stdout: string; stderr: string } {
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", PROGRAM], {
    cwd: `${import.meta.dir}/../..`,
    env: { ...process.env, ...env },
  });
  return { stdout: stdout.toString(), stderr: stderr.toString() };
}

test("an adapter is found without a word on stderr, and stderr works afterwards", () => {
  const { stdout, stderr } = open({});
  console.log(`  opened ${stdout.trim()}`);
  expect(stdout).not.toContain("no usable GPU adapter");
  expect(stderr).toBe("the end\n");
});

test("that a driver cannot keep its programs, where the home folder cannot be written, no user needs to read", () => {
  const { stdout, stderr } = open({ MESA_SHADER_CACHE_DIR: "/proc/nowhere" });
  expect(stdout).not.toContain("no usable GPU adapter");
  expect(stderr).toBe("the end\n");
});

// From here on with the Vulkan loader's own variables, so where Dawn runs on Vulkan.
const onVulkan = test.if(process.platform === "linux");

onVulkan("what the Vulkan loader has to say meanwhile is passed on", () => {
  const { stderr } = open({ VK_LOADER_DEBUG: "info" });
  expect(stderr).toMatch(/Vulkan Loader/i);
  expect(stderr).not.toContain("artificially reduced");
  expect(stderr).toEndWith("the end\n");
});

onVulkan("without a driver there is no adapter, and the reason and the remedy are told in two lines", () => {
  const { stdout, stderr } = open({
    VK_ICD_FILENAMES: "/nonexistent.json",
    VK_DRIVER_FILES: "/nonexistent.json",
  });
  console.log(`  ${stdout.trim().replace("\n", "\n  ")}`);
  expect(stdout).toMatch(
    /^no usable GPU adapter was found \(.*Found no drivers.*\)\ninstall a Vulkan driver.*\.\/setup\.sh.*\n$/,
  );
  expect(stderr).toBe("the end\n");
});

onVulkan("a name that no adapter has is refused with the names that there are", () => {
  const { stderr } = open({ OTOGRAD_ADAPTER: "Voodoo 2" });
  expect(stderr).toMatch(/no adapter's name contains "Voodoo 2" \(OTOGRAD_ADAPTER\); there are: backend: '/);
});

onVulkan("a hundred requests leave no file descriptor open", async () => {
  const gpu = await openGpu();
  const count = () => readdirSync("/proc/self/fd").length;
  await gpu.requestAdapter();
  const before = count();
  for (let i = 0; i < 100; i++) await gpu.requestAdapter();
  expect(count()).toBeLessThanOrEqual(before); // something else of the process may have closed one meanwhile
});

test("the adapters are listed by name, and Dawn is opened once", async () => {
  const adapters = await listAdapters();
  expect(adapters.length).toBeGreaterThan(0);
  for (const { backend, name } of adapters) expect([backend, name]).not.toContain("");
  expect(await openGpu()).toBe(await openGpu());
});

test("waits on a software adapter sleep between polls, and other people's setImmediate does not", async () => {
  const script = `
    const immediately = globalThis.setImmediate;
    let polls = 0;
    globalThis.setImmediate = (...args) => (polls++, immediately(...args));
    const { init, randn } = await import("${import.meta.dir}/../../src/index.ts");
    const { software } = await init();
    const a = randn([512, 512]);
    await a.matmul(a).sum().item(); // compiles
    const waits = [];
    for (let i = 0; i < 5; i++) {
      polls = 0;
      const began = performance.now();
      await a.matmul(a).sum().item();
      waits.push({ waited: performance.now() - began, pollsOfWait: polls });
    }
    // On a busy machine a wait is cut into many, each with eager polls of its own.
    const { waited, pollsOfWait } = waits.reduce((a, b) => (b.pollsOfWait < a.pollsOfWait ? b : a));
    const order = [];
    setTimeout(() => order.push("timer"), 5);
    await new Promise((done) => setImmediate(() => (order.push("immediate"), done())));
    console.log(JSON.stringify({ software, waited, pollsOfWait, order }));
    process.exit(0);`;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", script]);
  const { software, waited, pollsOfWait, order } = JSON.parse(stdout.toString());
  console.log(
    `  a wait of ${waited.toFixed(0)} ms took ${pollsOfWait} polls without a pause, the least of five`,
  );
  expect(order).toEqual(["immediate"]);
  if (software) expect(pollsOfWait).toBeLessThan(200); // it was 200 a millisecond
});
