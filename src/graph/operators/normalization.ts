// Layer normalisation over the last axis.
import { requireDType, shapeError } from "../checks.ts";
import { float, type Lowering } from "../lowering.ts";
import { apply, type OperatorDefinition, type Tensor } from "../tensor.ts";

const layerNormDefinition: OperatorDefinition<number> = {
  name: "layerNorm",
  gradient: ({ inputs, outputs }, [gradient]) => {
    const [x, weight] = inputs as [Tensor, Tensor, Tensor];
    const [, mean, inverseDeviation] = outputs as [Tensor, Tensor, Tensor];
    return apply(
      layerNormGradient,
      [x, mean, inverseDeviation, gradient!, weight],
      null,
      inputs.map(({ shape }) => ({ dtype: "float32" as const, shape })),
    );
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

/** Gradients for x, weight and bias; a dozen passes, so many samples are processed one by one (as for gelu). */
const layerNormGradient: OperatorDefinition<null> = {
  name: "layerNormGradient",
  lower: ({ inputs }, lowering) => {
    const [x, mean, inverse, g, weight] = inputs.map((tensor) => lowering.name(tensor)) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const rank = inputs[0]!.rank;
    if (lowering.spelling !== "cpu" || rank < 3)
      return lowerGradient(lowering, [x, mean, inverse, g], weight, rank);
    const [forX, weightSums, biasSums] = lowering.overFirstAxis([x, mean, inverse, g], (slices) =>
      lowerGradient(lowering, slices, weight, rank - 1),
    ) as [string, string, string];
    return [forX, sumOfAxes(lowering, weightSums, 1), sumOfAxes(lowering, biasSums, 1)];
  },
};

function lowerGradient(
  l: Lowering,
  tensors: readonly string[],
  weight: string,
  rank: number,
): readonly string[] {
  const [x, mean, inverse, g] = tensors as [string, string, string, string];
  const meanOfLast = (name: string) =>
    l.node("ReduceMean", [name, l.int64([-1])], { attributes: { keepdims: 1 } });
  const normal = l.node("Mul", [l.node("Sub", [x, mean]), inverse]);
  const byNormal = l.node("Mul", [g, normal]);
  const scaled = l.node("Mul", [g, weight]);
  const projection = l.node("Mul", [normal, meanOfLast(l.node("Mul", [byNormal, weight]))]);
  const rest = l.node("Sub", [l.node("Sub", [scaled, meanOfLast(scaled)]), projection]);
  return [l.node("Mul", [rest, inverse]), sumOfAxes(l, byNormal, rank - 1), sumOfAxes(l, g, rank - 1)];
}

/** Sums over the first `count` axes; none for a vector, which is its own sum. */
function sumOfAxes(l: Lowering, name: string, count: number): string {
  if (count === 0) return l.node("Identity", [name]);
  const axes = l.int64(Array.from({ length: count }, (_, axis) => axis));
  return l.node("ReduceSum", [name, axes], { attributes: { keepdims: 0 } });
}

/** Normalises the last axis to mean 0 and variance 1, then scales and shifts: weight and bias have that axis' size. */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  requireDType("layerNorm", ["float32"], x, weight, bias);
  const width = x.axis(-1);
  if (weight.rank !== 1 || bias.rank !== 1 || weight.shape[0] !== width || bias.shape[0] !== width) {
    throw shapeError(
      "layerNorm",
      "weight and bias must have the size of the last axis",
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
