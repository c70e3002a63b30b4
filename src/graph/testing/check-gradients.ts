// Checks gradients against finite differences for every ONNX spelling; only for tests, which pass in a runtime.
import { evaluateDimension, type Shape } from "../dimension.ts";
import { gradients } from "../gradients.ts";
import { elementCount, type HostTensor, hostTensor } from "../host-tensor.ts";
import type { Spelling } from "../lowering.ts";
import { reduceSum } from "../operators/broadcasting.ts";
import { multiply } from "../operators/elementwise.ts";
import { serialize } from "../serialize.ts";
import { input, type Tensor } from "../tensor.ts";

export const SPELLINGS: readonly Spelling[] = ["cpu", "webgpu", "onnx"];

/** The part of a runtime needed here; matches the engine's Runtime, which this layer may not import. */
export interface GraphRuntime {
  createSession(model: Uint8Array): Promise<GraphSession>;
}
interface GraphSession {
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/** An input and the value at which it is checked; the shape may have named sizes. */
export interface CaseInput {
  readonly shape: Shape;
  readonly value: HostTensor;
}

export interface GradientCase {
  /** The exported operators whose gradients this case checks. */
  readonly operators: readonly string[];
  /** Description of the case. */
  readonly title: string;
  /** float32 inputs whose gradients are checked. */
  readonly variables: Readonly<Record<string, CaseInput>>;
  /** Inputs without gradient: indices, conditions. */
  readonly data?: Readonly<Record<string, CaseInput>>;
  readonly build: (inputs: Readonly<Record<string, Tensor>>) => Tensor;
  /** Half the width of the differences; twice that must not cross a kink. Default 0.05. */
  readonly step?: number;
  /** Allowed difference, relative to 1 + |gradient|. Default 5e-4: ten times what float32 leaves at the default step. */
  readonly tolerance?: number;
}

/** Sizes of the named axes in the cases. */
const SIZES: ReadonlyMap<string, number> = new Map([
  ["batch", 3],
  ["length", 4],
  ["one", 1],
]);

function concrete(shape: Shape): number[] {
  return shape.map((size) => evaluateDimension(size, SIZES) as number);
}

/** The same numbers in -1..1 at every call for one seed. */
function uniform(count: number, seed: number): number[] {
  let state = (seed * 2654435761) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' linear congruential generator
    return state / 2 ** 31 - 1;
  });
}

/** An input of random values between `low` and `high`. */
export function random(shape: Shape, low = -1.5, high = 1.5): CaseInput {
  const sizes = concrete(shape);
  const values = uniform(elementCount(sizes), elementCount(sizes) + shape.length);
  return {
    shape,
    value: hostTensor(
      "float32",
      sizes,
      values.map((x) => low + ((x + 1) / 2) * (high - low)),
    ),
  };
}

/** An input with shuffled values 0.25 apart and at least 0.125 from 0: away from the kinks of relu and max. */
export function spaced(shape: Shape): CaseInput {
  const sizes = concrete(shape);
  const order = uniform(elementCount(sizes), 7).map((key, i) => ({ key, i }));
  order.sort((a, b) => a.key - b.key);
  const values = order.map(({ i }) => 0.25 * (i - Math.floor(order.length / 2)) + 0.125);
  return { shape, value: hostTensor("float32", sizes, values) };
}

/** An input of given float32 values. */
export function values(shape: Shape, data: readonly number[]): CaseInput {
  return { shape, value: hostTensor("float32", concrete(shape), data) };
}

/** An int64 input. */
export function integers(shape: Shape, data: readonly number[]): CaseInput {
  return { shape, value: hostTensor("int64", concrete(shape), data) };
}

/** A difference between a gradient and its finite difference. */
export interface Discrepancy {
  readonly spelling: Spelling;
  readonly variable: string;
  readonly element: number;
  readonly gradient: number;
  readonly difference: number;
}

/**
 * Returns every gradient element that differs from its central difference (Richardson-extrapolated) by more than the tolerance,
 * in any spelling. The differentiated scalar is the sum of the output times fixed random factors.
 */
export async function checkGradients(runtime: GraphRuntime, one: GradientCase): Promise<Discrepancy[]> {
  const { variables, data = {}, tolerance = 5e-4 } = one;
  const all = { ...variables, ...data };
  const tensors = Object.fromEntries(
    Object.entries(all).map(([name, { shape, value }]) => [name, input(name, value.dtype, shape)]),
  );
  const output = one.build(tensors);
  const given = Object.fromEntries(Object.entries(all).map(([name, { value }]) => [name, value]));
  const cotangent = random(output.shape, -1, 1);
  const differences = await finiteDifferences(runtime, one, output, given, cotangent.value);

  const loss = reduceSum(multiply(output, input("cotangent", "float32", output.shape)));
  const names = Object.keys(variables);
  const found = gradients(
    loss,
    names.map((name) => tensors[name] as Tensor),
  );
  const outputs = Object.fromEntries(
    names.map((name, i) => {
      const gradient = found[i];
      if (gradient === undefined) throw new Error(`${one.title}: no gradient for ${name}`);
      return [`gradient/${name}`, gradient];
    }),
  );
  const discrepancies: Discrepancy[] = [];
  for (const spelling of SPELLINGS) {
    const program = serialize(outputs, { spelling });
    const wanted = new Set(program.inputs.map(({ name }) => name));
    const inputs = Object.entries({ ...given, cotangent: cotangent.value }).filter(([name]) =>
      wanted.has(name),
    );
    const results = await runOnce(runtime, program.bytes, Object.fromEntries(inputs));
    for (const name of names) {
      const gradient = (results[`gradient/${name}`] as HostTensor).data as Float32Array;
      (differences[name] as number[]).forEach((difference, element) => {
        const value = gradient[element] as number;
        if (Math.abs(value - difference) <= tolerance * (1 + Math.abs(difference))) return;
        discrepancies.push({ spelling, variable: name, element, gradient: value, difference });
      });
    }
  }
  return discrepancies;
}

async function finiteDifferences(
  runtime: GraphRuntime,
  { variables, step = 0.05 }: GradientCase,
  output: Tensor,
  given: Readonly<Record<string, HostTensor>>,
  cotangent: HostTensor,
): Promise<Record<string, number[]>> {
  const session = await runtime.createSession(serialize({ output }).bytes);
  const slopes: Record<string, number[]> = {};
  try {
    for (const [name, { value }] of Object.entries(variables)) {
      const data = value.data as Float32Array;
      const evaluate = async (element: number, x: number) => {
        const moved = data.slice();
        moved[element] = x;
        const result = await session.run({ ...given, [name]: { ...value, data: moved } as HostTensor });
        return { at: moved[element] as number, output: (result.output as HostTensor).data as Float32Array };
      };
      const central = async (element: number, width: number) => {
        const right = await evaluate(element, (data[element] as number) + width);
        const left = await evaluate(element, (data[element] as number) - width);
        let rise = 0; // differences of outputs first, then the sum in double precision: nothing large cancels
        right.output.forEach((y, i) => {
          rise += (y - (left.output[i] as number)) * Number(cotangent.data[i]);
        });
        return rise / (right.at - left.at);
      };
      slopes[name] = [];
      for (let element = 0; element < data.length; element++) {
        const wide = await central(element, step);
        const narrow = await central(element, step / 2);
        slopes[name].push((4 * narrow - wide) / 3);
      }
    }
  } finally {
    await session.dispose();
  }
  return slopes;
}

/** Loads, runs and drops a model. */
export async function runOnce(
  runtime: GraphRuntime,
  model: Uint8Array,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<Record<string, HostTensor>> {
  const session = await runtime.createSession(model);
  try {
    return await session.run(inputs);
  } finally {
    await session.dispose();
  }
}

/** Computes `outputs` in every spelling; returns one list of plain numbers per output, after checking that spellings agree. */
export async function evaluate(
  runtime: GraphRuntime,
  outputs: Readonly<Record<string, Tensor>>,
  inputs: Readonly<Record<string, HostTensor>> = {},
): Promise<Record<string, number[]>> {
  let first: Record<string, number[]> | undefined;
  for (const spelling of SPELLINGS) {
    const results = await runOnce(runtime, serialize(outputs, { spelling }).bytes, inputs);
    const numbers = Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array, Number)]),
    );
    first ??= numbers;
    for (const [name, list] of Object.entries(numbers)) {
      list.forEach((value, i) => {
        const reference = (first as Record<string, number[]>)[name]?.[i] as number;
        const close =
          Object.is(value, reference) || Math.abs(value - reference) <= 1e-5 * (1 + Math.abs(reference));
        if (!close)
          throw new Error(
            `${name}[${i}] is ${value} in spelling ${spelling}, ${reference} in ${SPELLINGS[0]}`,
          );
      });
    }
  }
  return first as Record<string, number[]>;
}
