// A frozen text encoder for prediction: takes token ids and mask, returns the last layer's states.
import { type Precision, Prediction } from "../engine/prediction.ts";
import type { Runtime } from "../engine/runtime.ts";
import { input } from "../graph/tensor.ts";
import { Dropout } from "../nn/dropout.ts";
import { ParameterScope } from "../nn/parameter-scope.ts";
import { textEncoder } from "./text/table.ts";
import type { TextEncoderConfig } from "./text-config.ts";
import { loadWeights, openWeights } from "./weights.ts";

export interface FrozenTextFolder {
  readonly folder: string;
  readonly config: TextEncoderConfig;
  /** The encoder's place among the names of a larger model's weights, e.g. "encoder". */
  readonly prefix?: string | undefined;
  /** Tokens that the larger model added to the vocabulary. */
  readonly addedTokens?: number | undefined;
}

/**
 * Loads the encoder of a folder with frozen weights: int64 `input_ids` and `attention_mask` [batch, length]
 * to float32 `hidden` [batch, length, width].
 *
 * @param label names the graph in errors
 * @param precision default "fp32"; "int8" on the CPU only
 * @throws EncoderError the codes of `openWeights` and `loadWeights`
 */
export async function frozenTextEncoder(
  runtime: Runtime,
  { folder, config, prefix = "", addedTokens = 0 }: FrozenTextFolder,
  label: string,
  precision?: Precision,
): Promise<Prediction> {
  const scope = new ParameterScope(prefix);
  const hidden = textEncoder(scope, config, {
    inputIds: input("input_ids", "int64", ["batch", "length"]),
    attentionMask: input("attention_mask", "int64", ["batch", "length"]),
    dropout: new Dropout(false),
    addedTokens,
  });
  const { weights } = loadWeights(scope.table.values(), await openWeights(folder));
  return new Prediction(runtime, {
    graph: () => ({ hidden }),
    weightNames: [...weights.keys()],
    weight: (name) => weights.get(name)!, // loaded for every parameter of the graph
    frozen: true,
    label,
    precision,
  });
}
