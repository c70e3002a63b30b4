// Matrix products: batched matmul with optional transposes, and the linear layer y = x W^T + b of a weight [out, in].
import { broadcastShapes, requireDType, shapeError } from "../checks.ts";
import { productOf } from "../dimension.ts";
import { float, type Lowering } from "../lowering.ts";
import { apply, type OperatorDefinition, parameterName, type Tensor } from "../tensor.ts";
import { reduceSum, sumToShape } from "./broadcasting.ts";
import { reshape } from "./shape.ts";

interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
}

/** Transposes and factor of a product. */
export interface MatmulOptions {
  /** Use the transpose of the last two axes of `a`. */
  readonly transposeA?: boolean;
  /** Use the transpose of the last two axes of `b`. */
  readonly transposeB?: boolean;
  /** Factor of the product; default 1. */
  readonly scale?: number;
}

const matmulDefinition: OperatorDefinition<MatmulAttributes> = {
  name: "matmul",
  gradient: ({ inputs, attributes: { transposeA, transposeB, scale } }, [gradient]) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const g = gradient!;
    const forA = transposeA
      ? matmul(b, g, { transposeA: transposeB, transposeB: true, scale })
      : matmul(g, b, { transposeB: !transposeB, scale });
    const forB = transposeB
      ? matmul(g, a, { transposeA: true, transposeB: transposeA, scale })
      : matmul(a, g, { transposeA: !transposeA, scale });
    return [sumToShape(forA, a.shape), sumToShape(forB, b.shape)];
  },
  lower: ({ inputs, attributes: { transposeA, transposeB, scale } }, lowering) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const names = [lowering.name(a), lowering.name(b)];
    const plain = !transposeA && !transposeB && scale === 1;
    if (plain) return [lowering.node("MatMul", names)];
    if (lowering.spelling === "cpu") {
      const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0, alpha: float(scale) };
      return [lowering.node("FusedMatMul", names, { attributes, domain: "com.microsoft" })];
    }
    const swapped = (tensor: Tensor, name: string) => {
      const perm = tensor.shape.map((_, i) => i);
      perm.push(...perm.splice(-2).reverse());
      return lowering.node("Transpose", [name], { attributes: { perm } });
    };
    const product = lowering.node("MatMul", [
      transposeA ? swapped(a, names[0]!) : names[0]!,
      transposeB ? swapped(b, names[1]!) : names[1]!,
    ]);
    return [scale === 1 ? product : lowering.node("Mul", [product, lowering.floatScalar(scale)])];
  },
};

/** Product over the last two axes, the axes before them broadcast: [..., m, k] x [..., k, n] -> [..., m, n], times `scale`. */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, scale = 1 } = options;
  requireDType("matmul", ["float32"], a, b);
  if (a.rank < 2 || b.rank < 2) {
    throw shapeError(
      "matmul",
      "both operands need two axes or more",
      [a.shape, b.shape],
      "Reshape vectors to matrices.",
    );
  }
  const [m, innerA] = transposeA ? [a.axis(-1), a.axis(-2)] : [a.axis(-2), a.axis(-1)];
  const [innerB, n] = transposeB ? [b.axis(-1), b.axis(-2)] : [b.axis(-2), b.axis(-1)];
  if (innerA !== innerB) {
    throw shapeError(
      "matmul",
      `inner sizes ${innerA} and ${innerB} differ${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`,
      [a.shape, b.shape],
      "The last axis of a must equal the last but one of b.",
    );
  }
  const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  return apply(matmulDefinition, [a, b], { transposeA, transposeB, scale }, [
    { dtype: "float32", shape: [...batch, m, n] },
  ])[0]!;
}

interface GemmAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const gemmDefinition: OperatorDefinition<GemmAttributes> = {
  name: "gemm",
  lower: ({ inputs, attributes: { transposeA, transposeB } }, lowering) => {
    const names = inputs.map((x) => lowering.name(x));
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    if (transposeA && !transposeB && lowering.spelling === "cpu")
      return [weightGradient(inputs, names, lowering)];
    return [lowering.node("Gemm", names, { attributes })];
  },
};

/**
 * The gradient of a weight, A^T B. onnxruntime's kernel takes longer for a transposed first operand than for one that was transposed before,
 * unless the operand is by far the larger side. The bits are the same. onnxruntime would undo this by its fusion of transposes
 * (`GemmTransposeFusion`) if a session does not switch that off.
 */
function weightGradient(inputs: readonly Tensor[], names: readonly string[], lowering: Lowering): string {
  const [a, b] = names as [string, string];
  const [rows, columns] = inputs.map((x) => x.shape[1]);
  if (typeof rows === "number" && typeof columns === "number" && rows > columns)
    return lowering.node("Gemm", [a, b], { attributes: { transA: 1 } });
  return lowering.node("Gemm", [lowering.node("Transpose", [a], { attributes: { perm: [1, 0] } }), b]);
}

/** Two-dimensional product, used for the linear layer and its gradients. */
function gemm(inputs: readonly Tensor[], transposeA: boolean, transposeB: boolean): Tensor {
  const [a, b] = inputs as [Tensor, Tensor];
  const shape = [a.shape[transposeA ? 1 : 0]!, b.shape[transposeB ? 0 : 1]!];
  return apply(gemmDefinition, inputs, { transposeA, transposeB }, [{ dtype: "float32", shape }])[0]!;
}

const linearDefinition: OperatorDefinition<null> = {
  name: "linear",
  gradient: ({ inputs }, [gradient]) => {
    const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
    const needed = (tensor: Tensor) => tensor.source.kind !== "constant";
    return [
      gemm([gradient!, weight], false, false),
      needed(weight) ? gemm([gradient!, x], true, false) : undefined,
      ...(bias === undefined ? [] : [needed(bias) ? reduceSum(gradient!, { axes: [0] }) : undefined]),
    ];
  },
  lower: ({ inputs }, lowering) => {
    const weight = inputs[1]!;
    const names = inputs.map((x) => lowering.name(x));
    const [x, , bias] = names as [string, string, string | undefined];
    return [
      lowering.quantizedLinear(x, parameterName(weight), weight.shape, bias) ??
        lowering.node("Gemm", names, { attributes: { transB: 1 } }),
    ];
  },
};

/**
 * y = x W^T + b over the last axis: x [..., in], weight [out, in], bias [out] -> [..., out].
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  requireDType("linear", ["float32"], x, weight, ...(bias ? [bias] : []));
  const fits =
    weight.rank === 2 &&
    x.rank >= 1 &&
    x.axis(-1) === weight.shape[1] &&
    (bias === undefined || (bias.rank === 1 && bias.shape[0] === weight.shape[0]));
  if (!fits) {
    throw shapeError(
      "linear",
      "input, weight and bias do not fit",
      [x.shape, weight.shape, ...(bias ? [bias.shape] : [])],
      "Use x [..., in], weight [out, in], bias [out].",
    );
  }
  const leading = x.shape.slice(0, -1);
  const rows = reshape(x, [productOf(leading), x.axis(-1)]);
  const inputs = bias === undefined ? [rows, weight] : [rows, weight, bias];
  const output = apply(linearDefinition, inputs, null, [
    { dtype: "float32", shape: [rows.shape[0]!, weight.shape[0]!] },
  ])[0]!;
  return reshape(output, [...leading, weight.shape[0]!]);
}
