// Writes operators as ONNX nodes for one kind of device: names, constants, and shapes known only at run time.
import { type Dimension, polynomialOf, type Shape, unknownSize } from "./dimension.ts";
import { type HostTensor, hostTensor } from "./host-tensor.ts";
import type { AttributeValue, OnnxNode, TensorSpec } from "./onnx-node.ts";
import { quantizedNames } from "./quantization.ts";

/**
 * The ONNX spelling of operators: "cpu" uses onnxruntime's fused operators, "webgpu" only those that run on the GPU there,
 * "onnx" only standard operators.
 */
export type Spelling = "cpu" | "webgpu" | "onnx";

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
  readonly domain?: "" | "com.microsoft";
}

/** Prefix of the names of zero inputs (`SerializeOptions.zeroInputs`). */
export const ZERO_INPUT_PREFIX = "zeros/";

/** A float attribute (a plain number is written as an int). */
export function float(value: number): { readonly float: number } {
  return { float: value };
}

/** Values from outside the body of a Scan: their names there, as states before a step and after it, and the body that reads them so. */
interface HeldStates {
  readonly outside: readonly string[];
  readonly within: readonly string[];
  readonly after: readonly string[];
  readonly nodes?: readonly OnnxNode[];
}
const NOTHING_HELD: HeldStates = { outside: [], within: [], after: [] };

export class Lowering {
  readonly spelling: Spelling;
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, HostTensor>();
  private readonly names = new Map<number, string>();
  private readonly constants = new Map<string, string>();
  private readonly sizes = new Map<string, string>();
  private readonly symbols: ReadonlyMap<string, { readonly tensor: string; readonly axis: number }>;
  private counter = 0;

  /** Zero inputs that scattered gradients start from, by parameter. */
  readonly zeroInputs = new Map<string, { readonly name: string; readonly shape: Shape }>();
  private readonly takesZeros: boolean;

  /** Integer weights and scales of quantised layers, by the name of the weight they replace. */
  readonly quantized = new Map<string, readonly TensorSpec[]>();
  private readonly quantizes: (weight: string, shape: Shape) => boolean;
  /** Already quantised activations, by name. */
  private readonly activations = new Map<string, readonly string[]>();

  /** `symbols`: for every named size, a graph input and the axis it can be read from. */
  constructor(
    spelling: Spelling,
    symbols: ReadonlyMap<string, { readonly tensor: string; readonly axis: number }>,
    options: { readonly takesZeros?: boolean; readonly quantizes?: Lowering["quantizes"] } = {},
  ) {
    this.takesZeros = options.takesZeros ?? false;
    this.quantizes = options.quantizes ?? (() => false);
    this.spelling = spelling;
    this.symbols = symbols;
  }

  /** Assigns a tensor its ONNX name. */
  bind(tensor: { readonly id: number }, name: string): void {
    this.names.set(tensor.id, name);
  }

  /** ONNX name of a tensor whose source has been written. */
  name(tensor: { readonly id: number }): string {
    const name = this.names.get(tensor.id);
    if (name === undefined) throw new Error(`lowering: tensor ${tensor.id} has no name yet`);
    return name;
  }

  /** Writes a node with one output; returns the output's name. */
  node(type: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodeOutputs(type, inputs, { ...options, outputs: 1 })[0]!;
  }

  /** Writes a node; returns its outputs' names. */
  nodeOutputs(type: string, inputs: readonly string[], options: NodeOptions = {}): readonly string[] {
    const outputs = Array.from(
      { length: options.outputs ?? 1 },
      () => `${type}:${this.counter++}`, // no name of an input or output has a colon,
    );
    this.nodes.push({
      type,
      domain: options.domain ?? "",
      inputs,
      outputs,
      attributes: options.attributes ?? {},
    });
    return outputs;
  }

  /**
   * Writes `body` so that it runs slice by slice along the first axis of float32 `inputs`: intermediate results then stay in the
   * processor's cache. The body may only use constants and its slices.
   */
  overFirstAxis(
    inputs: readonly string[],
    body: (slices: readonly string[]) => readonly string[],
  ): readonly string[] {
    return this.scan([], inputs, (_, slices) => ({ states: [], outputs: body(slices) }));
  }

  /**
   * Runs `body` along the first axis of float32 `inputs`, from the last slice to the first with `reverse`, passing float32 states from step
   * to step. Returns the names of the last states, then of the outputs; slices of outputs are always in the inputs' order. The body may
   * use constants and values written before; in standard operators float32 values written before become states that stay as they are,
   * because OpenVINO refuses a Scan whose body reads from outside.
   */
  scan(
    states: readonly string[],
    inputs: readonly string[],
    body: (
      states: readonly string[],
      slices: readonly string[],
    ) => { readonly states: readonly string[]; readonly outputs: readonly string[] },
    reverse = false,
  ): readonly string[] {
    const begin = this.nodes.length;
    const before = states.map(() => `state:${this.counter++}`);
    const slices = inputs.map(() => `slice:${this.counter++}`);
    const made = body(before, slices);
    const written = this.nodes.splice(begin);
    const held = this.spelling === "onnx" ? this.heldStates(written, [...before, ...slices]) : NOTHING_HELD;
    const { outside, within, after } = held;
    const direction = (names: readonly string[]) => names.map(() => (reverse ? 1 : 0));
    const results = this.nodeOutputs("Scan", [...states, ...outside, ...inputs], {
      attributes: {
        num_scan_inputs: inputs.length,
        body: {
          graph: {
            nodes: held.nodes ?? written,
            inputs: [...before, ...within, ...slices],
            outputs: [...made.states, ...after, ...made.outputs],
          },
        },
        ...(reverse
          ? {
              scan_input_directions: direction(inputs),
              ...(made.outputs.length > 0 ? { scan_output_directions: direction(made.outputs) } : {}),
            }
          : {}),
      },
      outputs: made.states.length + after.length + made.outputs.length,
    });
    return [...results.slice(0, states.length), ...results.slice(states.length + after.length)];
  }

  /** Makes the values that a body reads from outside, other than constants, states of it that stay as they are. */
  private heldStates(body: readonly OnnxNode[], own: readonly string[]): HeldStates {
    const inside = new Set([...own, ...body.flatMap(({ outputs }) => outputs), ""]);
    const isOutside = (name: string) => !inside.has(name) && !this.initializers.has(name);
    const outside = [...new Set(body.flatMap(({ inputs }) => inputs).filter(isOutside))];
    const within = outside.map(() => `state:${this.counter++}`);
    const after = outside.map(() => `Identity:${this.counter++}`);
    const renamed = new Map(outside.map((name, at) => [name, within[at]!]));
    const read = body.map((node) => ({
      ...node,
      inputs: node.inputs.map((name) => renamed.get(name) ?? name),
    }));
    const kept = within.map((name, at): OnnxNode => {
      return { type: "Identity", domain: "", inputs: [name], outputs: [after[at]!], attributes: {} };
    });
    return { outside, within, after, nodes: [...read, ...kept] };
  }

  /** Name of the zero input for the gradient of `parameter`, if the graph has such inputs. */
  zeroInput(parameter: string | undefined, shape: Shape): string | undefined {
    if (!this.takesZeros || parameter === undefined || this.zeroInputs.has(parameter)) return undefined;
    const name = `${ZERO_INPUT_PREFIX}${parameter}`;
    this.zeroInputs.set(parameter, { name, shape });
    return name;
  }

  /**
   * Writes x W^T + b in eight bits if W is a parameter [out, in] to be quantised; otherwise returns undefined. The activations'
   * scale and zero point come from their smallest and largest element; layers with a common input share its quantised form.
   */
  quantizedLinear(
    x: string,
    parameter: string | undefined,
    shape: Shape,
    bias: string | undefined,
  ): string | undefined {
    if (parameter === undefined || !this.quantizes(parameter, shape)) return undefined;
    const [outputs, inputs] = shape as readonly [number, number]; // parameters have fixed shapes
    const { values, scales } = quantizedNames(parameter);
    this.quantized.set(parameter, [
      { name: values, dtype: "int8", shape: [inputs, outputs] },
      { name: scales, dtype: "float32", shape: [outputs] },
    ]);
    let activations = this.activations.get(x);
    if (activations === undefined) {
      activations = this.nodeOutputs("DynamicQuantizeLinear", [x], { outputs: 3 });
      this.activations.set(x, activations);
    }
    const [quantized, scale, zeroPoint] = activations as readonly [string, string, string];
    const operands = [quantized, values, scale, scales, zeroPoint];
    return this.node("MatMulIntegerToFloat", bias === undefined ? operands : [...operands, "", bias], {
      domain: "com.microsoft",
    });
  }

  /** Name of a stored constant; equal constants are stored once. */
  constant(value: HostTensor): string {
    const { dtype, shape, data } = value;
    const key = data.length <= 64 ? `${dtype}:${shape.join(",")}:${data.join(",")}` : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known !== undefined) return known;
    const name = `constant:${this.counter++}`;
    this.initializers.set(name, value);
    if (key !== undefined) this.constants.set(key, name);
    return name;
  }

  floatScalar(value: number): string {
    return this.constant(hostTensor("float32", [], [value]));
  }

  int64(values: readonly number[]): string {
    return this.constant(hostTensor("int64", [values.length], values));
  }

  int64Scalar(value: number): string {
    return this.constant(hostTensor("int64", [], [value]));
  }

  /**
   * Name of an int64 vector with the sizes of `shape`. With `from` (the tensor to reshape), unchanged sizes are copied (0) and one
   * unknown size is left to onnxruntime (-1), so most reshapes need no arithmetic at run time.
   */
  shape(shape: Shape, from?: Shape): string {
    if (from) {
      const short = shape.map((dimension, i) =>
        typeof dimension === "number" ? dimension : dimension === from[i] ? 0 : -1,
      );
      if (short.filter((x) => x === -1).length <= 1 && !shape.includes(0)) return this.int64(short);
    }
    if (shape.every((dimension) => typeof dimension === "number"))
      return this.int64(shape as readonly number[]);
    return this.node(
      "Concat",
      shape.map((dimension) => this.size(dimension)),
      { attributes: { axis: 0 } },
    );
  }

  /** Name of an int64 vector with a dimension as its one element. */
  size(dimension: Dimension): string {
    if (typeof dimension === "number") return this.int64([dimension]);
    const known = this.sizes.get(dimension);
    if (known !== undefined) return known;
    let sum: string | undefined;
    for (const [monomial, coefficient] of polynomialOf(dimension)) {
      let product: string | undefined =
        coefficient === 1 && monomial !== "" ? undefined : this.int64([coefficient]);
      for (const symbol of monomial.split("*").filter(Boolean)) {
        const factor = this.symbol(symbol);
        product = product === undefined ? factor : this.node("Mul", [product, factor]);
      }
      sum = sum === undefined ? product! : this.node("Add", [sum, product!]);
    }
    this.sizes.set(dimension, sum!);
    return sum!;
  }

  private symbol(symbol: string): string {
    const key = `symbol:${symbol}`;
    const known = this.sizes.get(key);
    if (known !== undefined) return known;
    const source = this.symbols.get(symbol);
    if (source === undefined) throw unknownSize(symbol);
    const name = this.node("Shape", [source.tensor], {
      attributes: { start: source.axis, end: source.axis + 1 },
    });
    this.sizes.set(key, name);
    return name;
  }
}
