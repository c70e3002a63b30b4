// Caches states of texts after the frozen lower layers of the text encoder: computed once, kept in memory or in a scratch file.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { FeatureCache } from "../../data/feature-cache.ts";
import { lowerTextLayers } from "../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { tokenInputs } from "../../encoders/token-inputs.ts";
import { Prediction } from "../../engine/prediction.ts";
import { equalLengthBatches } from "../../engine/prediction-batches.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { type HostTensor, zeros } from "../../graph/host-tensor.ts";
import { input } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { availableMemoryBytes } from "../../training/memory.ts";
import type { GraphModel } from "./graph-model.ts";
import { StateStore } from "./state-store.ts";

export type Text = { readonly ids: readonly number[] };

/** How many lower layers a run froze, and where their states are kept: a loaded model then reads a text that is known there several times faster. */
export interface FrozenStates {
  readonly layers: number;
  /** The run's `cache`; undefined: states are kept in memory only. */
  readonly cache?: string | undefined;
}

/** Its folder in a run's `cache`. */
const STATES_FOLDER = "text-states";

/** The share of the available memory that states may take; further ones go into a scratch file. */
const MEMORY_SHARE = 0.25;

/** What the lower layers need to read a text. */
export interface LowerLayers {
  readonly encoder: TextEncoderConfig;
  /** Marker tokens appended to the vocabulary. */
  readonly addedTokens: number;
  readonly padId: number;
}

/** The states of a text-only student's frozen layers; undefined for other models and without frozen layers. */
export function statesOfLoaded(
  frozen: FrozenStates | undefined,
  { visual }: { readonly visual: unknown },
  encoder: TextEncoderConfig,
): LowerStates | undefined {
  if (frozen === undefined || frozen.layers === 0 || visual !== null) return undefined;
  return new LowerStates(frozen.layers, encoder, statesFolder(frozen.cache));
}

/** Where states are kept in a run's `cache`. */
export function statesFolder(cache: string | undefined): string | undefined {
  return cache === undefined ? undefined : join(cache, STATES_FOLDER);
}

export class LowerStates {
  readonly layers: number;
  readonly #width: number;
  readonly #cacheFolder: string | undefined;
  readonly #known: StateStore;

  /**
   * With `cacheFolder`, states are also stored there for other runs.
   *
   * @param memoryBytes of states to keep in memory; default: a quarter of what is available
   */
  constructor(
    layers: number,
    encoder: TextEncoderConfig,
    cacheFolder?: string,
    memoryBytes: number = MEMORY_SHARE * availableMemoryBytes(),
  ) {
    this.layers = layers;
    this.#width = encoder.hiddenSize;
    this.#cacheFolder = cacheFolder;
    this.#known = new StateStore({ memoryBytes, folder: cacheFolder });
  }

  /**
   * Computes missing states of texts, with the weights of `model`, which must not have changed since the last call. A text's states do not
   * depend on the other texts.
   */
  async compute(
    runtime: Runtime,
    model: Pick<GraphModel<never>, "parameters">,
    { encoder, addedTokens, padId }: LowerLayers,
    texts: readonly Text[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<void> {
    const wanted = [...new Map(texts.map((text) => [keyOf(text), text]))].filter(
      ([key]) => !this.#known.has(key),
    );
    if (wanted.length === 0) return;
    const scope = new ParameterScope();
    const graph = (into: ParameterScope) => ({
      hidden: lowerTextLayers(
        into.at("encoder"),
        encoder,
        {
          inputIds: input("input_ids", "int64", ["batch", "length"]),
          attentionMask: input("attention_mask", "int64", ["batch", "length"]),
          dropout: new Dropout(false),
          addedTokens,
        },
        this.layers,
      ),
    });
    graph(scope);
    await using cache =
      this.#cacheFolder === undefined
        ? undefined
        : await this.#openCache(this.#cacheFolder, model, encoder, scope.table);
    const fresh: typeof wanted = [];
    for (const one of wanted) {
      const cached = await cache?.get(hashOf(one[0]));
      if (cached) this.#known.add(one[0], cached.states!.data);
      else fresh.push(one);
    }
    if (fresh.length === 0) return;
    const prediction = new Prediction(runtime, {
      graph: () => graph(new ParameterScope()),
      weightNames: [...scope.table.keys()],
      weight: (name) => model.parameters.weight(name),
      frozen: true,
      label: "lower layers",
    });
    try {
      let done = 0;
      await prediction.runAll(
        equalLengthBatches(fresh.map(([, { ids }]) => ids.length)),
        (batch) =>
          tokenInputs(
            batch.map((i) => fresh[i]![1]),
            padId,
          ),
        (batch, outputs) => {
          const { data, shape } = outputs.hidden!;
          const length = shape[1]!;
          batch.forEach((i, row) => {
            const [key, { ids }] = fresh[i]!;
            const start = row * length * this.#width;
            this.#known.add(key, (data as Float32Array).slice(start, start + ids.length * this.#width));
          });
          done += batch.length;
          onProgress?.(done, fresh.length);
        },
      );
    } finally {
      await prediction.dispose();
    }
    if (cache === undefined) return;
    for (const [key, { ids }] of fresh) {
      const shape = [ids.length, this.#width];
      const data = new Float32Array(ids.length * this.#width);
      this.#known.copy(key, data, 0); // computed above
      await cache.getOrCompute(hashOf(key), async () => ({ states: { shape, data } }));
    }
  }

  /** The cache belongs to the weights of the lower layers, including rows added to the word table. */
  #openCache(
    folder: string,
    { parameters }: Pick<GraphModel<never>, "parameters">,
    encoder: TextEncoderConfig,
    below: ReadonlyMap<string, unknown>,
  ): Promise<FeatureCache> {
    const digest = createHash("sha256");
    for (const name of parameters.names()) {
      if (!below.has(name)) continue;
      const { data, shape } = parameters.weight(name);
      digest.update(`${name} ${shape.join(",")}\n`);
      digest.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    digest.update(JSON.stringify([encoder, this.layers]));
    return FeatureCache.open(folder, { extractor: digest.digest("hex"), shared: true });
  }

  /** Returns the states of a batch, padded with zeros: float32 [texts, length, hidden]. */
  batch(texts: readonly Text[], length: number): HostTensor<"float32"> {
    const states = zeros("float32", [texts.length, length, this.#width]);
    texts.forEach((text, row) => {
      if (text.ids.length === 0) return;
      const known = this.#known.copy(keyOf(text), states.data, row * length * this.#width);
      if (!known) throw new Error("a text was never computed");
    });
    return states;
  }
}

const keyOf = ({ ids }: Text): string => ids.join(" ");
const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");
