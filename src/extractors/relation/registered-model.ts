// A model with a registered relation reader: the text encoder, the reader's graph on top, and the conversion of a batch to their inputs.
import { textEncoder } from "../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { tokenInputs } from "../../encoders/token-inputs.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { badAnswer, callNow } from "../../extensions/guarded.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import { reshape } from "../../graph/operators/shape.ts";
import { input, Tensor } from "../../graph/tensor.ts";
import { meanOfSpan } from "../../models/entity-pair.ts";
import { Dropout } from "../../nn/dropout.ts";
import { crossEntropy } from "../../nn/losses.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { visualInputs } from "../shared/batch-inputs.ts";
import { GraphModel, type GraphModelOptions, type TaskGraph } from "../shared/graph-model.ts";
import { labelOf } from "../shared/label-of.ts";
import { parameterGroups } from "../shared/parameter-groups.ts";
import { WORD_TABLE } from "../shared/word-table.ts";
import { spanInputs } from "./batch-inputs.ts";
import type { RelationExample } from "./examples.ts";
import type { RegisteredRelationConfig } from "./registered-config.ts";
import type { ReadPicture, RelationReaderExtension } from "./relation-reader-contract.ts";

export interface RegisteredModelOptions extends GraphModelOptions {
  readonly reader: RelationReaderExtension;
  readonly config: RegisteredRelationConfig;
  readonly encoder: TextEncoderConfig;
  readonly padId: number;
  /** Rates and decay of the encoder and the other parameters. */
  readonly groups: { readonly weightDecay: number; readonly headLearningRateScale: number };
}

export class RegisteredModel extends GraphModel<RelationExample> {
  constructor(runtime: Runtime, options: RegisteredModelOptions) {
    super(runtime, registeredTask(options), options);
  }
}

/**
 * Scores [batch, relations]. Graph inputs: those of I2SRM's model for relations, without mixup.
 *
 * @throws ExtensionError `extension/failed`, `extension/bad-answer`
 */
export function registeredLogits(
  scope: ParameterScope,
  { reader, config, encoder }: Pick<RegisteredModelOptions, "reader" | "config" | "encoder">,
  dropout: Dropout,
): Tensor {
  const attentionMask = input("attention_mask", "int64", ["batch", "length"]);
  const states = textEncoder(scope.at("encoder"), encoder, {
    inputIds: input("input_ids", "int64", ["batch", "length"]),
    attentionMask,
    dropout,
    addedTokens: config.addedTokens,
  });
  const relations = config.relations.length;
  let sites = 0;
  const doing = "building its graph";
  const logits = callNow<unknown>(reader, doing, () =>
    reader.logits(scope.at("reader"), {
      states,
      attentionMask,
      head: meanOfSpan(states, "head_span"),
      tail: meanOfSpan(states, "tail_span"),
      hidden: encoder.hiddenSize,
      relations,
      picture: pictureOf(config),
      dropout: (x, probability) => dropout.apply(x, probability, `reader/${sites++}`),
    }),
  );
  if (!(logits instanceof Tensor)) throw badAnswer(reader, doing, "logits gave no tensor");
  const [shape, wanted] = [logits.shape, ["batch", relations]].map((sizes) => JSON.stringify(sizes));
  if (shape !== wanted || logits.dtype !== "float32")
    throw badAnswer(reader, doing, `its scores are ${logits.dtype} ${shape}, not float32 ${wanted}`);
  return logits;
}

function pictureOf({ visual, promptLength }: RegisteredRelationConfig): ReadPicture | undefined {
  if (visual === null) return undefined;
  const { mapWidth, classes } = visual;
  return {
    map: reshape(input("maps", "float32", ["batch", 1, promptLength, mapWidth]), [
      "batch",
      promptLength * mapWidth,
    ]),
    pooled: input("image_logits", "float32", ["batch", classes]),
    present: input("picture_mask", "float32", ["batch", 1]),
  };
}

/** Leaves out crops in a features file: a reader sees only whole pictures. */
function wholePicture({ visual }: RelationExample): Pick<RelationExample, "visual"> {
  return { visual: visual && { ...visual, maps: visual.maps.slice(0, 1) } };
}

function registeredTask(options: RegisteredModelOptions): TaskGraph<RelationExample> {
  const { config, padId, groups } = options;
  const { visual, promptLength } = config;
  const shape = visual && {
    mapWidth: visual.mapWidth,
    classes: visual.classes,
    pictures: 1,
    promptLength,
  };
  const inputsOf = (examples: readonly RelationExample[]) => ({
    ...tokenInputs(
      examples.map(({ input: tokens }) => tokens),
      padId,
    ),
    ...spanInputs(examples),
    ...(shape ? visualInputs(examples.map(wholePicture), shape) : {}),
  });
  return {
    name: config.reader.name,
    sparseTable: WORD_TABLE,
    lengthOf: ({ input: tokens }) => tokens.length,
    idOf: ({ id }) => id,
    trainingGraph(scope, dropout) {
      const logits = registeredLogits(scope, options, dropout);
      return { loss: crossEntropy(logits, input("labels", "int64", ["batch"])), terms: {} };
    },
    planStep(examples) {
      const inputs = inputsOf(examples);
      const labels = hostTensor("int64", [examples.length], examples.map(labelOf));
      return {
        variant: "plain",
        inputs: { ...inputs, labels },
        sizes: new Map([
          ["batch", examples.length],
          ["length", inputs.input_ids!.shape[1]!], // tokenInputs sets it
        ]),
      };
    },
    predictionGraph: (scope) => registeredLogits(scope, options, new Dropout(false)),
    predictionInputs: inputsOf,
    ownScores: (row) => row,
    partOf: (name) => (name.startsWith("encoder.") ? "encoder" : "heads"),
    groups: parameterGroups(groups.weightDecay, { encoder: 1, heads: groups.headLearningRateScale }),
  };
}
