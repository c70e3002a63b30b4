// Layer normalisation over the last axis, and batch normalisation with frozen statistics.
import { requireDType, shapeError } from "../checks.ts";
import { float } from "../lowering.ts";
import { apply, type OperatorDefinition, type Tensor } from "../tensor.ts";
import { multiply, subtract } from "./elementwise.ts";
import { reduceMean, sumToShape } from "./reduction.ts";

const layerNormDefinition: OperatorDefinition<number> = {
  name: "layerNorm",
  gradient: ({ inputs, outputs }, [gradient]) => {
    const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor];
    const [, mean, inverseDeviation] = outputs as [Tensor, Tensor, Tensor];
    const g = gradient!;
    const normal = multiply(subtract(x, mean), inverseDeviation);
    const scaled = multiply(g, weight);
    const centred = subtract(scaled, reduceMean(scaled, { axes: [-1], keepDimensions: true }));
    const projection = reduceMean(multiply(scaled, normal), { axes: [-1], keepDimensions: true });
    return [
      multiply(subtract(centred, multiply(normal, projection)), inverseDeviation),
      sumToShape(multiply(g, normal), weight.shape),
      sumToShape(g, bias.shape),
    ];
  },
  lower: ({ inputs, outputs, attributes: epsilon }, lowering) => {
    const names = inputs.map((x) => lowering.name(x));
    if (lowering.spelling === "cpu" || outputs.length === 1) {
      return lowering.nodeOutputs("LayerNormalization", names, {
        attributes: { axis: -1, epsilon: float(epsilon) },
        outputs: outputs.length,
      });
    }
    const [x, weight, bias] = names as [string, string, string];
    const last = lowering.int64([-1]);
    const mean = lowering.node("ReduceMean", [x, last], { attributes: { keepdims: 1 } });
    const centred = lowering.node("Sub", [x, mean]);
    const variance = lowering.node("ReduceMean", [lowering.node("Mul", [centred, centred]), last], {
      attributes: { keepdims: 1 },
    });
    const deviation = lowering.node("Sqrt", [
      lowering.node("Add", [variance, lowering.floatScalar(epsilon)]),
    ]);
    const inverse = lowering.node("Div", [lowering.floatScalar(1), deviation]);
    const normal = lowering.node("Mul", [centred, inverse]);
    return [lowering.node("Add", [lowering.node("Mul", [normal, weight]), bias]), mean, inverse];
  },
};

/** Normalises the last axis to mean 0 and variance 1, then scales and shifts: weight and bias have that axis' size. */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  requireDType("layerNorm", ["float32"], x, weight, bias);
  const width = x.axis(-1);
  if (weight.rank !== 1 || bias.rank !== 1 || weight.shape[0] !== width || bias.shape[0] !== width) {
    throw shapeError(
      "layerNorm",
      "weight and bias must have the last axis' size",
      [x.shape, weight.shape, bias.shape],
      `Use [${width}].`,
    );
  }
  const statistics = [...x.shape.slice(0, -1), 1];
  return apply(layerNormDefinition, [x, weight, bias], epsilon, [
    { dtype: "float32", shape: x.shape },
    { dtype: "float32", shape: statistics },
    { dtype: "float32", shape: statistics },
  ])[0]!;
}
