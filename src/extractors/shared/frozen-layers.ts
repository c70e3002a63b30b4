// Models whose lower text layers are frozen: which layers, what their graphs read in place of tokens, and which layers still get a prefix.
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import { layersShareWeights } from "../../encoders/text/table.ts";
import type { I2srmConfig } from "../../models/i2srm/config.ts";
import type { TextStart } from "../../models/text-states.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { GraphModel, TaskGraph } from "./graph-model.ts";
import { type LowerLayers, LowerStates, statesFolder, type Text } from "./lower-states.ts";
import type { PredictionTask } from "./predict-examples.ts";
import type { ModelSetting } from "./training-task.ts";

/** Returns the cache for states of the frozen lower layers; undefined if none are frozen. */
export function lowerStatesOf({
  config,
  encoder,
}: Pick<ModelSetting, "config" | "encoder">): LowerStates | undefined {
  const { frozenLayers } = config.training;
  const { layers } = encoder.config;
  if (frozenLayers > layers) {
    throw new ConfigError({
      code: "config/too-many-frozen-layers",
      message: `training.frozenLayers is ${frozenLayers}, but the text encoder has only ${counted(layers, "layer")}`,
      place: "training.frozenLayers",
      value: frozenLayers,
      remedy: `Set training.frozenLayers to at most ${layers}.`,
    });
  }
  if (frozenLayers > 0 && layersShareWeights(encoder.config)) {
    throw new ConfigError({
      code: "config/contradiction",
      message: `${frozenLayers} layers are to be frozen, and the layers of a text encoder of type ${encoder.config.modelType} share their table of positions`,
      place: "training.frozenLayers",
      value: frozenLayers,
      remedy: "Set training.frozenLayers to 0, or use an encoder such as BERT or RoBERTa.",
    });
  }
  return frozenLayers > 0
    ? new LowerStates(frozenLayers, encoder.config, statesFolder(config.cache))
    : undefined;
}

/**
 * I2SRM's settings with the visual prefix in the trained layers only: states that are computed once cannot depend on a picture's trained
 * projection. Unchanged if no layer is frozen.
 *
 * @param layers number of the text encoder's layers
 * @throws ConfigError `config/contradiction` if a prefix is wanted below, or nowhere else
 */
export function prefixAbove(i2srm: I2srmConfig, frozenLayers: number, layers: number): I2srmConfig {
  const { prefix } = i2srm;
  if (frozenLayers === 0 || !prefix.enabled) return i2srm;
  const every = Array.from({ length: layers }, (_, i) => i);
  const wanted = prefix.layers === "all" ? every.slice(frozenLayers) : prefix.layers;
  const below = wanted.filter((layer) => layer < frozenLayers);
  if (below.length === 0 && wanted.length > 0) return { ...i2srm, prefix: { ...prefix, layers: wanted } };
  const named = below.length > 0 ? `layer ${below.join(", ")}` : "no layer";
  throw new ConfigError({
    code: "config/contradiction",
    message: `training.frozenLayers is ${frozenLayers}, and the visual prefix is for ${named}: it reaches layers above the frozen ones only`,
    place: "training.frozenLayers",
    value: frozenLayers,
    remedy:
      "Name trained layers in model.prefix.layers, set model.prefix.enabled to false, or freeze fewer layers.",
  });
}

/** What a graph reads: tokens, or the states of frozen layers. */
export function startOf(states: LowerStates | undefined): TextStart {
  return states ? { kind: "states", below: states.layers } : { kind: "tokens" };
}

/** The parts of a task that frozen layers add; none without them. */
export function frozenParts<Example>(
  states: LowerStates | undefined,
  lower: LowerLayers,
  /** Declares the whole model, which reads tokens. */
  declareWhole: (scope: ParameterScope) => void,
  textsOf: (example: Example) => readonly Text[],
): Pick<TaskGraph<Example>, "declareFrozen" | "beforePrediction"> {
  if (states === undefined) return {};
  return {
    declareFrozen: declareWhole,
    beforePrediction: (runtime, model, examples, onProgress) =>
      states.compute(runtime, model, lower, examples.flatMap(textsOf), onProgress),
  };
}

/** Computes the states of all texts before the first step. Nothing without frozen layers. */
export function prepareStates<Example>(
  model: Pick<GraphModel<Example>, "prepare">,
  examples: readonly Example[],
  onPreparation: OnPreparation,
): Promise<void> {
  return model.prepare(examples, (done, total) =>
    onPreparation?.({ what: "encoding texts with the frozen layers", done, total }),
  );
}

/** The same task with states as input in place of tokens; unchanged without frozen layers. */
export function readingStates<Example extends { readonly input: Text }>(
  prediction: PredictionTask<Example>,
  states: LowerStates | undefined,
): PredictionTask<Example> {
  if (states === undefined) return prediction;
  return {
    ...prediction,
    predictionInputs(examples) {
      const { input_ids: tokens, ...others } = prediction.predictionInputs(examples);
      const length = tokens!.shape[1]!; // every task whose texts are tokens has this input
      const texts = examples.map(({ input }) => input);
      return { ...others, states: states.batch(texts, length) };
    },
  };
}
