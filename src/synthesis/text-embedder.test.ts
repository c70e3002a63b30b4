// Sentence embeddings: mean pooling calculated by hand, batches against single texts, and what the fingerprint covers.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeSmallBert } from "../encoders/testing/small-encoders.ts";
import { Runtime } from "../engine/runtime.ts";
import { TextEmbedder } from "./text-embedder.ts";

let runtime: Runtime;
let folder: string;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), "relata-embedder-"));
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

it("is the mean of the tokens' states, special tokens included, divided by its length", async () => {
  // Every layer adds nothing, and the words' vectors have mean 0 and variance 1, so that normalising leaves them as they are.
  const [special, sun] = [
    [1, -1, 1, -1],
    [1, 1, -1, -1],
  ];
  const place = join(folder, "by-hand");
  await writeSmallBert(place, {
    words: ["sun"],
    hidden: 4,
    weight(name, shape) {
      if (name.endsWith("word_embeddings.weight")) return [...Array(5).fill(special), sun].flat();
      const isScale = name.endsWith("LayerNorm.weight");
      return Array(shape.reduce((product, size) => product * size, 1)).fill(isScale ? 1 : 0);
    },
  });
  const embedder = await TextEmbedder.open(runtime, place);
  // [CLS] sun [SEP]: (1,-1,1,-1) + (1,1,-1,-1) + (1,-1,1,-1) = (3,-1,1,-3), of length sqrt(20).
  const expected = [3, -1, 1, -3].map((value) => value / Math.sqrt(20));
  const alone = await embedder.embedAlone("sun");
  expected.forEach((value, i) => {
    expect(alone[i]).toBeCloseTo(value, 6);
  });
  // [CLS] sun sun [SEP]: (4,0,0,-4), of length sqrt(32); padding beside it in the batch counts for nothing.
  const both = await embedder.embed(["sun sun", "sun"]);
  [Math.SQRT1_2, 0, 0, -Math.SQRT1_2, ...expected].forEach((value, i) => {
    expect(both[i]).toBeCloseTo(value, 6);
  });
  await embedder.dispose();
});

it("gives each text of many the embedding that it has alone, cut at the encoder's length", async () => {
  const place = join(folder, "random");
  await writeSmallBert(place, { words: ["red", "kite", "boat", "sea"] });
  const embedder = await TextEmbedder.open(runtime, place);
  const texts = ["red kite", "boat", "red kite", "", `sea ${"red ".repeat(50)}`, "unheard of"];
  const many = await embedder.embed(texts);
  for (const [row, text] of texts.entries()) {
    const alone = await embedder.embedAlone(text);
    alone.forEach((value, i) => {
      expect(many[row * embedder.width + i]).toBeCloseTo(value, 5);
    });
    expect(Math.hypot(...alone)).toBeCloseTo(1, 5);
  }
  expect(await embedder.embedAlone(`sea ${"red ".repeat(30)}`)).toEqual(await embedder.embedAlone(texts[4]!));
  await embedder.dispose();
});

it("has another fingerprint when the weights or the tokenizer are others", async () => {
  const fingerprintOf = async () => {
    const embedder = await TextEmbedder.open(runtime, place);
    await embedder.dispose();
    return embedder.fingerprint;
  };
  const place = join(folder, "changing");
  await writeSmallBert(place, { words: ["red"] });
  const first = await fingerprintOf();
  expect(await fingerprintOf()).toBe(first);
  await writeFile(join(place, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nblue\n");
  const second = await fingerprintOf();
  await writeSmallBert(place, {
    words: ["red"],
    weight: (_, shape) => Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
  });
  expect(new Set([first, second, await fingerprintOf()]).size).toBe(3);
});
