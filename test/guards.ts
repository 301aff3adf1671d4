// The guards behind arrays that an operation makes for itself and lets go: nobody reads those back, so a program that writes
// behind the end of one would not be seen.
import { device } from "../src/gpu/device.ts";
import { guardOf } from "../src/gpu/pool.ts";

/** Arrays that are looked at in one body, at most. */
const MOST = 4096;
/** Of each guard, its first vec4. */
const BYTES = 16;

/** Runs `body`, and fails where something was written behind the end of an array that was let go meanwhile. */
export async function guarded(name: string, body: () => Promise<void>): Promise<void> {
  const { pool, stream } = device();
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const seen = stream.createBuffer(MOST * BYTES, usage, () => "the guards of a test");
  const letGo: { bytes: number; guard: number }[] = [];
  const { giveBack } = pool;
  pool.giveBack = (storage) => {
    const { place, bytes, shelf } = storage;
    if (shelf === null && letGo.length < MOST) {
      const end = BYTES * Math.ceil(bytes / BYTES);
      stream.copySmall(place.buffer, end, seen, BYTES * letGo.length, BYTES);
      letGo.push({ bytes, guard: guardOf(place.id) });
    }
    giveBack.call(pool, storage);
  };
  try {
    await body();
  } finally {
    pool.giveBack = giveBack;
  }
  const words = letGo.length === 0 ? [] : new Uint32Array(await stream.read(seen, BYTES * letGo.length));
  seen.destroy();
  for (const [i, word] of words.entries()) {
    const { bytes, guard } = letGo[Math.floor((4 * i) / BYTES)]!;
    if (word !== guard)
      throw new Error(
        `${name}: something was written behind the end of an array of ${bytes} bytes that it made and let go`,
      );
  }
}
