// How the text layers of a graph use their visual prefixes: the gates that mixed each one, and the attention that tokens give to it.
import type { Dimension } from "../../graph/dimension.ts";
import { reduceSum } from "../../graph/operators/broadcasting.ts";
import { add, cast, divide, multiply } from "../../graph/operators/elementwise.ts";
import { reshape, slice } from "../../graph/operators/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { VisualPrefix } from "./visual-prefix.ts";

const GATES = "gates/";
const ATTENTION = "attention/";

/**
 * Collects further outputs of a prediction graph. Gates are a mixture: they say which pieces of the projected picture a layer reads, not how
 * much it reads of the picture. The attention says that.
 */
export class PrefixUse {
  readonly #gates = new Map<number, Tensor>();
  readonly #attention = new Map<number, Tensor[]>();

  /** The same prefix, whose layer reports its attention here. @param attentionMask int64 [batch, length], 1 for a token */
  watched(layer: number, prefix: VisualPrefix, attentionMask: Tensor): AttentionPrefix {
    this.#gates.set(layer, prefix.gates);
    const found: Tensor[] = [];
    this.#attention.set(layer, found); // a registered text encoder may attend several times in one layer
    return {
      ...prefix,
      onWeights: (weights) => found.push(meanOverTokens(weights, prefix.key, attentionMask)),
    };
  }

  /**
   * Graph outputs by name, float32: `gates/<layer>` [batch, pictures, pieces], and `attention/<layer>` [batch, heads, prefix], the mean over
   * a text's tokens of the weight that each gives to each prefix position.
   */
  get outputs(): Readonly<Record<string, Tensor>> {
    const outputs: Record<string, Tensor> = {};
    for (const [layer, gates] of this.#gates) outputs[`${GATES}${layer}`] = gates;
    for (const [layer, found] of this.#attention) {
      if (found.length === 0) continue; // this layer does not attend
      const sum = found.reduce((total, weights) => add(total, weights));
      outputs[`${ATTENTION}${layer}`] = found.length === 1 ? sum : multiply(sum, 1 / found.length);
    }
    return outputs;
  }
}

/** One layer's outputs for one example, by name. */
export interface PrefixUseRow {
  readonly layer: number;
  readonly gates: Float32Array;
  /** Undefined for a layer that does not attend. */
  readonly attention: Float32Array | undefined;
}

/** Sorts an example's outputs by layer. */
export function rowsByLayer(outputs: Readonly<Record<string, Float32Array>>): PrefixUseRow[] {
  return Object.entries(outputs)
    .filter(([name]) => name.startsWith(GATES))
    .map(([name, gates]) => {
      const layer = Number(name.slice(GATES.length));
      return { layer, gates, attention: outputs[`${ATTENTION}${layer}`] };
    })
    .sort((a, b) => a.layer - b.layer);
}

/** Weights [batch, heads, length, prefix + length] -> [batch, heads, prefix]. */
function meanOverTokens(weights: Tensor, key: Tensor, attentionMask: Tensor): Tensor {
  const [batch, , length] = weights.shape as readonly [Dimension, Dimension, Dimension];
  const onPrefix = slice(weights, 3, 0, key.axis(2) as number);
  const mask = cast(attentionMask, "float32");
  const shares = divide(mask, reduceSum(mask, { axes: [1], keepDimensions: true }));
  return reduceSum(multiply(onPrefix, reshape(shares, [batch, 1, length, 1])), { axes: [2] });
}
