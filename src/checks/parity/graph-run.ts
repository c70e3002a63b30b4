// Runs a graph once with named weights and inputs, for the golden cases.
import type { Runtime } from "../../engine/runtime.ts";
import { gradients } from "../../graph/gradients.ts";
import { listOperators } from "../../graph/operator-list.ts";
import { serialize } from "../../graph/serialize.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ParameterTable } from "../../nn/parameter-scope.ts";
import type { TorchEngine } from "../../torch/torch-engine.ts";
import type { Tensors } from "./golden-case.ts";

/** Gradients of `loss` for the parameters named in `wanted`, as outputs `<prefix><parameter>`; a zero gradient is left out. */
export function gradientOutputs(
  loss: Tensor,
  table: ParameterTable,
  prefix: string,
  wanted: Tensors,
): Record<string, Tensor> {
  const named = [...table.values()].filter(({ name }) => `${prefix}${name}` in wanted);
  const found = gradients(
    loss,
    named.map(({ tensor }) => tensor),
  );
  return Object.fromEntries(
    named.flatMap(({ name }, at) => {
      const gradient = found[at];
      return gradient === undefined ? [] : [[`${prefix}${name}`, gradient]];
    }),
  );
}

/** Computes `outputs`; `values` holds weights and inputs, of which the graph takes those it needs. */
export type GraphRunner = (
  outputs: Readonly<Record<string, Tensor>>,
  values: Tensors,
  label: string,
) => Promise<Tensors>;

/** Runs graphs with onnxruntime. */
export function withOnnxruntime(runtime: Runtime): GraphRunner {
  return async (outputs, values, label) => {
    const program = serialize(outputs, { spelling: runtime.spelling });
    const session = await runtime.createSession(program.bytes, { label });
    try {
      const inputs = Object.fromEntries(
        program.inputs.flatMap(({ name }) => {
          const value = values[name];
          return value === undefined ? [] : [[name, value]]; // the session names what is missing
        }),
      );
      return await session.run(inputs);
    } finally {
      await session.dispose();
    }
  };
}

/** Runs graphs under PyTorch. */
export function withTorch(engine: TorchEngine): GraphRunner {
  return (outputs, values) => engine.run(listOperators(outputs), values);
}
