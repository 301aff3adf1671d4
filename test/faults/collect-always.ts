// Preloaded into a process, has JavaScript's collector look for garbage all the time, and says in the end how often.
let collections = 0;
const collect = () => {
  Bun.gc(true);
  collections++;
};
setInterval(collect, 5).unref();
process.on("exit", () => console.error(`${collections} collections`));
