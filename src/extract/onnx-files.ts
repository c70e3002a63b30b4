// Writes prediction graphs as ONNX files that contain their weights, each with a JSON file that describes inputs and outputs.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedCategoryModel } from "../extractors/category/load-category-model.ts";
import { graphOptions as categoryGraph } from "../extractors/category/model-config.ts";
import { tagScores } from "../extractors/entity/entity-reader.ts";
import type { LoadedEntityModel } from "../extractors/entity/load-entity-model.ts";
import { isStudent, promptOf } from "../extractors/entity/model-config.ts";
import type { LoadedModel } from "../extractors/relation/load-model.ts";
import type { RelationMethod } from "../extractors/relation/relation-method.ts";
import { type Calibration, trustOf } from "../extractors/shared/calibration.ts";
import type { GraphModel } from "../extractors/shared/graph-model.ts";
import { type Program, serialize } from "../graph/serialize.ts";
import type { Tensor } from "../graph/tensor.ts";
import { classificationForward } from "../models/i2srm/classification.ts";
import { picturesOf } from "../models/i2srm/config.ts";
import { Dropout } from "../nn/dropout.ts";
import { ParameterScope } from "../nn/parameter-scope.ts";

const FORMAT = "relata-onnx";
const VERSION = 1;

/**
 * Writes `entities.onnx` (tag scores) with `entities.json`.
 *
 * @throws GraphError `graph/too-large` beyond 2 GiB of weights
 */
export async function writeEntityOnnx(folder: string, loaded: LoadedEntityModel): Promise<void> {
  const { config, scheme, chain, tokenizer, calibration } = loaded;
  await writeOnnx(
    folder,
    "entities",
    loaded.model,
    (scope) => ({ emissions: tagScores(scope, config, loaded.encoder) }),
    {
      task: "mner",
      tags: scheme.tags,
      /** Tags are the best path of a linear chain: emissions plus these scores. */
      crf: {
        start: [...chain.start],
        end: [...chain.end],
        /** [from, to], row-major. */
        transitions: [...chain.transitions],
      },
      constrained: config.constrained,
      subwords: config.subwords,
      maxLength: config.maxLength,
      tokens: { pad: tokenizer.padId, before: tokenizer.prefixIds, after: tokenizer.suffixIds },
      ...calibrationPart(calibration),
      ...visualPart(config, promptOf(config)),
      ...(isStudent(config) ? { real: "text" } : {}),
    },
  );
}

/**
 * Writes `relations.onnx` (class scores) with `relations.json`.
 *
 * @throws GraphError `graph/too-large` beyond 2 GiB of weights
 */
export async function writeRelationOnnx(folder: string, loaded: LoadedModel): Promise<void> {
  const { config, method, encoder, labels, markers, tokenizer, calibration } = loaded;
  const { headStart, headEnd, tailStart, tailEnd } = markers;
  await writeOnnx(
    folder,
    "relations",
    loaded.model,
    (scope) => ({ logits: method.logits(scope, encoder, trustOf(calibration)) }),
    {
      task: "mre",
      labels: labels.labels,
      maxLength: config.maxLength,
      tokens: { pad: tokenizer.padId, before: tokenizer.prefixIds, after: tokenizer.suffixIds },
      /** Ids of the tokens around the mentions. */
      markers: { headStart, headEnd, tailStart, tailEnd },
      ...calibrationPart(calibration),
      ...visualPart(config, method.prompt),
      ...method.described(trustOf(calibration)),
    },
  );
}

/**
 * Writes `categories.onnx` (class scores) with `categories.json`.
 *
 * @throws GraphError `graph/too-large` beyond 2 GiB of weights
 */
export async function writeCategoryOnnx(folder: string, loaded: LoadedCategoryModel): Promise<void> {
  const { config, encoder, labels, tokenizer, calibration } = loaded;
  const graph = categoryGraph(config, encoder);
  await writeOnnx(
    folder,
    "categories",
    loaded.model,
    (scope) => ({ logits: classificationForward(scope, graph, new Dropout(false)).logits }),
    {
      task: "classification",
      labels: labels.labels,
      maxLength: config.maxLength,
      tokens: { pad: tokenizer.padId, before: tokenizer.prefixIds, after: tokenizer.suffixIds },
      ...calibrationPart(calibration),
      ...visualPart(config, config.i2srm.prefix),
    },
  );
}

/** A probability p of one of K outcomes becomes (n p + 2 / K) / (n + 2), where n is the number of instances; null: unchanged. */
function calibrationPart(calibration: Calibration | undefined) {
  const { temperature, instances } = calibration ?? { temperature: null, instances: null };
  return { temperature, instances };
}

async function writeOnnx(
  folder: string,
  name: string,
  model: Pick<GraphModel<never>, "parameters">,
  outputs: (scope: ParameterScope) => Readonly<Record<string, Tensor>>,
  description: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { parameters } = model;
  const weights = new Map(parameters.names().map((weight) => [weight, parameters.weight(weight)]));
  const program = serialize(outputs(new ParameterScope()), { weights, graphName: name });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.onnx`), program.bytes);
  const json = {
    format: FORMAT,
    version: VERSION,
    model: `${name}.onnx`,
    ...signature(program),
    ...description,
  };
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(json, undefined, 2)}\n`);
}

/** Names, types and shapes; sizes that vary between runs are names. */
function signature({ inputs, outputs }: Program) {
  const specs = (tensors: Program["inputs"]) =>
    tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  return { inputs: specs(inputs), outputs: specs(outputs) };
}

/** How to make the picture inputs. */
function visualPart(
  { visual }: Pick<LoadedModel["config"], "visual">,
  { promptLength, objects, wholePicture = true }: RelationMethod["prompt"],
) {
  if (visual === null) return {};
  const { label, mapWidth, fingerprint, stages } = visual;
  return {
    visual: {
      channel: label,
      mapWidth,
      promptLength,
      pictures: picturesOf({ objects, wholePicture }),
      ...(wholePicture ? {} : { wholePicture }),
      encoder: fingerprint,
      /** Of the encoder, from 1; absent: all. */
      ...(stages ? { stages } : {}),
    },
  };
}
