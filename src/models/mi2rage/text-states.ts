// The states of real or generated texts: the whole text encoder, or its upper layers if the lower ones are frozen and computed in advance.
import { textEncoder, upperTextLayers } from "../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { Dimension } from "../../graph/dimension.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { Dropout } from "../../nn/dropout.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { TextStart } from "./config.ts";

export interface TextReading {
  /** Number of texts. */
  readonly texts: Dimension;
  readonly dropout: Dropout;
  /** Marker tokens appended to the vocabulary. */
  readonly addedTokens: number;
  readonly start: TextStart;
}

/**
 * Last hidden states [texts, length, hidden], and the mask int64 [texts, length]. Graph inputs: `attention_mask` int64 [texts, length], and
 * `input_ids` int64 [texts, length] or `states` float32 [texts, length, hidden].
 */
export function textStates(
  scope: ParameterScope,
  encoder: TextEncoderConfig,
  { texts, dropout, addedTokens, start }: TextReading,
): { readonly hidden: Tensor; readonly attentionMask: Tensor } {
  const attentionMask = input("attention_mask", "int64", [texts, "length"]);
  switch (start.kind) {
    case "tokens": {
      const inputIds = input("input_ids", "int64", [texts, "length"]);
      return {
        hidden: textEncoder(scope, encoder, { inputIds, attentionMask, dropout, addedTokens }),
        attentionMask,
      };
    }
    case "states": {
      const states = input("states", "float32", [texts, "length", encoder.hiddenSize]);
      const hidden = upperTextLayers(scope, encoder, states, { attentionMask, dropout }, start.below);
      return { hidden, attentionMask };
    }
    default:
      return start satisfies never;
  }
}
