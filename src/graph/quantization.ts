// Linear layers in eight bits: weights are converted once to int8 with one scale per output; the graph converts activations at every
// run to uint8 with one scale and zero point. Sums of products are exact int32; everything around the layers stays float32.
import { GraphError } from "../base/errors.ts";
import { formatShape } from "./dimension.ts";
import { type HostTensor, zeros } from "./host-tensor.ts";
import type { TensorSpec } from "./onnx-node.ts";

/**
 * Largest magnitude of an int8 weight. Processors without dedicated instructions add pairs of uint8 * int8 products in saturating
 * int16: 255 * 64 * 2 just fits, so results are the same on every processor at the cost of one bit.
 */
const LARGEST_WEIGHT = 64;
const TILE = 32;

/** A linear layer's weight [out, in] in the form that a quantised graph needs. */
interface QuantizedWeight {
  /** int8 [in, out]: round(weight / scale of its output), transposed. */
  readonly values: HostTensor<"int8">;
  /** float32 [out]: the largest magnitude of each output's weights over 64. */
  readonly scales: HostTensor<"float32">;
}

/** Names of the two tensors that replace a quantised weight. */
export function quantizedNames(weight: string): { readonly values: string; readonly scales: string } {
  return { values: `${weight}/int8`, scales: `${weight}/scale` };
}

/**
 * Quantises a weight float32 [out, in] symmetrically, with one scale per output: |values * scale - weight| <= scale / 2.
 *
 * @throws GraphError `graph/not-a-matrix`, `graph/not-finite` (integers cannot represent NaN)
 */
export function quantizeWeight(name: string, weight: HostTensor<"float32">): QuantizedWeight {
  const [outputs, inputs] = weight.shape;
  if (weight.shape.length !== 2 || outputs === undefined || inputs === undefined) {
    throw new GraphError({
      code: "graph/not-a-matrix",
      message: `quantizeWeight: '${name}' has shape ${formatShape(weight.shape)}, but must be a matrix [out, in]`,
      place: name,
      remedy: "Quantise only the weights of linear layers.",
    });
  }
  const values = zeros("int8", [inputs, outputs]);
  const scales = zeros("float32", [outputs]);
  const [source, target] = [weight.data, values.data];
  for (let output = 0; output < outputs; output++) {
    const row = source.subarray(output * inputs, (output + 1) * inputs);
    scales.data[output] = largestMagnitude(name, row) / LARGEST_WEIGHT;
  }
  // Tile by tile, so that reads along rows and writes along columns stay in the cache.
  for (let top = 0; top < outputs; top += TILE) {
    for (let left = 0; left < inputs; left += TILE) {
      const [bottom, right] = [Math.min(top + TILE, outputs), Math.min(left + TILE, inputs)];
      for (let output = top; output < bottom; output++) {
        const scale = scales.data[output] as number;
        if (scale === 0) continue; // all values are zero or nearly so
        for (let i = left; i < right; i++) {
          const steps = (source[output * inputs + i] as number) / scale;
          target[i * outputs + output] = steps < 0 ? Math.ceil(steps - 0.5) : Math.floor(steps + 0.5);
        }
      }
    }
  }
  return { values, scales };
}

/**
 * The values to supply to a session of `program`: parameters from `weight`, quantised if the program requires it.
 *
 * @throws GraphError as `quantizeWeight`
 */
export function suppliedValues(
  program: { readonly supplied: readonly TensorSpec[]; readonly quantized: readonly string[] },
  weight: (name: string) => HostTensor<"float32">,
): Map<string, HostTensor> {
  const values = new Map<string, HostTensor>();
  for (const name of program.quantized) {
    const names = quantizedNames(name);
    const quantized = quantizeWeight(name, weight(name));
    values.set(names.values, quantized.values).set(names.scales, quantized.scales);
  }
  for (const { name } of program.supplied) if (!values.has(name)) values.set(name, weight(name));
  return values;
}

function largestMagnitude(name: string, row: Float32Array): number {
  let largest = 0;
  for (const value of row) largest = Math.max(largest, Math.abs(value)); // NaN propagates
  if (Number.isFinite(largest)) return largest;
  throw new GraphError({
    code: "graph/not-finite",
    message: `quantizeWeight: '${name}' contains ${largest}`,
    place: name,
    value: largest,
    remedy: "The model is broken: use an earlier one, or train again.",
  });
}
