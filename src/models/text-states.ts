// The states of texts: the whole text encoder, or its upper layers if the lower ones are frozen and computed in advance.
import type { TextLayerInputs } from "../encoders/text/architecture.ts";
import { textEncoder, upperTextLayers } from "../encoders/text/table.ts";
import type { TextEncoderConfig } from "../encoders/text-config.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";

/** Input of the text encoder: tokens, or the states of its lower layers, which are then not part of the graph. */
export type TextStart = { readonly kind: "tokens" } | { readonly kind: "states"; readonly below: number };

/** How a graph reads its texts. */
export interface TextReading extends TextLayerInputs {
  /** Marker tokens appended to the vocabulary; default none. */
  readonly addedTokens?: number;
  readonly start: TextStart;
}

/**
 * Last hidden states [texts, length, hidden], where `attentionMask` is int64 [texts, length]. Further graph input: `input_ids` int64 [texts,
 * length], or `states` float32 [texts, length, hidden] after the layers below. A visual prefix reaches the layers of the graph only.
 */
export function textStates(
  scope: ParameterScope,
  encoder: TextEncoderConfig,
  { addedTokens = 0, start, ...inputs }: TextReading,
): Tensor {
  const [texts, length] = inputs.attentionMask.shape as [Tensor["shape"][number], Tensor["shape"][number]];
  switch (start.kind) {
    case "tokens": {
      const inputIds = input("input_ids", "int64", [texts, length]);
      return textEncoder(scope, encoder, { inputIds, addedTokens, ...inputs });
    }
    case "states": {
      const states = input("states", "float32", [texts, length, encoder.hiddenSize]);
      return upperTextLayers(scope, encoder, states, inputs, start.below);
    }
    default:
      return start satisfies never;
  }
}
