// Times AdamW on a word table of all-MiniLM-L6-v2's size, in processor time on one thread, with builds of relata in turn:
// node scripts/bench-word-table.mjs dist ../before/dist
import { resolve } from "node:path";

const SIZE = { rows: 30522, width: 384 };
/** A table that fits into a processor's cache: what is left is arithmetic. */
const IN_CACHE = { rows: 340, width: 384 };
const ROUNDS = 15;
const builds = process.argv.slice(2);

/** @param live rows of a hundred that have a gradient */
async function start({ AdamW, Parameters }, { rows, width }, live) {
  const group = { name: "words", weightDecay: 0.01, learningRateScale: 1 };
  const table = Parameters.create([{ name: "words", shape: [rows, width], group: group.name }], [group]);
  const { data: weights } = table.weight("words");
  const { data: gradients } = table.gradient("words");
  for (let i = 0; i < weights.length; i++) {
    weights[i] = Math.sin(i) / 20;
    gradients[i] = Math.floor(i / width) % 100 < live ? Math.cos(i) / 1000 : 0;
  }
  return new AdamW(table, { accumulation: 1, threads: 1 });
}

for (const [size, live] of [
  [SIZE, 100],
  [SIZE, 28],
  [SIZE, 0],
  [IN_CACHE, 100],
]) {
  const elements = size.rows * size.width;
  const steps = Math.ceil(5e7 / elements); // 0.1 s
  const sides = [];
  for (const build of builds) {
    const optimizer = await start(await import(resolve(build, "engine/index.js")), size, live);
    sides.push({ build, optimizer, step: 0, nanoseconds: [] });
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const side of sides) {
      const before = process.cpuUsage();
      for (let i = 0; i < steps; i++) await side.optimizer.apply(++side.step, 1e-4, { accumulated: 1 });
      const { user, system } = process.cpuUsage(before);
      if (round > 0) side.nanoseconds.push((1000 * (user + system)) / steps / elements);
    }
  }
  for (const { build, optimizer, nanoseconds } of sides) {
    nanoseconds.sort((a, b) => a - b);
    const [fastest, median] = [nanoseconds[0], nanoseconds[(ROUNDS - 1) / 2]].map((value) =>
      value.toFixed(2),
    );
    console.log(
      `${size.rows} rows, ${live} % with a gradient: ${median} ns per element, fastest ${fastest} (${build})`,
    );
    await optimizer.dispose();
  }
}
