// Trainable weights: values, gradients and optimiser moments lie in one flat array each per group, a parameter is a view of them.
// The optimiser so walks over a few long arrays, and sessions read and write the views in place.
import { EngineError } from "../errors.ts";
import { elementCount, type HostTensor } from "../graph/host-tensor.ts";

/** Parameters that the optimiser treats alike. */
export interface ParameterGroup {
  readonly name: string;
  /** Decoupled weight decay per step, times the learning rate. */
  readonly weightDecay: number;
  /** Factor on the schedule's learning rate. */
  readonly learningRateScale: number;
}

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Name of its group. */
  readonly group: string;
}

/** The flat arrays of a group, all of one length; parameters lie behind one another without gaps. */
export interface FlatGroup extends ParameterGroup {
  readonly length: number;
  readonly weights: Float32Array;
  /** Empty, like the moments, when the parameters are not trainable. */
  readonly gradients: Float32Array;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
  /** Where each parameter lies, in elements. */
  readonly slots: readonly { readonly name: string; readonly offset: number; readonly length: number }[];
}

export interface ParametersOptions {
  /** Without, only the weights are allocated. Default true. */
  readonly trainable?: boolean;
}

interface Slot {
  readonly group: FlatGroup;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/**
 * A model's parameters.
 *
 * @example
 * const parameters = Parameters.create(
 *   [{ name: "head.weight", shape: [768, 23], group: "heads/decay" }],
 *   [{ name: "heads/decay", weightDecay: 0.01, learningRateScale: 1 }],
 * );
 * parameters.weight("head.weight").data.fill(0);
 */
export class Parameters {
  readonly trainable: boolean;
  readonly #groups: readonly FlatGroup[];
  readonly #slots: ReadonlyMap<string, Slot>;

  /**
   * Allocates zero-filled arrays for `specs`, in their order within each group. Groups without parameters are kept, empty.
   *
   * @throws EngineError `engine/duplicate-parameter`, `engine/duplicate-group`, `engine/unknown-group`, `engine/bad-group`,
   * `engine/bad-shape`, `engine/out-of-memory`
   */
  static create(
    specs: readonly ParameterSpec[],
    groups: readonly ParameterGroup[],
    options: ParametersOptions = {},
  ): Parameters {
    return new Parameters(specs, groups, options.trainable ?? true);
  }

  private constructor(
    specs: readonly ParameterSpec[],
    groups: readonly ParameterGroup[],
    trainable: boolean,
  ) {
    this.trainable = trainable;
    const members = new Map<string, ParameterSpec[]>();
    for (const group of groups) {
      checkGroup(group, members);
      members.set(group.name, []);
    }
    const names = new Set<string>();
    for (const spec of specs) {
      checkSpec(spec, names);
      names.add(spec.name);
      const group = members.get(spec.group);
      if (group === undefined) {
        throw fault(
          "unknown-group",
          `"${spec.name}" is in group "${spec.group}", which is not defined`,
          spec.group,
          {
            remedy: `Groups are ${groups.map(({ name }) => `"${name}"`).join(", ") || "missing"}.`,
          },
        );
      }
      group.push(spec);
    }
    this.#groups = groups.map((group) => allocate(group, members.get(group.name) ?? [], trainable));
    const slots = new Map<string, Slot>();
    for (const group of this.#groups) {
      const ofGroup = members.get(group.name) ?? [];
      group.slots.forEach(({ name, offset, length }, i) => {
        slots.set(name, { group, shape: ofGroup[i]?.shape ?? [], offset, length });
      });
    }
    this.#slots = new Map(specs.map(({ name }) => [name, slots.get(name) as Slot]));
  }

  /** In the order of creation. */
  names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  has(name: string): boolean {
    return this.#slots.has(name);
  }

  /** Number of elements of all parameters. */
  get elementCount(): number {
    return this.#groups.reduce((sum, { length }) => sum + length, 0);
  }

  /** The groups with their flat arrays, in the order they were given. */
  groups(): readonly FlatGroup[] {
    return this.#groups;
  }

  /** The parameter's values: a view, so writing to it changes the parameter. */
  weight(name: string): HostTensor<"float32"> {
    return this.#view(name, "weights");
  }

  /**
   * The parameter's gradient, as a view.
   *
   * @throws EngineError `engine/not-trainable` when the parameters were created without gradients
   */
  gradient(name: string): HostTensor<"float32"> {
    return this.#view(name, "gradients");
  }

  /** The optimiser's running mean of the gradient, as a view; for checkpoints. */
  firstMoment(name: string): HostTensor<"float32"> {
    return this.#view(name, "firstMoments");
  }

  /** The optimiser's running mean of the squared gradient, as a view; for checkpoints. */
  secondMoment(name: string): HostTensor<"float32"> {
    return this.#view(name, "secondMoments");
  }

  #view(
    name: string,
    array: "weights" | "gradients" | "firstMoments" | "secondMoments",
  ): HostTensor<"float32"> {
    const slot = this.#slots.get(name);
    if (slot === undefined) {
      throw fault("unknown-parameter", `there is no parameter "${name}"`, name, {
        remedy: "names() lists the parameters.",
      });
    }
    if (array !== "weights" && !this.trainable) {
      throw fault(
        "not-trainable",
        `"${name}" has no ${array}: the parameters were created for inference`,
        name,
        {
          remedy: "Create them with { trainable: true }.",
        },
      );
    }
    const { group, shape, offset, length } = slot;
    const data = group[array].subarray(offset, offset + length) as Float32Array<ArrayBuffer>;
    return { dtype: "float32", shape, data };
  }
}

function allocate(group: ParameterGroup, specs: readonly ParameterSpec[], trainable: boolean): FlatGroup {
  let length = 0;
  const slots = specs.map(({ name, shape }) => {
    const slot = { name, offset: length, length: elementCount(shape) };
    length += slot.length;
    return slot;
  });
  const moments = trainable ? length : 0;
  try {
    return {
      ...group,
      length,
      slots,
      weights: new Float32Array(length),
      gradients: new Float32Array(moments),
      firstMoments: new Float32Array(moments),
      secondMoments: new Float32Array(moments),
    };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const bytes = 4 * (length + 3 * moments);
    throw fault(
      "out-of-memory",
      `group "${group.name}" needs ${bytes} bytes, which cannot be allocated`,
      bytes,
      {
        remedy: "Train a smaller model, or on a machine with more memory.",
        cause,
      },
    );
  }
}

function checkGroup(group: ParameterGroup, known: ReadonlyMap<string, unknown>): void {
  const { name, weightDecay, learningRateScale } = group;
  if (known.has(name)) {
    throw fault("duplicate-group", `group "${name}" is defined twice`, name, {
      remedy: "Name every group once.",
    });
  }
  for (const [field, value] of [
    ["weightDecay", weightDecay],
    ["learningRateScale", learningRateScale],
  ] as const) {
    if (Number.isFinite(value) && value >= 0) continue;
    throw fault(
      "bad-group",
      `${field} of group "${name}" must be a number of at least 0, got ${value}`,
      value,
      {
        remedy: `Set ${field} to 0 or more.`,
      },
    );
  }
}

function checkSpec({ name, shape }: ParameterSpec, known: ReadonlySet<string>): void {
  if (known.has(name)) {
    throw fault("duplicate-parameter", `"${name}" is defined twice`, name, {
      remedy: "Name every parameter once.",
    });
  }
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  throw fault("bad-shape", `"${name}" has shape [${shape.join(", ")}]`, shape, {
    remedy: "Sizes are integers of at least 0.",
  });
}

function fault(
  problem: string,
  message: string,
  value: unknown,
  { remedy, cause }: { remedy: string; cause?: unknown },
): EngineError {
  return new EngineError({
    code: `engine/${problem}`,
    message: `Parameters: ${message}`,
    value,
    remedy,
    cause,
  });
}
