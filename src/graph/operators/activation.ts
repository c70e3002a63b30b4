// Element-wise functions of one tensor: exponentials, activations, and dropout by a given mask.
import { requireDType } from "../checks.ts";
import { float, type Lowering } from "../lowering.ts";
import { apply, type OperatorDefinition, type Tensor } from "../tensor.ts";
import { add, divide, multiply, subtract } from "./elementwise.ts";

function unary(
  name: string,
  lower: (lowering: Lowering, x: string) => string,
  gradient: (x: Tensor, y: Tensor, gradient: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  const definition: OperatorDefinition<null> = {
    name,
    gradient: ({ inputs, outputs }, [outputGradient]) => [gradient(inputs[0]!, outputs[0]!, outputGradient!)],
    lower: ({ inputs }, lowering) => [lower(lowering, lowering.name(inputs[0]!))],
  };
  return (x) => {
    requireDType(name, ["float32"], x);
    return apply(definition, [x], null, [{ dtype: "float32", shape: x.shape }])[0]!;
  };
}

/** Makes an operator on several tensors of equal shape without a gradient, for use inside another operator's gradient. */
function derivative(name: string, lower: (lowering: Lowering, inputs: readonly string[]) => string) {
  const definition: OperatorDefinition<null> = {
    name,
    lower: ({ inputs }, lowering) => [
      lower(
        lowering,
        inputs.map((x) => lowering.name(x)),
      ),
    ],
  };
  return (...inputs: Tensor[]): Tensor =>
    apply(definition, inputs, null, [{ dtype: "float32", shape: inputs[0]!.shape }])[0]!;
}

/** e^x. */
export const exp = unary(
  "exp",
  (l, x) => l.node("Exp", [x]),
  (_x, y, g) => multiply(g, y),
);
/** Natural logarithm. */
export const log = unary(
  "log",
  (l, x) => l.node("Log", [x]),
  (x, _y, g) => divide(g, x),
);
/** Square root. */
export const sqrt = unary(
  "sqrt",
  (l, x) => l.node("Sqrt", [x]),
  (_x, y, g) => divide(multiply(g, 0.5), y),
);
/** -x. */
export const negate = unary(
  "negate",
  (l, x) => l.node("Neg", [x]),
  (_x, _y, g) => multiply(g, -1),
);
/** |x|; the gradient at 0 is 0. */
export const absolute = unary(
  "absolute",
  (l, x) => l.node("Abs", [x]),
  (x, _y, g) => multiply(g, sign(x)),
);
const sign = derivative("sign", (l, [x]) => l.node("Sign", [x!]));

/** sin(x), x in radians. */
export const sin = unary(
  "sin",
  (l, x) => l.node("Sin", [x]),
  (x, _y, g) => multiply(g, cos(x)),
);
/** cos(x), x in radians. */
export const cos: (x: Tensor) => Tensor = unary(
  "cos",
  (l, x) => l.node("Cos", [x]),
  (x, _y, g) => multiply(multiply(g, -1), sin(x)),
);

/** tanh(x). */
export const tanh = unary(
  "tanh",
  (l, x) => l.node("Tanh", [x]),
  (_x, y, g) => multiply(g, subtract(1, multiply(y, y))),
);
/** 1 / (1 + e^-x). */
export const sigmoid = unary(
  "sigmoid",
  (l, x) => l.node("Sigmoid", [x]),
  (_x, y, g) => multiply(g, multiply(y, subtract(1, y))),
);

/** max(x, 0); the gradient at 0 is 0. */
export const relu = unary(
  "relu",
  (l, x) => l.node("Relu", [x]),
  (_x, y, g) => multiply(g, sign(y)),
);

/** Gaussian error linear unit, x * Phi(x), with the error function (not the tanh approximation). */
export const gelu = unary(
  "gelu",
  (l, x) => l.node("Gelu", [x]),
  (x, _y, g) => geluGradient(x, g),
);

const geluGradientDefinition: OperatorDefinition<null> = {
  name: "geluGradient",
  lower: ({ inputs }, lowering) => {
    const names = inputs.map((x) => lowering.name(x));
    // Ten passes over a large tensor are memory-bound; sample by sample they stay in the cache.
    const inSlices = lowering.spelling === "cpu" && inputs[0]!.rank >= 3;
    return inSlices
      ? lowering.overFirstAxis(names, (slices) => [lowerGeluGradient(lowering, slices)])
      : [lowerGeluGradient(lowering, names)];
  },
};

/** g * (Phi(x) + x phi(x)). */
function geluGradient(x: Tensor, gradient: Tensor): Tensor {
  return apply(geluGradientDefinition, [x, gradient], null, [{ dtype: "float32", shape: x.shape }])[0]!;
}

/** Constants are folded into necessary passes: Phi is a HardSigmoid of erf, the factor of phi goes into the exponent. */
function lowerGeluGradient(l: Lowering, [x, g]: readonly string[]): string {
  const scaled = l.node("Mul", [x!, l.floatScalar(Math.SQRT1_2)]);
  const cdf = l.node("HardSigmoid", [l.node("Erf", [scaled])], {
    attributes: { alpha: float(0.5), beta: float(0.5) },
  });
  const exponent = l.node("Sub", [
    l.floatScalar(-0.5 * Math.log(2 * Math.PI)),
    l.node("Mul", [scaled, scaled]),
  ]);
  const weighted = l.node("Mul", [x!, l.node("Exp", [exponent])]);
  return l.node("Mul", [l.node("Add", [cdf, weighted]), g!]);
}

/** CLIP's x * sigmoid(1.702 x). */
export function quickGelu(x: Tensor): Tensor {
  return multiply(x, sigmoid(multiply(x, 1.702)));
}

/** The tanh approximation of gelu ("gelu_new", "gelu_pytorch_tanh"). */
export function tanhGelu(x: Tensor): Tensor {
  const cubic = multiply(multiply(x, multiply(x, x)), 0.044715);
  return multiply(multiply(x, 0.5), add(tanh(multiply(add(x, cubic), Math.sqrt(2 / Math.PI))), 1));
}

const leakyDefinition: OperatorDefinition<number> = {
  name: "leakyRelu",
  gradient: ({ inputs, attributes: slope }, [gradient]) => {
    const positive = relu(sign(inputs[0]!)); // 1 where x > 0, else 0: at 0 the gradient is `slope`, as in PyTorch
    return [multiply(gradient!, add(multiply(positive, 1 - slope), slope))];
  },
  lower: ({ inputs, attributes }, lowering) => [
    lowering.node("LeakyRelu", [lowering.name(inputs[0]!)], { attributes: { alpha: float(attributes) } }),
  ],
};

/** x where positive, else `slope` * x. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  requireDType("leakyRelu", ["float32"], x);
  return apply(leakyDefinition, [x], slope, [{ dtype: "float32", shape: x.shape }])[0]!;
}

const softmaxDefinition: OperatorDefinition<null> = {
  name: "softmax",
  gradient: ({ outputs }, [gradient]) => [softmaxGradient(outputs[0]!, gradient!)],
  lower: ({ inputs }, lowering) => [
    lowering.node("Softmax", [lowering.name(inputs[0]!)], { attributes: { axis: -1 } }),
  ],
};

/** y * (g - sum(g * y)) over the last axis. */
const softmaxGradient = derivative("softmaxGradient", (l, [y, g]) => {
  const product = l.node("Mul", [y!, g!]);
  const total = l.node("ReduceSum", [product, l.int64([-1])], { attributes: { keepdims: 1 } });
  return l.node("Sub", [product, l.node("Mul", [y!, total])]);
});

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  requireDType("softmax", ["float32"], x);
  return apply(softmaxDefinition, [x], null, [{ dtype: "float32", shape: x.shape }])[0]!;
}

const logSoftmaxDefinition: OperatorDefinition<null> = {
  name: "logSoftmax",
  gradient: ({ outputs }, [gradient]) => [logSoftmaxGradient(outputs[0]!, gradient!)],
  lower: ({ inputs }, lowering) => [
    lowering.node("LogSoftmax", [lowering.name(inputs[0]!)], { attributes: { axis: -1 } }),
  ],
};

/** g - e^y sum(g) over the last axis. */
const logSoftmaxGradient = derivative("logSoftmaxGradient", (l, [y, g]) => {
  const total = l.node("ReduceSum", [g!, l.int64([-1])], { attributes: { keepdims: 1 } });
  return l.node("Sub", [g!, l.node("Mul", [l.node("Exp", [y!]), total])]);
});

/** Logarithm of the softmax over the last axis. */
export function logSoftmax(x: Tensor): Tensor {
  requireDType("logSoftmax", ["float32"], x);
  return apply(logSoftmaxDefinition, [x], null, [{ dtype: "float32", shape: x.shape }])[0]!;
}
