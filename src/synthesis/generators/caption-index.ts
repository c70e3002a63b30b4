// The embedding index of a picture collection: its captions' embeddings, kept on disk, and the pictures
// with the captions nearest to a query. Brute force: one matrix product handles all waiting queries.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writingTo } from "../../base/cannot-write.ts";
import { SynthesisError } from "../../base/errors.ts";
import { Prediction } from "../../engine/prediction.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { readSafetensors, writeSafetensors } from "../../engine/safetensors.ts";
import { hostTensor, zeros } from "../../graph/host-tensor.ts";
import { linear } from "../../graph/operators/matrix.ts";
import { input } from "../../graph/tensor.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import type { TextEmbedder } from "../text-embedder.ts";
import type { CollectedPicture, PictureCollection } from "./picture-collection.ts";

/** A picture near a query: the nearest caption and its cosine. */
export interface Neighbour {
  readonly picture: CollectedPicture;
  readonly caption: string;
  readonly cosine: number;
}

export interface CaptionIndexOptions {
  /** Folder that caches the embeddings between runs; without it they are recomputed. */
  readonly cacheFolder?: string | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Queries per product; more bring no gain, and their scores fill the CPU cache. */
const MAX_QUERIES = 64;
/** Products in float32 differ from exact cosines by less. */
const SCORE_ERROR = 1e-5;

interface Waiting {
  readonly query: Float32Array;
  readonly resolve: (scores: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

export class CaptionIndex {
  readonly #pictures: readonly CollectedPicture[];
  /** First row of each picture's captions, and the number of rows at the end. */
  readonly #firstRow: Int32Array;
  readonly #embeddings: Float32Array;
  readonly #width: number;
  readonly #rowOfCaption: ReadonlyMap<string, number>;
  readonly #prediction: Prediction;
  #waiting: Waiting[] = [];
  #working = false;

  private constructor(
    runtime: Runtime,
    pictures: readonly CollectedPicture[],
    width: number,
    embeddings: Float32Array,
  ) {
    this.#pictures = pictures;
    this.#width = width;
    this.#embeddings = embeddings;
    this.#firstRow = new Int32Array(pictures.length + 1);
    const rowOfCaption = new Map<string, number>();
    let row = 0;
    pictures.forEach(({ captions }, i) => {
      this.#firstRow[i] = row;
      for (const caption of captions) rowOfCaption.set(caption, row++);
    });
    this.#firstRow[pictures.length] = row;
    this.#rowOfCaption = rowOfCaption;
    const rows = row;
    const matrix = hostTensor("float32", [rows, width], embeddings);
    this.#prediction = new Prediction(runtime, {
      graph: () => {
        const captions = new ParameterScope().parameter("captions", [rows, width]);
        return { scores: linear(input("queries", "float32", ["queries", width]), captions) };
      },
      weightNames: ["captions"],
      weight: () => matrix,
      frozen: true,
      label: "caption index",
    });
  }

  /** Embeds the captions of `collection`, or reads cached embeddings. */
  static async open(
    runtime: Runtime,
    embedder: TextEmbedder,
    collection: PictureCollection,
    { cacheFolder, onProgress, signal }: CaptionIndexOptions = {},
  ): Promise<CaptionIndex> {
    const { pictures } = collection;
    const texts = pictures.flatMap(({ captions }) => captions);
    const shape = [texts.length, embedder.width] as const;
    const key = createHash("sha256")
      .update(`${embedder.fingerprint}\n${JSON.stringify(texts)}`)
      .digest("hex");
    const path = cacheFolder === undefined ? undefined : join(cacheFolder, `captions-${key}.safetensors`);
    if (path !== undefined && existsSync(path)) {
      return new CaptionIndex(runtime, pictures, embedder.width, await readEmbeddings(path, shape));
    }
    const embeddings = await embedder.embed(texts, onProgress, signal);
    if (path !== undefined && cacheFolder !== undefined) {
      await writingTo(cacheFolder, () => mkdir(cacheFolder, { recursive: true }));
      await writeSafetensors(path, { embeddings: hostTensor("float32", shape, embeddings) });
    }
    return new CaptionIndex(runtime, pictures, embedder.width, embeddings);
  }

  /** The embedding of a text that is a caption of the collection. */
  embeddingOf(caption: string): Float32Array | undefined {
    const row = this.#rowOfCaption.get(caption);
    return row === undefined ? undefined : this.#row(row);
  }

  /**
   * The `count` nearest pictures, nearest first, without those that are `excluded`. The result depends only
   * on the query, not on other waiting queries: products select candidates, exact cosines order them.
   *
   * @param query float32 [width], of length 1
   */
  async nearest(
    query: Float32Array,
    count: number,
    excluded: (picture: CollectedPicture) => boolean,
  ): Promise<readonly Neighbour[]> {
    const scores = await this.#scores(query);
    const pictures = this.#pictures;
    const best = new Float32Array(pictures.length);
    const top = new TopScores(count);
    for (let i = 0; i < pictures.length; i++) {
      const score = scores[this.#bestRow(i, (row) => scores[row]!)]!;
      best[i] = score;
      // Checks only the names of the few candidates.
      if (score > top.least && !excluded(pictures[i]!)) top.add(score);
    }
    const bound = top.least - 2 * SCORE_ERROR;
    const candidates: { readonly neighbour: Neighbour; readonly position: number }[] = [];
    for (let position = 0; position < pictures.length; position++) {
      const picture = pictures[position]!;
      if (best[position]! < bound || excluded(picture)) continue;
      const row = this.#bestRow(position, (one) => cosine(query, this.#row(one)));
      const caption = picture.captions[row - this.#firstRow[position]!]!;
      const neighbour = { picture, caption, cosine: cosine(query, this.#row(row)) };
      candidates.push({ neighbour, position });
    }
    candidates.sort((a, b) => b.neighbour.cosine - a.neighbour.cosine || a.position - b.position);
    return candidates.slice(0, count).map(({ neighbour }) => neighbour);
  }

  dispose(): Promise<void> {
    return this.#prediction.dispose();
  }

  #row(row: number): Float32Array {
    return this.#embeddings.subarray(row * this.#width, (row + 1) * this.#width);
  }

  /** The first row of a picture with the highest score. */
  #bestRow(picture: number, scoreOf: (row: number) => number): number {
    let best = this.#firstRow[picture]!;
    let highest = scoreOf(best);
    for (let row = best + 1; row < this.#firstRow[picture + 1]!; row++) {
      const score = scoreOf(row);
      if (score > highest) [best, highest] = [row, score];
    }
    return best;
  }

  /** Products of a query with all captions, batched with other waiting queries. */
  #scores(query: Float32Array): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, resolve, reject });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_QUERIES);
      try {
        const queries = zeros("float32", [batch.length, this.#width]);
        batch.forEach(({ query }, i) => {
          queries.data.set(query, i * this.#width);
        });
        const { scores } = await this.#prediction.run({ queries });
        const [, rows] = scores!.shape as [number, number];
        const data = scores!.data as Float32Array;
        batch.forEach(({ resolve }, i) => {
          resolve(data.subarray(i * rows, (i + 1) * rows));
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#working = false;
  }
}

/** The largest `size` scores seen so far. */
class TopScores {
  readonly #size: number;
  readonly #scores: number[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** The minimum score to be among them. */
  get least(): number {
    return this.#scores.length < this.#size ? Number.NEGATIVE_INFINITY : this.#scores[this.#size - 1]!;
  }

  add(score: number): void {
    let at = this.#scores.length;
    while (at > 0 && this.#scores[at - 1]! < score) at--;
    this.#scores.splice(at, 0, score);
    this.#scores.length = Math.min(this.#scores.length, this.#size);
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

async function readEmbeddings(path: string, shape: readonly [number, number]): Promise<Float32Array> {
  const stored = (await readSafetensors(path)).tensor("embeddings");
  const fits = stored.shape[0] === shape[0] && stored.shape[1] === shape[1];
  if (fits && stored.data instanceof Float32Array) return stored.data;
  throw new SynthesisError({
    code: "synthesis/bad-embedding-cache",
    message: `${path} contains ${stored.dtype} [${stored.shape.join(", ")}] instead of float32 [${shape.join(", ")}]`,
    place: path,
    value: stored.shape,
    remedy: "Delete the file; it will be made again.",
  });
}
