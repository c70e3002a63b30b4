// Reads a stream of made-up short posts with a model and prints the resident memory on the way: `node scripts/stream-memory.mjs MODEL --posts N`. Every
// post has an id and a word of its own, so whatever is kept for ids or words shows. A relation model alone gets two mentions in every Nth post (--ask N), and
// none in the others: a million posts then take minutes. Needs the build (dist/).
import { parseArgs } from "node:util";
import { runBatch } from "../dist/extract/batch/run-batch.js";

const { values, positionals } = parseArgs({
  options: {
    posts: { type: "string", default: "1000000" },
    threads: { type: "string", default: "1" },
    every: { type: "string" },
    ask: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
const [model] = positionals;
const count = Number(values.posts);
if (model === undefined || !Number.isSafeInteger(count) || count < 1) {
  console.error(
    "usage: node scripts/stream-memory.mjs MODEL [--posts N] [--threads N] [--every N] [--ask N]",
  );
  process.exit(2);
}
const every = values.every === undefined ? Math.ceil(count / 10) : Number(values.every);

const ask = Number(values.ask);
const NAMES = ["Ada", "Bo", "Cy", "Dee", "Eli", "Fay"];

/** A post of some ten words. */
function postOf(i) {
  const [head, tail] = [NAMES[i % 6], NAMES[(i * 5 + 1 + Math.floor(i / 6)) % 6]];
  const start = head.length + 5; // after " met "
  const mentions = [
    { start: 0, end: head.length, label: "person" },
    { start, end: start + tail.length, label: "person" },
  ];
  const text = `${head} met ${tail} at place${i} on day ${i % 365}`;
  return { id: `post-${i}`, text, entities: i % ask === 0 ? mentions : [] };
}

const source = {
  place: "made-up posts",
  counts: "line",
  async *rows() {
    for (let i = 0; i < count; i++) yield { row: i + 1, key: String(i), post: postOf(i) };
  },
};

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
let next = every;
const begun = performance.now();
const { account, peakMemoryBytes } = await runBatch({
  model,
  source,
  threads: Number(values.threads),
  output: async () => undefined,
  onProgress(rows) {
    if (rows < next) return;
    next += every;
    const { rss, heapTotal, heapUsed, arrayBuffers } = process.memoryUsage();
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    console.log(
      `${rows} posts, ${seconds} s: ${megabytes(rss)} MiB resident; JavaScript's heap ${megabytes(heapTotal)} MiB, ${megabytes(heapUsed)} used; buffers ${megabytes(arrayBuffers)}`,
    );
  },
});
console.log(`${account.posts} posts read, peak ${megabytes(peakMemoryBytes)} MiB`);
