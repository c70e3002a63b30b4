// Activations by the names that config.json files use.
import { gelu, quickGelu, relu, tanhGelu } from "../graph/operators/activation.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Activation } from "./config-json.ts";

const FUNCTIONS: Record<Activation, (x: Tensor) => Tensor> = {
  gelu,
  gelu_new: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  quick_gelu: quickGelu,
  relu,
};

/** Applies the activation of this name element-wise. */
export function activate(x: Tensor, activation: Activation): Tensor {
  return FUNCTIONS[activation](x);
}
