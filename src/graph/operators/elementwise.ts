// Element-wise arithmetic with broadcasting: add, subtract, multiply, divide, where, casts and comparisons.
import { broadcastShapes, requireDType } from "../checks.ts";
import { ELEMENT_TYPES } from "../element-type.ts";
import type { DType } from "../host-tensor.ts";
import { apply, constantNumber, type OperatorDefinition, scalar, type Tensor } from "../tensor.ts";
import { sumToShape } from "./broadcasting.ts";

/** A tensor, or a number for a scalar constant. */
export type Operand = Tensor | number;

function tensorOf(operand: Operand): Tensor {
  return typeof operand === "number" ? scalar(operand) : operand;
}

function binary(
  name: string,
  onnx: string,
  partials: (a: Tensor, b: Tensor, output: Tensor, gradient: Tensor) => readonly [() => Tensor, () => Tensor],
): (a: Operand, b: Operand) => Tensor {
  const definition: OperatorDefinition<null> = {
    name,
    gradient: ({ inputs, outputs }, [gradient]) => {
      const [a, b] = inputs as [Tensor, Tensor];
      const [left, right] = partials(a, b, outputs[0]!, gradient!);
      return [
        a.source.kind === "constant" ? undefined : sumToShape(left(), a.shape),
        b.source.kind === "constant" ? undefined : sumToShape(right(), b.shape),
      ];
    },
    lower: ({ inputs }, lowering) => [
      lowering.node(
        onnx,
        inputs.map((x) => lowering.name(x)),
      ),
    ],
  };
  return (left, right) => {
    const a = tensorOf(left);
    const b = tensorOf(right);
    requireDType(name, ["float32"], a, b);
    return apply(definition, [a, b], null, [
      { dtype: "float32", shape: broadcastShapes(name, a.shape, b.shape) },
    ])[0]!;
  };
}

const addition = binary("add", "Add", (_a, _b, _y, g) => [() => g, () => g]);
const subtraction = binary("subtract", "Sub", (_a, _b, _y, g) => [() => g, () => multiply(g, -1)]);
const multiplication = binary("multiply", "Mul", (a, b, _y, g) => [
  () => multiply(g, b),
  () => multiply(g, a),
]);
const division = binary("divide", "Div", (_a, b, y, g) => [
  () => divide(g, b),
  () => multiply(divide(multiply(g, y), b), -1),
]);

/** a + b, broadcast. */
export function add(a: Operand, b: Operand): Tensor {
  return addition(a, b);
}

/** a - b, broadcast. */
export function subtract(a: Operand, b: Operand): Tensor {
  return subtraction(a, b);
}

/** a * b, broadcast; a factor of the constant 1 is left out. */
export function multiply(a: Operand, b: Operand): Tensor {
  const left = tensorOf(a);
  const right = tensorOf(b);
  requireDType("multiply", ["float32"], left, right);
  if (constantNumber(right) === 1 && right.rank === 0) return left;
  if (constantNumber(left) === 1 && left.rank === 0) return right;
  return multiplication(left, right);
}

/** a / b, broadcast. */
export function divide(a: Operand, b: Operand): Tensor {
  return division(a, b);
}

const whereDefinition: OperatorDefinition<null> = {
  name: "where",
  gradient: ({ inputs }, [gradient]) => {
    const [condition, a, b] = inputs as [Tensor, Tensor, Tensor];
    const zero = scalar(0);
    return [
      undefined,
      a.source.kind === "constant" ? undefined : sumToShape(where(condition, gradient!, zero), a.shape),
      b.source.kind === "constant" ? undefined : sumToShape(where(condition, zero, gradient!), b.shape),
    ];
  },
  lower: ({ inputs }, lowering) => [
    lowering.node(
      "Where",
      inputs.map((x) => lowering.name(x)),
    ),
  ],
};

/** `a` where the bool tensor `condition` is true, else `b`; all three broadcast. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const left = tensorOf(a);
  const right = tensorOf(b);
  requireDType("where", ["bool"], condition);
  requireDType("where", ["float32"], left, right);
  const shape = broadcastShapes("where", broadcastShapes("where", condition.shape, left.shape), right.shape);
  return apply(whereDefinition, [condition, left, right], null, [{ dtype: "float32", shape }])[0]!;
}

const castDefinition: OperatorDefinition<DType> = {
  name: "cast",
  gradient: ({ inputs }, [gradient]) => {
    const source = inputs[0]!.dtype;
    return [
      source === "float32" || source === "float16" || source === "bfloat16"
        ? cast(gradient!, source)
        : undefined,
    ];
  },
  lower: ({ inputs, attributes }, lowering) => [
    lowering.node("Cast", [lowering.name(inputs[0]!)], { attributes: { to: ELEMENT_TYPES[attributes] } }),
  ],
};

/** Converts elements; floats are truncated towards zero when converted to integers, as in C. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : apply(castDefinition, [x], dtype, [{ dtype, shape: x.shape }])[0]!;
}

function comparison(name: string, onnx: string): (a: Tensor, b: Tensor) => Tensor {
  const definition: OperatorDefinition<null> = {
    name,
    lower: ({ inputs }, lowering) => [
      lowering.node(
        onnx,
        inputs.map((x) => lowering.name(x)),
      ),
    ],
  };
  return (a, b) => {
    requireDType(name, [a.dtype], b);
    return apply(definition, [a, b], null, [
      { dtype: "bool", shape: broadcastShapes(name, a.shape, b.shape) },
    ])[0]!;
  };
}

/** a == b, broadcast; bool. */
export const equal = comparison("equal", "Equal");
/** a > b, broadcast; bool. */
export const greater = comparison("greater", "Greater");
/** a < b, broadcast; bool. */
export const less = comparison("less", "Less");

const stopDefinition: OperatorDefinition<null> = {
  name: "stopGradient",
  gradient: () => [undefined],
  lower: ({ inputs }, lowering) => [lowering.node("Identity", [lowering.name(inputs[0]!)])],
};

/** Returns `x` and stops its gradient. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopDefinition, [x], null, [{ dtype: x.dtype, shape: x.shape }])[0]!;
}
