// Low-rank adapters (LoRA, arXiv 2106.09685): linear layers whose own weight is frozen, plus a trained product of two narrow matrices.
import { add, multiply } from "../graph/operators/elementwise.ts";
import { linear } from "../graph/operators/matrix.ts";
import type { Tensor } from "../graph/tensor.ts";
import { fanInUniform, type LowRankOptions, type ParameterScope } from "./parameter-scope.ts";

/** Names below an adapted layer, as in the PEFT library. */
const DOWN = "lora_A";
const UP = "lora_B";

/** Whether a parameter belongs to an adapter. */
export function isAdapter(parameter: string): boolean {
  return parameter.endsWith(`.${DOWN}.weight`) || parameter.endsWith(`.${UP}.weight`);
}

/** The parameters of an adapted layer: its weight [out, in], `down` [rank, in] and `up` [out, rank]. */
export interface AdaptedWeight {
  readonly weight: string;
  readonly down: string;
  readonly up: string;
}

/** The adapted layers among these parameters. */
export function adaptedWeights(parameters: Iterable<string>): AdaptedWeight[] {
  const ending = `.${UP}.weight`;
  return [...parameters]
    .filter((name) => name.endsWith(ending))
    .map((up) => {
      const layer = up.slice(0, -ending.length);
      return { weight: `${layer}.weight`, down: `${layer}.${DOWN}.weight`, up };
    });
}

/**
 * `output` [..., out] of a linear layer of `x` [..., in], plus alpha / rank * x A^T B^T. A is drawn as PyTorch draws a linear layer's weight, and B
 * is zero, so that a fresh adapter changes nothing.
 */
export function withAdapter(
  scope: ParameterScope,
  x: Tensor,
  output: Tensor,
  { rank, alpha }: LowRankOptions,
): Tensor {
  const [inputSize, outputSize] = [x.axis(-1) as number, output.axis(-1) as number];
  const down = scope.at(DOWN).parameter("weight", [rank, inputSize], fanInUniform(inputSize));
  const up = scope.at(UP).parameter("weight", [outputSize, rank], { kind: "zeros" });
  return add(output, linear(multiply(linear(x, down), alpha / rank), up));
}

/** `weight` [out, in] + alpha / rank * B A as new float32 elements; products are summed in float64. */
export function mergedWeight(
  weight: Float32Array,
  down: Float32Array,
  up: Float32Array,
  { rank, alpha }: Pick<LowRankOptions, "rank" | "alpha">,
): Float32Array {
  const outputs = up.length / rank;
  const inputs = down.length / rank;
  const merged = new Float32Array(weight.length);
  const row = new Float64Array(inputs);
  for (let out = 0; out < outputs; out++) {
    for (let i = 0; i < inputs; i++) row[i] = weight[out * inputs + i]!; // within the weight, whose shape is [outputs, inputs]
    for (let r = 0; r < rank; r++) {
      const factor = (alpha / rank) * up[out * rank + r]!;
      for (let i = 0; i < inputs; i++) row[i]! += factor * down[r * inputs + i]!;
    }
    merged.set(row, out * inputs);
  }
  return merged;
}
