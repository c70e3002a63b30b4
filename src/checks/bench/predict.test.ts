import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { benchPredict, MINILM_SIZES } from "./predict.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const sizes = { ...MINILM_SIZES, layers: 1, hidden: 16, heads: 2, ffn: 24, vocabulary: 50, relations: 3 };

/** A reference that scores everything 0: it reads the folder of the last argument and writes `rows` scores a batch. */
async function zeroScorer(name: string, relations: number): Promise<string> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(
    path,
    `import { readFileSync, writeFileSync } from "node:fs";
const bench = process.argv.at(-1);
const file = readFileSync(bench + "/batches.safetensors");
const size = Number(file.readBigUInt64LE(0));
const inputs = JSON.parse(file.subarray(8, 8 + size).toString());
const { batches, relations } = JSON.parse(readFileSync(bench + "/model.json", "utf8"));
if (relations !== 3) throw new Error("relations: " + relations);
const header = {};
let end = 0;
for (let batch = 0; batch < batches; batch++) {
  const rows = inputs[batch + "/input_ids"].shape[0];
  header[batch + "/logits"] = { dtype: "F32", shape: [rows, ${relations}], data_offsets: [end, end += 4 * rows * ${relations}] };
}
const text = JSON.stringify(header);
const head = Buffer.alloc(8);
head.writeBigUInt64LE(BigInt(text.length));
const outputs = bench + "/zeros.safetensors";
writeFileSync(outputs, Buffer.concat([head, Buffer.from(text), Buffer.alloc(end)]));
console.log(JSON.stringify({ ready: true, precision: "none", outputs }));
process.stdin.setEncoding("utf8").on("data", (line) => {
  if (line.startsWith("step")) console.log(JSON.stringify({ seconds: 2, peakRssBytes: 1000 }));
  else process.exit(0);
});
`,
  );
  return `node ${path}`;
}

function bench(against: readonly string[], texts = 7) {
  const [lengths, runtime] = [[5, 9, 6], { threads: 1 }];
  const options = {
    sizes,
    visual: false,
    precision: "fp32",
    texts,
    lengths,
    warmUp: 1,
    steps: 2,
    runtime,
  } as const;
  return benchPredict({ ...options, against });
}

it("gives a reference the same batches and says how far its scores are from ours", async () => {
  const result = await bench([await zeroScorer("right", 3)]);
  expect(result).toMatchObject({ texts: 7, batches: 1, tokens: 45, paddedTokens: 63, steps: 2 });
  const [peer] = result.peers;
  expect(result.largestScore).toBeGreaterThan(0);
  expect(peer?.largestDifference).toBeCloseTo(result.largestScore, 6);
  expect(peer?.timeRatio).toBeLessThan(1); // its two seconds are made up
  expect(peer?.examplesPerSecond).toBeCloseTo(3.5, 6);
});

it("names a reference whose scores have another shape", async () => {
  await expect(bench([await zeroScorer("wrong", 2)])).rejects.toMatchObject({ code: "bench/other-scores" });
});
