// `bun run doctor`, as a user sees it: in a process of its own.
import { expect, test } from "bun:test";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../../..");

function doctor(env: Record<string, string>, cwd = ROOT): { code: number; stdout: string; stderr: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    [process.execPath, join(ROOT, "src/train/commands/doctor.ts")],
    {
      cwd,
      env: { ...process.env, ...env },
    },
  );
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

test("names the adapter, checks that it counts, and is plain where nobody looks at a terminal", () => {
  const { code, stdout, stderr } = doctor({ FORCE_COLOR: "1" });
  console.log(stdout.match(/^ {2}(driver|π).*$/gm)?.join("\n"));
  expect(stderr).toBe("");
  for (const title of ["Adapter", "Limits", "Features", "Self-check", "Data"]) {
    expect(stdout).toMatch(new RegExp(`^${title}$`, "m"));
  }
  expect(stdout).toMatch(/π {2}3\.14159\d+ by 16\.8 million rectangles in [\d.]+ ms: right/);
  expect(stdout).not.toContain("\u001b[");
  expect(code).toBe(0);
});

test.if(process.platform === "linux")(
  "says what to install where there is no adapter, and exits with 1",
  () => {
    const { code, stdout, stderr } = doctor({
      VK_ICD_FILENAMES: "/nonexistent.json",
      VK_DRIVER_FILES: "/nonexistent.json",
    });
    expect(stdout).toContain("no usable GPU adapter was found");
    expect(stdout).toContain("run ./setup.sh");
    expect(stdout).toContain("bookworm-backports");
    expect(stderr).toBe("");
    expect(code).toBe(1);
  },
);

test.if(existsSync("/dev/full"))("what cannot be written is told, as by any command", () => {
  const full = openSync("/dev/full", "w");
  const command = [process.execPath, join(ROOT, "src/train/main.ts"), "doctor"];
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd: ROOT, stdio: ["ignore", full, "pipe"] });
  closeSync(full);
  expect(stderr.toString()).toBe("error: cannot write to stdout: no space is left on the disk\n");
  expect(exitCode).toBe(1);
});

test("says how to get a dataset where there is none, which is no fault", () => {
  const empty = mkdtempSync(join(tmpdir(), "otograd-doctor-"));
  try {
    const { code, stdout } = doctor({}, empty);
    expect(stdout).toContain("no dataset: `bun run dataset fetch` downloads ESC-50");
    expect(code).toBe(0);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
