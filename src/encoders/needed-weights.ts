// The weights that the model of a config.json needs, by their names in the graph: an index may name many more.
import { Extensions } from "../extensions/extension.ts";
import { input } from "../graph/tensor.ts";
import { Dropout } from "../nn/dropout.ts";
import { ParameterScope } from "../nn/parameter-scope.ts";
import type { NeededWeights } from "./folder-files.ts";
import { pictureNetwork } from "./picture-network.ts";
import { parseTextConfig, textEncoder } from "./text/table.ts";
import type { TextEncoderConfig } from "./text-config.ts";

/** The weights of a text encoder's graph. */
export function textWeightNames(config: TextEncoderConfig): string[] {
  const scope = new ParameterScope();
  textEncoder(scope, config, {
    inputIds: input("input_ids", "int64", ["batch", "length"]),
    attentionMask: input("attention_mask", "int64", ["batch", "length"]),
    dropout: new Dropout(false),
  });
  return [...scope.table.values()].map(({ name }) => name);
}

/** For `resolveEncoder`: what a text encoder needs. @throws EncoderError `encoder/unsupported-config` */
export const neededByText: NeededWeights = neededByTextWith(Extensions.NONE);

/** The same with registered families. */
export function neededByTextWith(extensions: Extensions): NeededWeights {
  return (config, place) => textWeightNames(parseTextConfig(config, place, extensions));
}

/** For `resolveEncoder`: what a picture encoder needs. @throws EncoderError `encoder/unsupported-config` */
export const neededByPictures: NeededWeights = (config, place, names) => {
  const { build, imageSize } = pictureNetwork(config, place, {
    names: () => names,
    spec: () => ({ dtype: "float32", shape: [1] }), // the number of a classifier's labels changes no name
  });
  const scope = new ParameterScope();
  build(scope, input("pixels", "float32", ["batch", 3, imageSize, imageSize]));
  return [...scope.table.values()].map(({ name }) => name);
};
