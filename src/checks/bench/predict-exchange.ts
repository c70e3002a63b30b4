// Files for a reference to make the same predictions: weights, batches, and a folder for its scores.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { tokenInputs } from "../../encoders/token-inputs.ts";
import { predictionBatches } from "../../engine/prediction-batches.ts";
import { readSafetensors, writeSafetensors } from "../../engine/safetensors.ts";
import { spanInputs } from "../../extractors/relation/batch-inputs.ts";
import type { RelationExample } from "../../extractors/relation/examples.ts";
import type { RelationModel } from "../../extractors/relation/relation-model.ts";
import { visualInputs, visualShapeOf } from "../../extractors/shared/batch-inputs.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import type { MreModelOptions } from "../../models/i2srm/mre.ts";

const PAD = 0;

/**
 * A folder of its own with `model.safetensors`, `batches.safetensors` ("<batch>/<input>", in the order of the batches) and `model.json`
 * (sizes, and the number of batches). Dispose of it.
 */
export class PredictExchange implements AsyncDisposable {
  readonly folder: string;
  readonly #batches: readonly (readonly number[])[];

  private constructor(folder: string, batches: readonly (readonly number[])[]) {
    this.folder = folder;
    this.#batches = batches;
  }

  static async write(
    model: RelationModel,
    graph: MreModelOptions,
    examples: readonly RelationExample[],
  ): Promise<PredictExchange> {
    const batches = predictionBatches(examples.map((example) => model.lengthOf(example)));
    const folder = await mkdtemp(join(tmpdir(), "relata-bench-"));
    const exchange = new PredictExchange(folder, batches);
    try {
      await exchange.#write(model, graph, examples);
      return exchange;
    } catch (error) {
      await exchange[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #write(
    model: RelationModel,
    graph: MreModelOptions,
    examples: readonly RelationExample[],
  ): Promise<void> {
    const { parameters } = model;
    const weights = Object.fromEntries(parameters.names().map((name) => [name, parameters.weight(name)]));
    await writeSafetensors(join(this.folder, "model.safetensors"), weights);
    const shape = visualShapeOf(graph);
    const inputs: Record<string, HostTensor> = {};
    this.#batches.forEach((indices, batch) => {
      const members = indices.map((i) => examples[i] as RelationExample);
      const tokens = members.map(({ input }) => input);
      const { maps, picture_mask } = shape ? visualInputs(members, shape) : {};
      const all = {
        ...tokenInputs(tokens, PAD),
        ...spanInputs(members),
        ...(maps && picture_mask ? { maps, picture_mask } : {}),
      };
      for (const [name, tensor] of Object.entries(all)) inputs[`${batch}/${name}`] = tensor;
    });
    await writeSafetensors(join(this.folder, "batches.safetensors"), inputs);
    const { encoder, i2srm, visual, relations } = graph;
    const description = {
      encoder,
      prefix: i2srm.prefix,
      visual: visual ?? null,
      relations,
      batches: this.#batches.length,
    };
    await writeFile(join(this.folder, "model.json"), JSON.stringify(description));
  }

  /**
   * The largest difference between our scores, by example, and those that a reference names in its ready message: a file of
   * "<batch>/logits". Undefined when it names none.
   *
   * @throws EngineError for a damaged file, ConfigError `bench/other-scores` when it has other shapes
   */
  async largestDifference(
    ours: readonly Float32Array[],
    ready: Readonly<Record<string, unknown>>,
  ): Promise<number | undefined> {
    const { outputs } = z.looseObject({ outputs: z.string().optional() }).parse(ready);
    if (outputs === undefined) return undefined;
    const file = await readSafetensors(outputs);
    let largest = 0;
    this.#batches.forEach((indices, batch) => {
      const { data, shape } = file.tensor(`${batch}/logits`);
      const width = ours[indices[0] as number]?.length ?? 0;
      if (data.length !== indices.length * width) throw otherScores(outputs, batch, shape);
      indices.forEach((i, row) => {
        ours[i]?.forEach((score, column) => {
          const difference = Math.abs(score - Number(data[row * width + column]));
          if (!(difference <= largest)) largest = difference; // a NaN shows
        });
      });
    });
    return largest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function otherScores(file: string, batch: number, shape: readonly number[]): ConfigError {
  return new ConfigError({
    code: "bench/other-scores",
    message: `the reference's scores of batch ${batch} have the shape [${shape.join(", ")}], not [rows, relations]`,
    place: file,
    value: shape,
    remedy: "Make the reference write float32 scores [rows, relations] for every batch.",
    fault: "work",
  });
}
