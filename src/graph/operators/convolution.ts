// Two-dimensional convolution and pooling on [N, channels, height, width].
import { requireDType, requireRank, shapeError } from "../checks.ts";
import { type Dimension, multiplyDimensions, sameShape } from "../dimension.ts";
import { hostTensor } from "../host-tensor.ts";
import { apply, type OperatorDefinition, type Tensor } from "../tensor.ts";
import { reduceSum } from "./broadcasting.ts";

interface WindowAttributes {
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
}

function outputSize(
  operator: string,
  x: Tensor,
  { kernel, stride, padding }: WindowAttributes,
): [number, number] {
  const sizes = x.shape.slice(2).map((size, i) => {
    if (typeof size === "string") {
      throw shapeError(operator, "height and width must be numbers", [x.shape], "Fix the picture's size.");
    }
    return Math.floor((size + 2 * padding - kernel[i]!) / stride) + 1;
  });
  const whole = Number.isInteger(stride) && stride >= 1 && Number.isInteger(padding) && padding >= 0;
  if (!whole || kernel.some((size) => !Number.isInteger(size) || size < 1)) {
    throw shapeError(
      operator,
      `kernel ${kernel.join("x")}, stride ${stride} and padding ${padding} do not form a window`,
      [x.shape],
      "Use whole numbers; kernel and stride at least 1, padding at least 0.",
    );
  }
  if (sizes.some((size) => size < 1)) {
    throw shapeError(
      operator,
      `a ${kernel.join("x")} window does not fit`,
      [x.shape],
      "Use a larger picture or a smaller window.",
    );
  }
  return sizes as [number, number];
}

function windowAttributes({ kernel, stride, padding }: WindowAttributes) {
  return { kernel_shape: kernel, strides: [stride, stride], pads: [padding, padding, padding, padding] };
}

const convDefinition: OperatorDefinition<WindowAttributes> = {
  name: "conv2d",
  gradient: ({ inputs, attributes }, [gradient]) => {
    const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
    const g = gradient!;
    const forInput = apply(convInputGradient, [g, weight], attributes, [
      { dtype: "float32", shape: x.shape },
    ])[0]!;
    const forWeight = apply(convWeightGradient, [g, x], attributes, [
      { dtype: "float32", shape: weight.shape },
    ])[0]!;
    return [forInput, forWeight, ...(bias === undefined ? [] : [reduceSum(g, { axes: [0, 2, 3] })])];
  },
  lower: ({ inputs, attributes }, lowering) => [
    lowering.node(
      "Conv",
      inputs.map((x) => lowering.name(x)),
      { attributes: windowAttributes(attributes) },
    ),
  ],
};

/** The transposed convolution of the gradient; rows and columns outside all windows are added at the end. */
const convInputGradient: OperatorDefinition<WindowAttributes> = {
  name: "conv2dInputGradient",
  lower: ({ inputs, outputs, attributes }, lowering) => {
    const { kernel, stride, padding } = attributes;
    const from = inputs[0]!.shape.slice(2) as number[];
    const to = outputs[0]!.shape.slice(2) as number[];
    const missing = to.map((size, i) => size - ((from[i]! - 1) * stride - 2 * padding + kernel[i]!));
    return [
      lowering.node(
        "ConvTranspose",
        inputs.map((x) => lowering.name(x)),
        {
          attributes: { ...windowAttributes(attributes), output_padding: missing },
        },
      ),
    ];
  },
};

/** The convolution of the input with the gradient as its kernel: batch and channels are swapped, stride becomes dilation. */
const convWeightGradient: OperatorDefinition<WindowAttributes> = {
  name: "conv2dWeightGradient",
  lower: ({ inputs, outputs, attributes: { stride, padding, kernel } }, lowering) => {
    const [g, x] = inputs.map((tensor) =>
      lowering.node("Transpose", [lowering.name(tensor)], { attributes: { perm: [1, 0, 2, 3] } }),
    ) as [string, string];
    const sizes = inputs[1]!.shape.slice(2) as number[];
    const windows = inputs[0]!.shape.slice(2) as number[];
    const full = sizes.map((size, i) => size + 2 * padding - stride * (windows[i]! - 1));
    const result = lowering.node("Conv", [x, g], {
      attributes: {
        kernel_shape: windows,
        dilations: [stride, stride],
        pads: [padding, padding, padding, padding],
      },
    });
    const moved = lowering.node("Transpose", [result], { attributes: { perm: [1, 0, 2, 3] } });
    if (full.every((size, i) => size === kernel[i])) return [moved];
    // The last rows and columns belong to windows that the stride left out.
    const ends = lowering.int64(outputs[0]!.shape.slice(2) as number[]);
    return [lowering.node("Slice", [moved, lowering.int64([0, 0]), ends, lowering.int64([2, 3])])];
  },
};

/** Step and border of a convolution, in pixels: stride 1 and padding 0 by default. */
export interface Conv2dOptions {
  readonly stride?: number;
  readonly padding?: number;
}

/** Convolution of x [N, in, height, width] with weight [out, in, kh, kw] and bias [out]: [N, out, height', width']. */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: Conv2dOptions = {}): Tensor {
  const { stride = 1, padding = 0 } = options;
  requireDType("conv2d", ["float32"], x, weight, ...(bias ? [bias] : []));
  requireRank("conv2d", x, 4, "batch, channels, height, width");
  requireRank("conv2d", weight, 4, "out, in, kernel height, kernel width");
  const [out, channels, kh, kw] = weight.shape as readonly number[];
  if (x.shape[1] !== channels || (bias !== undefined && !sameShape(bias.shape, [out!]))) {
    throw shapeError(
      "conv2d",
      "channels do not fit",
      [x.shape, weight.shape, ...(bias ? [bias.shape] : [])],
      "Use weight [out, in, kh, kw].",
    );
  }
  const attributes: WindowAttributes = { kernel: [kh!, kw!], stride, padding };
  const shape: Dimension[] = [x.shape[0]!, out!, ...outputSize("conv2d", x, attributes)];
  return apply(convDefinition, bias ? [x, weight, bias] : [x, weight], attributes, [
    { dtype: "float32", shape },
  ])[0]!;
}

const maxPoolDefinition: OperatorDefinition<WindowAttributes> = {
  name: "maxPool2d",
  gradient: ({ inputs, outputs, attributes }, [gradient]) => [
    apply(maxPoolGradient, [gradient!, outputs[1]!], attributes, [
      { dtype: "float32", shape: inputs[0]!.shape },
    ])[0]!,
  ],
  lower: ({ inputs, attributes }, lowering) =>
    lowering.nodeOutputs("MaxPool", [lowering.name(inputs[0]!)], {
      attributes: windowAttributes(attributes),
      outputs: 2,
    }),
};

/**
 * Adds every gradient at the position of its maximum. Windows overlap, so positions repeat, and the order in which onnxruntime's
 * scatter adds them is not fixed. Instead the gradients are spread over one channel per place in the window, zero if the maximum
 * was elsewhere, and a transposed convolution adds them deterministically.
 */
const maxPoolGradient: OperatorDefinition<WindowAttributes> = {
  name: "maxPool2dGradient",
  lower: ({ inputs, outputs, attributes }, lowering) => {
    const [gradient, indices] = inputs.map((x) => lowering.name(x)) as [string, string];
    const { kernel, stride, padding } = attributes;
    const [batch, channels, height, width] = outputs[0]!.shape as [Dimension, Dimension, number, number];
    const windows = inputs[0]!.shape.slice(2) as [number, number];
    const area = kernel[0] * kernel[1];
    const count = windows[0] * windows[1];
    const columns = lowering.int64([-1, 1, count]);
    const planes = lowering.node("Range", [
      lowering.int64Scalar(0),
      lowering.node("Squeeze", [lowering.size(multiplyDimensions(batch, channels)), lowering.int64([0])]),
      lowering.int64Scalar(1),
    ]);
    const starts = lowering.node("Mul", [planes, lowering.int64Scalar(height * width)]);
    const local = lowering.node("Sub", [
      lowering.node("Reshape", [indices, columns]),
      lowering.node("Reshape", [starts, lowering.int64([-1, 1, 1])]),
    ]);
    const places = lowering.constant(windowPlaces(attributes, windows, [height, width]));
    const chosen = lowering.node("Cast", [lowering.node("Equal", [local, places])], {
      attributes: { to: 1 },
    });
    const spread = lowering.node("Mul", [chosen, lowering.node("Reshape", [gradient, columns])]);
    const identity = new Float32Array(area * area);
    for (let place = 0; place < area; place++) identity[place * area + place] = 1;
    const missing = [height, width].map(
      (size, i) => size - ((windows[i]! - 1) * stride - 2 * padding + kernel[i]!),
    );
    const put = lowering.node(
      "ConvTranspose",
      [
        lowering.node("Reshape", [spread, lowering.int64([-1, area, ...windows])]),
        lowering.constant(hostTensor("float32", [area, 1, ...kernel], identity)),
      ],
      { attributes: { ...windowAttributes(attributes), output_padding: missing } },
    );
    return [lowering.node("Reshape", [put, lowering.shape(outputs[0]!.shape)])];
  },
};

/** Position in its plane of every place of every window, -1 in the padding: int64 [1, places, windows]. */
function windowPlaces(
  { kernel, stride, padding }: WindowAttributes,
  windows: readonly [number, number],
  [height, width]: readonly [number, number],
) {
  const places: number[] = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      for (let windowRow = 0; windowRow < windows[0]; windowRow++) {
        for (let windowColumn = 0; windowColumn < windows[1]; windowColumn++) {
          const row = windowRow * stride - padding + i;
          const column = windowColumn * stride - padding + j;
          const inside = row >= 0 && row < height && column >= 0 && column < width;
          places.push(inside ? row * width + column : -1);
        }
      }
    }
  }
  return hostTensor("int64", [1, kernel[0] * kernel[1], windows[0] * windows[1]], places);
}

/** Maximum over windows; padded positions never win. */
export function maxPool2d(x: Tensor, options: { kernel: number; stride: number; padding?: number }): Tensor {
  requireDType("maxPool2d", ["float32"], x);
  requireRank("maxPool2d", x, 4, "batch, channels, height, width");
  const attributes: WindowAttributes = {
    kernel: [options.kernel, options.kernel],
    stride: options.stride,
    padding: options.padding ?? 0,
  };
  if (attributes.padding * 2 > options.kernel) {
    throw shapeError(
      "maxPool2d",
      `padding ${attributes.padding} is more than half of kernel ${options.kernel}`,
      [x.shape],
      "Use less padding: a window must not be entirely inside the padding.",
    );
  }
  const shape: Dimension[] = [x.shape[0]!, x.shape[1]!, ...outputSize("maxPool2d", x, attributes)];
  return apply(maxPoolDefinition, [x], attributes, [
    { dtype: "float32", shape },
    { dtype: "int64", shape },
  ])[0]!;
}

const averagePoolDefinition: OperatorDefinition<WindowAttributes> = {
  name: "averagePool2d",
  gradient: ({ inputs, attributes }, [gradient]) => [
    apply(averagePoolGradient, [gradient!], attributes, [{ dtype: "float32", shape: inputs[0]!.shape }])[0]!,
  ],
  lower: ({ inputs, attributes }, lowering) => [
    lowering.node("AveragePool", [lowering.name(inputs[0]!)], { attributes: windowAttributes(attributes) }),
  ],
};

/** Spreads every gradient evenly over its window, as a transposed convolution channel by channel with a constant kernel. */
const averagePoolGradient: OperatorDefinition<WindowAttributes> = {
  name: "averagePool2dGradient",
  lower: ({ inputs, outputs, attributes }, lowering) => {
    const { kernel, stride } = attributes;
    const [, channels, height, width] = outputs[0]!.shape as [Dimension, number, number, number];
    const area = kernel[0] * kernel[1];
    const weight = lowering.constant(
      hostTensor("float32", [1, 1, ...kernel], new Float32Array(area).fill(1 / area)),
    );
    const from = inputs[0]!.shape.slice(2) as number[];
    const output_padding = [height, width].map((size, i) => size - ((from[i]! - 1) * stride + kernel[i]!));
    const single = lowering.node("Reshape", [lowering.name(inputs[0]!), lowering.int64([-1, 1, ...from])]);
    const spread = lowering.node("ConvTranspose", [single, weight], {
      attributes: { ...windowAttributes(attributes), output_padding },
    });
    return [lowering.node("Reshape", [spread, lowering.int64([-1, channels, height, width])])];
  },
};

/** Mean over windows without padding; rows and columns that fill no window are left out. */
export function averagePool2d(x: Tensor, options: { kernel: number; stride: number }): Tensor {
  requireDType("averagePool2d", ["float32"], x);
  requireRank("averagePool2d", x, 4, "batch, channels, height, width");
  const attributes: WindowAttributes = {
    kernel: [options.kernel, options.kernel],
    stride: options.stride,
    padding: 0,
  };
  const shape: Dimension[] = [x.shape[0]!, x.shape[1]!, ...outputSize("averagePool2d", x, attributes)];
  return apply(averagePoolDefinition, [x], attributes, [{ dtype: "float32", shape }])[0]!;
}
