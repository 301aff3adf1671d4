// Microphones, by programs that stand in for recorders: the first that gives sound is taken, and what went wrong is told.
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMicrophone } from "../../../src/train/listen/recorder.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-recorder-"));
const { PATH } = process.env;
afterAll(() => {
  process.env.PATH = PATH;
  rmSync(root, { recursive: true });
});

/** Only these programs are there, each with its shell script. */
function install(name: string, programs: Record<string, string>): void {
  mkdirSync(join(root, name));
  for (const [program, script] of Object.entries(programs)) {
    writeFileSync(join(root, name, program), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
    chmodSync(join(root, name, program), 0o755);
  }
  process.env.PATH = join(root, name);
}

test("the first that records is taken; when it dies, its last word is told behind its last sound", async () => {
  install("dies", {
    "pw-record": `echo "pw_context_connect() failed: Host is down" >&2; exit 1`,
    arecord: `printf abcd; sleep 0.1; printf ef; echo "arecord: pcm_read:2221: read error: No such device" >&2; exit 1`,
    sox: `echo never >&2`,
  });
  const microphone = await openMicrophone(22050);
  expect([microphone.name, microphone.sampleRate, microphone.kind]).toEqual(["arecord", 44100, "recorder"]);
  let heard = "";
  const hear = async () => {
    for await (const bytes of microphone.bytes) heard += new TextDecoder().decode(bytes);
  };
  await expect(hear()).rejects.toThrow(
    "arecord: stopped recording: pcm_read:2221: read error: No such device",
  );
  expect(heard).toBe("abcdef");
});

test("one that is closed is ended, and says nothing more", async () => {
  install("lasts", { parecord: `echo $$; while :; do sleep 0.05; echo x; done` });
  const microphone = await openMicrophone(16000);
  expect(microphone.sampleRate).toBe(32000);
  let pid = 0;
  for await (const bytes of microphone.bytes) {
    pid ||= Number.parseInt(new TextDecoder().decode(bytes), 10);
    microphone.close();
  }
  const runs = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  while (runs()) await Bun.sleep(5); // or the test ends by its time limit
});

test("where none records, one line says why, or what to install", async () => {
  install("fail", {
    arecord: `echo "arecord: main:831: audio open error: No such file or directory" >&2; exit 1`,
    ffmpeg: "exit 3",
  });
  await expect(openMicrophone(22050)).rejects.toThrow(
    "no microphone can be opened (arecord: main:831: audio open error: No such file or directory; ffmpeg: exit code 3)",
  );
  install("none", {});
  await expect(openMicrophone(22050)).rejects.toThrow(
    /^there is nothing to record with: install .*(arecord|sox)/,
  );
});
