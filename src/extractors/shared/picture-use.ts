// How much each text layer of a model used the pictures of some texts, from the outputs of its graph.
import { type PrefixConfig, picturesOf } from "../../models/i2srm/config.ts";
import type { PrefixedModel } from "../../models/i2srm/prefix-inputs.ts";
import { PrefixUse, rowsByLayer } from "../../models/i2srm/prefix-use.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { TaskGraph } from "./graph-model.ts";

/** What one text layer did with the picture. */
export interface LayerUse {
  /** Counted from 0. */
  readonly layer: number;
  /**
   * Shares of the pieces of the projected picture in the layer's prefix: means over the shown pictures. They sum to 1 however little the layer reads
   * of the picture.
   */
  readonly gates: readonly number[];
  /** Share of the attention of the text's tokens that goes to the prefix, from 0 to 1: a mean over tokens and heads. Absent if the layer does not attend. */
  readonly attention?: number;
  /** The same share by picture: the whole one unless the model leaves it out, then the crops. */
  readonly pictures?: readonly number[];
}

/** One text that a model read. */
export interface UseExample {
  /** Outputs of the model's graph for it. */
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /** Its number of tokens. */
  readonly tokens: number;
}

/** The prefix of a model, as far as it decides which positions belong to which picture. */
export type PrefixLayout = Pick<PrefixConfig, "promptLength" | "objects" | "wholePicture">;

/** Declares the outputs by building a model with `build`; undefined for a model without visual prefixes. */
export function pictureUseOf(
  { visual, i2srm }: PrefixedModel,
  build: (scope: ParameterScope, use: PrefixUse) => void,
): TaskGraph<never>["pictureUseGraph"] {
  if (!visual || !i2srm.prefix.enabled) return undefined;
  return (scope) => {
    const use = new PrefixUse();
    build(scope, use);
    return use.outputs;
  };
}

/**
 * Returns each layer's use of one post's picture. The texts are those that were read for the post: windows of its text, or its text once
 * for every pair of mentions; each counts by its number of tokens.
 *
 * @param shown number of pictures of the post that the model sees
 */
export function layerUses(
  examples: readonly UseExample[],
  layout: PrefixLayout,
  shown: number,
): readonly LayerUse[] {
  const [first] = examples;
  if (first === undefined) return [];
  const tokens = examples.reduce((sum, example) => sum + example.tokens, 0);
  const rows = examples.map(({ outputs }) => rowsByLayer(outputs));
  const mean = (values: (row: (typeof rows)[number]) => readonly number[]): number[] =>
    rows
      .map((row, i) => values(row).map((value) => (value * examples[i]!.tokens) / tokens)) // one row for each example
      .reduce((sum, weighted) => sum.map((value, i) => value + weighted[i]!));
  return rows[0]!.map(({ layer, attention }, at) => {
    const gates = mean((row) => meanGates(row[at]!.gates, layout, shown)); // all rows have the same layers
    if (attention === undefined) return { layer, gates };
    const pictures = mean((row) => attentionByPicture(row[at]!.attention!, layout)).slice(0, shown);
    return { layer, gates, attention: pictures.reduce((sum, share) => sum + share, 0), pictures };
  });
}

/** Means over the shown pictures: [pictures, pieces] -> [pieces]. */
function meanGates(gates: Float32Array, layout: PrefixLayout, shown: number): number[] {
  const pieces = gates.length / picturesOf(layout);
  return Array.from({ length: pieces }, (_, piece) => {
    let sum = 0;
    for (let picture = 0; picture < shown; picture++) sum += gates[picture * pieces + piece]!;
    return sum / shown;
  });
}

/**
 * Sums attention [heads, pictures * prompt] by picture, as means over heads. The keys were reshaped, not transposed, so a picture's positions
 * are elsewhere in every head: position p of head h shows picture (h * pictures * prompt + p) / (heads * prompt), rounded down.
 */
function attentionByPicture(attention: Float32Array, layout: PrefixLayout): number[] {
  const pictures = picturesOf(layout);
  const heads = attention.length / (pictures * layout.promptLength);
  const sums = new Array<number>(pictures).fill(0);
  for (const [i, share] of attention.entries())
    sums[Math.floor(i / (heads * layout.promptLength))]! += share / heads;
  return sums;
}
