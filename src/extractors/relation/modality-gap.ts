// The modality gap of I2SRM's relation model on held-out pairs: its texts and pictures in the space of the semantic loss.

import { ConfigError } from "../../base/errors.ts";
import { loadWeights, openWeights } from "../../encoders/weights.ts";
import { Prediction } from "../../engine/prediction.ts";
import { Runtime, type RuntimeOptions } from "../../engine/runtime.ts";
import { type ModelGap, modalityGap } from "../../evaluation/modality-gap.ts";
import { outOfFoldPredictions } from "../../evaluation/ridge.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { mreForward } from "../../models/i2srm/mre.ts";
import { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { type VisualShape, visualShapeOf } from "../shared/batch-inputs.ts";
import { batchesOf } from "../shared/predict-examples.ts";
import type { RelationExample } from "./examples.ts";
import type { LoadedModel } from "./load-model.ts";
import { graphOptions, type I2srmRelationConfig } from "./model-config.ts";
import { relationPrediction } from "./relation-prediction.ts";

/** Every pair is compared with every other. */
const MOST_PAIRS = 1000;
const FOLDS = 5;

/**
 * @param clusters a number per example, equal for those that share a text or a picture
 * @throws ConfigError `config/no-modality-gap` for other models; EvaluationError `evaluation/nothing-to-evaluate`
 */
export async function gapOfModel(
  loaded: LoadedModel,
  folder: string,
  examples: readonly RelationExample[],
  clusters: readonly number[],
  options: RuntimeOptions,
): Promise<ModelGap> {
  const { config } = loaded;
  if (!("i2srm" in config)) throw noGap(folder, "it is not a model of I2SRM");
  if (config.visual === null) throw noGap(folder, "it was trained without pictures");
  const rows = examples.flatMap((example, i) => (example.visual ? [{ example, cluster: clusters[i]! }] : []));
  const every = Math.max(1, Math.ceil(rows.length / MOST_PAIRS));
  const chosen = rows.filter((_, i) => i % every === 0);
  const pairs = chosen.map(({ example }) => example);
  const own = chosen.map(({ cluster }) => cluster);
  await using runtime = await Runtime.open(options);
  const alone = await representations(runtime, loaded, config, folder, pairs, false);
  const pooled = pairs.map(({ visual }) => visual!.pooled); // filtered above
  const predicted = outOfFoldPredictions({
    features: pooled,
    targets: alone.texts,
    clusters: own,
    folds: FOLDS,
  });
  const fitted = modalityGap({ texts: alone.texts, pictures: predicted, clusters: own });
  if (alone.pictures === undefined) return { measured: pairs.length, fitted };
  const { pictures } = alone;
  const { texts } = await representations(runtime, loaded, config, folder, pairs, true);
  return {
    measured: pairs.length,
    trained: modalityGap({ texts: alone.texts, pictures, clusters: own }),
    trainedWithPrefix: modalityGap({ texts, pictures, clusters: own }),
    fitted,
  };
}

interface Representations {
  readonly texts: readonly Float32Array[];
  readonly pictures: readonly Float32Array[] | undefined;
}

async function representations(
  runtime: Runtime,
  { encoder, tokenizer, markers }: LoadedModel,
  config: I2srmRelationConfig,
  folder: string,
  examples: readonly RelationExample[],
  withPrefix: boolean,
): Promise<Representations> {
  const graph = graphOptions(config, encoder);
  const shape = visualShapeOf(graph) as VisualShape; // there are pictures
  const scope = new ParameterScope();
  const { entityPair } = mreForward(scope, graph, new Dropout(false));
  const outputs: Record<string, Tensor> = { texts: entityPair };
  if (config.i2srm.semanticLoss.enabled) {
    const logits = input("image_logits", "float32", [entityPair.axis(0), shape.classes]);
    outputs.pictures = linearLayer(scope.at("linear_kl"), logits, shape.classes, 2 * encoder.hiddenSize);
  }
  const { weights } = loadWeights(scope.table.values(), await openWeights(folder));
  const prediction = new Prediction(runtime, {
    graph: () => outputs,
    weightNames: [...weights.keys()],
    weight: (name) => weights.get(name)!, // loaded for every parameter of the graph
    frozen: true,
    label: "representations of texts and pictures",
  });
  const task = relationPrediction({
    padId: tokenizer.padId,
    pairs: config.pairs,
    markers,
    visual: shape,
  });
  const found: Record<string, Float32Array[]> = { texts: [], pictures: [] };
  try {
    await prediction.runAll(
      batchesOf(task, examples),
      (batch) => {
        const inputs = task.predictionInputs(batch.map((i) => examples[i]!));
        // Without the prefix, no position may attend to the picture; the semantic loss's layer still reads it.
        if (!withPrefix) (inputs.picture_mask!.data as Float32Array).fill(0);
        return inputs;
      },
      (batch, results) => {
        for (const [name, { data }] of Object.entries(results)) {
          const width = data.length / batch.length;
          batch.forEach((i, row) => {
            found[name]![i] = (data as Float32Array).slice(row * width, (row + 1) * width);
          });
        }
      },
    );
  } finally {
    await prediction.dispose();
  }
  return { texts: found.texts!, pictures: outputs.pictures ? found.pictures : undefined };
}

/** The error for a model without representations of both. */
export function noGap(folder: string, why: string): ConfigError {
  return new ConfigError({
    code: "config/no-modality-gap",
    message: `${folder} has no gap between texts and pictures to measure: ${why}`,
    place: "--modality-gap",
    value: folder,
    remedy: "Name a relation model of I2SRM that was trained with pictures (visual.kind).",
  });
}
