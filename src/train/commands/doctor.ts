// `bun run doctor`: what this machine has for otograd to run on, whether it counts right, and what to do if not.
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { version } from "../../../package.json" with { type: "json" };
import { formatBytes } from "../../gpu/bytes.ts";
import { isSoftware, openDevice } from "../../gpu/device.ts";
import { listAdapters, openGpu, requestAdapter, whyNoAdapter } from "../../platform/dawn.ts";
import { HOW_TO_GET_ONE } from "../dataset/dataset.ts";
import { openDataset } from "../dataset/open.ts";
import { oneLine } from "../terminal/errors.ts";
import { colorsFor } from "../terminal/live.ts";
import { writeOut } from "../terminal/stdout.ts";
import piProgram from "./doctor.wgsl" with { type: "text" };

const WHAT_TO_DO = `in a checkout, run ./setup.sh, which installs a software Vulkan driver where no GPU can be used
by hand, on Debian 13 or Ubuntu 24.04: apt-get install libvulkan1 mesa-vulkan-drivers
on Debian 12 the same with -t bookworm-backports, whose Mesa is new enough for WebGPU (that suite must be among apt's sources)
with a GPU: install its maker's Vulkan driver; \`vulkaninfo --summary\` (package vulkan-tools) lists what the loader finds`;

/** The features that otograd can use; the rest are named in one line. */
const FEATURES = ["subgroups", "timestamp-query", "shader-f16"];

const LIMITS = [
  ["maxBufferSize", "bytes"],
  ["maxStorageBufferBindingSize", "bytes"],
  ["maxStorageBuffersPerShaderStage", ""],
  ["maxComputeWorkgroupStorageSize", "bytes"],
  ["maxComputeInvocationsPerWorkgroup", ""],
  ["maxComputeWorkgroupsPerDimension", ""],
] as const;

type Line = readonly [name: string, value: string];

/** Prints the report; returns the exit code: 0, or 1 where nothing can be computed, or not rightly. */
export async function doctor(): Promise<number> {
  const colour = colorsFor();
  const say = (text: string) => writeOut(`${text}\n`);
  const print = (title: string, lines: readonly Line[]) => {
    const width = Math.max(...lines.map(([name]) => name.length));
    const body = lines.map(([name, value]) => `  ${colour.dim(name.padEnd(width))}  ${value}`.trimEnd());
    say(`\n${colour.bold(title)}\n${body.join("\n")}`);
  };
  const trouble = (text: string) => say(text.replace(/^/gm, "  ").replace(/\S.*/, colour.red));

  const cores = availableParallelism();
  say(
    `otograd ${version}, Bun ${Bun.version}, ${process.platform} ${process.arch}, ${cores} CPU core${cores > 1 ? "s" : ""}`,
  );
  let code = 0;
  try {
    const gpu = await openGpu();
    const adapter = await requestAdapter(gpu);
    if (adapter === null) {
      say(`\n${colour.bold("Adapter")}`);
      trouble(`${whyNoAdapter()}\n${WHAT_TO_DO}`);
      code = 1;
    } else {
      print("Adapter", await describe(adapter));
      print(
        "Limits",
        LIMITS.map(([name, unit]) => limit(name, adapter.limits[name], unit)),
      );
      print("Features", features(adapter));
      const { line, right } = await selfCheck((await openDevice(gpu)).gpu);
      print("Self-check", [
        ["π", right ? `${line} ${colour.green("right")}` : `${line} ${colour.red("WRONG")}`],
      ]);
      if (!right) code = 1;
    }
  } catch (error) {
    say(`\n${colour.bold("Adapter")}`);
    trouble(oneLine(error));
    code = 1;
  }
  print("Data", datasets("data"));
  return code;
}

async function describe(adapter: GPUAdapter): Promise<Line[]> {
  const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  const all = await listAdapters();
  const dashed = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-"); // as `device` is spelt
  const listed = all.find(({ name }) => dashed(name) === device) ?? all[0];
  const others = all.filter((other) => other !== listed).map(({ backend, name }) => `${name} (${backend})`);
  return [
    ["name", listed?.name ?? device],
    ["vendor", vendor],
    ["architecture", architecture],
    ["driver", description],
    ["backend", listed?.backend ?? "unknown"],
    ["software", isSoftware(adapter.info) ? "yes: the CPU does a GPU's work" : "no: this is a GPU"],
    [
      "subgroups",
      subgroupMinSize === subgroupMaxSize
        ? `of ${subgroupMinSize} lanes`
        : `of ${subgroupMinSize} to ${subgroupMaxSize} lanes`,
    ],
    ...(others.length > 0
      ? [["also here", `${others.join(", ")}; OTOGRAD_ADAPTER=NAME chooses`] as const]
      : []),
  ];
}

function limit(name: string, value: number, unit: "bytes" | ""): Line {
  return [name, unit === "bytes" ? formatBytes(value) : value.toLocaleString("en")];
}

function features(adapter: GPUAdapter): Line[] {
  const rest = [...adapter.features].filter((name) => !FEATURES.includes(name)).sort();
  const used = FEATURES.map((name): Line => [name, adapter.features.has(name) ? "yes" : "no"]);
  return [...used, ["others", rest.join(" ") || "none"]];
}

/** Integrates π on the device, and compares it. */
async function selfCheck(device: GPUDevice): Promise<{ line: string; right: boolean }> {
  const [workgroup, groups, terms] = [64, 1024, 256];
  const threads = workgroup * groups;
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: {
      module: device.createShaderModule({ code: piProgram }),
      constants: { WORKGROUP: workgroup, TERMS: terms },
    },
  });
  const bytes = threads * Float32Array.BYTES_PER_ELEMENT;
  const heights = device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const readable = device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: heights } }],
  });
  const run = async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups);
    pass.end();
    encoder.copyBufferToBuffer(heights, 0, readable, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    const sum = new Float32Array(readable.getMappedRange()).reduce((total, height) => total + height, 0);
    readable.unmap();
    return sum / (threads * terms);
  };
  await run(); // the first run pays for what drivers put off until then
  const start = performance.now();
  const pi = await run();
  const milliseconds = performance.now() - start;
  heights.destroy();
  readable.destroy();
  // A sum of n float32 terms, one after the other, is off by at most a part of n · 2⁻²⁴.
  const right = Math.abs(pi - Math.PI) <= Math.PI * terms * 2 ** -24;
  const millions = ((threads * terms) / 1e6).toFixed(1);
  return {
    line: `${pi.toFixed(7)} by ${millions} million rectangles in ${milliseconds.toFixed(1)} ms:`,
    right,
  };
}

/** The datasets in `folder` and in the folders directly below it. */
function datasets(folder: string): Line[] {
  const below = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).map((entry) => join(folder, entry.name))
    : [];
  const found = [folder, ...below.sort()].filter((place) => existsSync(join(place, "meta", "esc50.csv")));
  if (found.length === 0) return [[`${folder}/`, `no dataset: ${HOW_TO_GET_ONE}`]];
  return found.map((place): Line => {
    try {
      const { clips, classes } = openDataset(place);
      return [place, `${clips.length} clips of ${classes.length} classes`];
    } catch (error) {
      return [place, oneLine(error)];
    }
  });
}

if (import.meta.main) process.exit(await doctor());
