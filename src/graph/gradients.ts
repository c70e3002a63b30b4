// Reverse-mode differentiation: extends a graph with the gradients of a scalar. It only builds symbolic tensors.
import { GraphError } from "../base/errors.ts";
import { formatShape, sameShape } from "./dimension.ts";
import { add } from "./operators/elementwise.ts";
import { type Operation, scalar, type Tensor } from "./tensor.ts";

/**
 * Returns the gradients of the scalar `loss` for each tensor of `wrt`, in the same order; undefined if the loss does not depend on it.
 *
 * @throws GraphError `graph/loss-not-scalar`; `graph/no-gradient` if a path contains an operator without a gradient.
 * @example
 * import { gradients, input, multiply, parameter, reduceMean, serialize } from "relata/graph";
 *
 * const weight = parameter("weight", [3]);
 * const loss = reduceMean(multiply(input("x", "float32", ["batch", 3]), weight));
 * const [gradient] = gradients(loss, [weight]);
 * const { bytes } = serialize({ loss, "d/weight": gradient! }); // an ONNX model
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): (Tensor | undefined)[] {
  if (loss.rank !== 0 || loss.dtype !== "float32") {
    throw new GraphError({
      code: "graph/loss-not-scalar",
      message: `gradients: the loss must be a float32 scalar, got ${loss.dtype} ${formatShape(loss.shape)}`,
      remedy: "Reduce the loss to one number first.",
    });
  }
  const operations = operationsBetween(loss, wrt);
  const gradientOf = new Map<number, Tensor>([[loss.id, scalar(1)]]);
  for (const operation of operations) {
    const outputGradients = operation.outputs.map((output) => gradientOf.get(output.id));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const { gradient } = operation.definition;
    if (!gradient) {
      throw new GraphError({
        code: "graph/no-gradient",
        message: `gradients: ${operation.definition.name} has no gradient, but the loss depends through it on a tensor whose gradient is requested`,
        place: operation.definition.name,
        remedy: "Wrap its input in stopGradient, or build the value from operators that have a gradient.",
      });
    }
    gradient(operation, outputGradients).forEach((contribution, i) => {
      const target = operation.inputs[i]!;
      if (contribution === undefined) return;
      if (!sameShape(contribution.shape, target.shape)) {
        throw new Error(
          `gradients: ${operation.definition.name} gave ${formatShape(contribution.shape)} for input ${i} of ${formatShape(target.shape)}`,
        );
      }
      const before = gradientOf.get(target.id);
      gradientOf.set(target.id, before === undefined ? contribution : add(before, contribution));
    });
  }
  return wrt.map((tensor) => gradientOf.get(tensor.id));
}

/** Operations on a path from a tensor of `wrt` to `loss`, from the loss backwards. */
function operationsBetween(loss: Tensor, wrt: readonly Tensor[]): Operation[] {
  const wanted = new Set(wrt.map((tensor) => tensor.id));
  const depends = new Map<number, boolean>();
  const found = new Map<number, Operation>();
  const pending: Tensor[] = [loss];
  while (pending.length > 0) {
    const tensor = pending.at(-1)!;
    if (depends.has(tensor.id)) {
      pending.pop();
      continue;
    }
    if (tensor.source.kind !== "operation") {
      depends.set(tensor.id, wanted.has(tensor.id));
      continue;
    }
    const { operation } = tensor.source;
    const open = operation.inputs.filter((x) => !depends.has(x.id));
    if (open.length > 0) {
      pending.push(...open);
      continue;
    }
    const dependsHere = wanted.has(tensor.id) || operation.inputs.some((x) => depends.get(x.id));
    depends.set(tensor.id, dependsHere);
    if (operation.inputs.some((x) => depends.get(x.id))) found.set(operation.outputs[0]!.id, operation);
  }
  return [...found.entries()].sort(([a], [b]) => b - a).map(([, operation]) => operation);
}
