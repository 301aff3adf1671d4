// How much memory a device has free, where that can be asked: WebGPU does not tell. An adapter that is a CPU has what the
// machine has; NVIDIA's and AMD's drivers say it of theirs.
import { readdirSync, readFileSync } from "node:fs";
import type { Adapter } from "../runs/config.ts";

/** Bytes; null where nobody says. Of several GPUs that may be meant, of the one that has least. */
export function freeMemory(adapter: Adapter): number | null {
  if (adapter.software) return hostMemory();
  if (/nvidia/i.test(adapter.vendor)) return nvidiaMemory();
  return /amd|ati/i.test(adapter.vendor) ? amdMemory() : null;
}

/** What the machine has available, or the control group that this process is in. */
function hostMemory(): number | null {
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text("/proc/meminfo"))?.[1];
  if (available === undefined) return null;
  const group = /^0::(.*)$/m.exec(text("/proc/self/cgroup"))?.[1] ?? "/";
  const folder = `/sys/fs/cgroup${group === "/" ? "" : group}`;
  const [most, now] = [
    Number(text(`${folder}/memory.max`) || "max"),
    Number(text(`${folder}/memory.current`)),
  ];
  return Math.min(Number(available) * 1024, Number.isNaN(most) ? Number.POSITIVE_INFINITY : most - now);
}

function nvidiaMemory(): number | null {
  try {
    const query = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"];
    const { success, stdout } = Bun.spawnSync(query, { stderr: "ignore" });
    return success ? least(stdout.toString().trim().split("\n"), 2 ** 20) : null;
  } catch {
    return null; // no nvidia-smi here
  }
}

function amdMemory(): number | null {
  const of = (card: string, what: string) =>
    Number(text(`/sys/class/drm/${card}/device/mem_info_vram_${what}`));
  try {
    const cards = readdirSync("/sys/class/drm").filter(
      (name) => /^card\d+$/.test(name) && of(name, "total") > 0,
    );
    return least(cards.map((card) => of(card, "total") - of(card, "used")));
  } catch {
    return null;
  }
}

function least(numbers: readonly (string | number)[], unit = 1): number | null {
  const all = numbers.map(Number).filter(Number.isFinite);
  return all.length === 0 ? null : Math.min(...all) * unit;
}

/** A file's text, nothing where there is none. */
function text(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
