// Vectors of texts, by which a batch is spread over the pool: mean-pooled states of the text encoder as it was before training.
import { join } from "node:path";
import { sha256 } from "../base/sha256.ts";
import { FeatureCache } from "../data/feature-cache.ts";
import { Runtime } from "../engine/runtime.ts";
import { openTextEmbedder } from "../extractors/embedding/open-embedders.ts";
import type { LoadOptions } from "../extractors/shared/runtime-options.ts";
import type { Vectors } from "./choose-batch.ts";

/** Embeds texts; those that the cache has are not computed again. */
export async function vectorsOfTexts(
  texts: readonly string[],
  {
    encoder,
    cache,
    options,
  }: { readonly encoder: string; readonly cache: string; readonly options: LoadOptions },
): Promise<Vectors> {
  const runtime = await Runtime.open(options);
  try {
    const embedder = await openTextEmbedder(runtime, encoder);
    try {
      const extractor = `text vectors ${embedder.fingerprint}`;
      await using known = await FeatureCache.open(join(cache, "text-vectors"), { extractor, shared: true });
      const found = await Promise.all(texts.map((text) => known.get(sha256(text))));
      const missing = texts.flatMap((text, i) => (found[i] === undefined ? [{ text, i }] : []));
      const fresh = await embedder.embed(missing.map(({ text }) => text));
      const { width } = embedder;
      const data = new Float32Array(texts.length * width);
      for (const [i, features] of found.entries()) if (features) data.set(features.vector!.data, i * width);
      for (const [row, { text, i }] of missing.entries()) {
        const vector = fresh.slice(row * width, (row + 1) * width);
        data.set(vector, i * width);
        await known.getOrCompute(sha256(text), async () => ({ vector: { shape: [width], data: vector } }));
      }
      return { data, width };
    } finally {
      await embedder.dispose();
    }
  } finally {
    await runtime.dispose();
  }
}
