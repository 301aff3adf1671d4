// One process of a ring all-reduce over TCP: all processes of the ring hold as many float32 numbers, and in the end each holds
// their sums. bench/scale.ts starts two of them on the loopback address, and is told how long that takes.
import { connect, createServer, type Socket } from "node:net";

export interface Place {
  rank: number;
  of: number;
  /** Where the next process of the ring listens. */
  next: number;
  numbers: number;
  times: number;
}

/** Reads so many bytes, and again. */
function reader(socket: Socket) {
  const chunks: Buffer[] = [];
  let there = 0;
  let wake = () => {};
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    there += chunk.length;
    wake();
  });
  return async (into: Uint8Array): Promise<void> => {
    for (let at = 0; at < into.length; ) {
      while (there === 0) await new Promise<void>((resolve) => (wake = resolve));
      const chunk = chunks.shift()!;
      const taken = chunk.subarray(0, into.length - at);
      into.set(taken, at);
      at += taken.length;
      there -= taken.length;
      if (taken.length < chunk.length) chunks.unshift(chunk.subarray(taken.length));
    }
  };
}

const before = Promise.withResolvers<Socket>();
const server = createServer((socket) => before.resolve(socket)).listen(0, "127.0.0.1", () =>
  process.send!({ port: (server.address() as { port: number }).port }),
);

process.on("message", async ({ rank, of, next, numbers, times }: Place) => {
  const after = connect(next, "127.0.0.1").setNoDelay(true);
  const read = reader(await before.promise);
  const size = Math.ceil(numbers / of);
  const data = new Float32Array(of * size);
  const part = (i: number) => data.subarray((((i % of) + of) % of) * size).subarray(0, size);
  const bytes = (of: Float32Array) => new Uint8Array(of.buffer, of.byteOffset, of.byteLength);
  const coming = new Float32Array(size);
  const taken: number[] = [];
  const send = (some: Float32Array) =>
    new Promise<void>((resolve) => after.write(bytes(some), () => resolve()));
  for (let time = 0; time <= times; time++) {
    data.fill(rank + 1);
    const began = performance.now();
    for (let step = 0; step < of - 1; step++) {
      const sent = send(part(rank - step));
      await read(bytes(coming));
      await sent;
      const sum = part(rank - step - 1);
      for (let i = 0; i < size; i++) sum[i]! += coming[i]!;
    }
    for (let step = 0; step < of - 1; step++) {
      const sent = send(part(rank + 1 - step));
      await read(bytes(part(rank - step)));
      await sent;
    }
    taken.push((performance.now() - began) / 1000);
    if (data.some((value) => value !== (of * (of + 1)) / 2)) throw new Error("the sums are wrong");
  }
  process.send!({ seconds: taken.slice(1) }, () => process.exit(0)); // the first warms up
});
