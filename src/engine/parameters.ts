// Trainable weights: values, gradients and optimiser moments are in flat arrays per group, and a parameter is a view of them.
// The optimiser processes a few long arrays, and sessions read and write the views in place.
import type { ErrorCode } from "../base/codes/error-code.ts";
import { EngineError } from "../base/errors.ts";
import { elementCount, type HostTensor } from "../graph/host-tensor.ts";
import { allocateSegments, type FlatSegment, MAX_SEGMENT_LENGTH } from "./flat-segment.ts";

/** A group of parameters with the same optimiser settings. */
export interface ParameterGroup {
  readonly name: string;
  /** Decoupled weight decay per step, times the learning rate. */
  readonly weightDecay: number;
  /** Factor on the schedule's learning rate. */
  readonly learningRateScale: number;
}

/** A parameter: its name, its shape and its group. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Name of its group. */
  readonly group: string;
  /** Never trained: it has no gradient and no moments. Default false. */
  readonly frozen?: boolean;
  /** Its values, kept elsewhere and shared; only without gradients. Absent: they are allocated. */
  readonly values?: Float32Array | undefined;
}

/** A group with its arrays; a group too large for one memory appears as several with the same name. */
export interface FlatGroup extends ParameterGroup, FlatSegment {}

/** What to allocate in addition to the weights. */
export interface ParametersOptions {
  /** If false, only the weights are allocated. Default true. */
  readonly trainable?: boolean | undefined;
}

interface Slot {
  readonly segment: FlatSegment;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/**
 * A model's parameters.
 *
 * @example
 * import { Parameters } from "relata/engine";
 *
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
  readonly #frozen: ReadonlySet<string>;

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
          "engine/unknown-group",
          `"${spec.name}" is in group "${spec.group}", which is not defined`,
          spec.group,
          {
            remedy: `Groups are ${groups.map(({ name }) => `"${name}"`).join(", ") || "missing"}.`,
          },
        );
      }
      if (spec.values === undefined) group.push(spec);
    }
    const slots = new Map<string, Slot>();
    const trained = (group: ParameterGroup) =>
      (members.get(group.name) ?? []).filter(({ frozen = false }) => !frozen);
    const plans = groups.map((group) => plan(trained(group), trainable));
    const segments = allocateSegments(
      plans.flatMap((parts) => parts.map(({ length }) => length)),
      trainable,
    );
    let next = 0;
    this.#groups = groups.flatMap((group, i) =>
      (plans[i] ?? []).map((part) => {
        const flat = { ...group, ...(segments[next++] as FlatSegment) };
        for (const { name, ...slot } of part.slots) slots.set(name, { ...slot, segment: flat });
        return flat;
      }),
    );
    for (const { name, shape, values } of specs)
      if (values !== undefined) slots.set(name, { ...sharedSegment(values), shape, offset: 0 });
    const frozen = plan(
      specs.filter((spec) => spec.frozen === true && spec.values === undefined),
      false,
    );
    for (const [i, segment] of allocateSegments(
      frozen.map(({ length }) => length),
      false,
    ).entries()) {
      for (const { name, ...slot } of frozen[i]?.slots ?? []) slots.set(name, { ...slot, segment });
    }
    this.#slots = new Map(specs.map(({ name }) => [name, slots.get(name) as Slot]));
    this.#frozen = new Set(frozen.flatMap((part) => part.slots.map(({ name }) => name)));
  }

  /** In the order of creation. */
  names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** Those that have gradients and moments when the parameters are trainable, in the order of creation. */
  trainedNames(): readonly string[] {
    return this.names().filter((name) => !this.#frozen.has(name));
  }

  /** Whether there is a parameter with this name. */
  has(name: string): boolean {
    return this.#slots.has(name);
  }

  /** Number of elements of all parameters that are not frozen. */
  get elementCount(): number {
    return this.#groups.reduce((sum, { length }) => sum + length, 0);
  }

  /** The groups with their flat arrays, in the given order; frozen parameters are in none. @internal */
  groups(): readonly FlatGroup[] {
    return this.#groups;
  }

  /** The parameters of one of `groups()`, in the order of creation, and the element of its arrays where each begins. @internal */
  members(
    group: FlatGroup,
  ): { readonly name: string; readonly shape: readonly number[]; readonly offset: number }[] {
    return [...this.#slots].flatMap(([name, { segment, shape, offset }]) =>
      segment === group ? [{ name, shape, offset }] : [],
    );
  }

  /** The parameter's values: a view, so writing to it changes the parameter. */
  weight(name: string): HostTensor<"float32"> {
    return this.#view(name, "weights");
  }

  /**
   * The parameter's gradient, as a view.
   *
   * @throws EngineError `engine/not-trainable` if the parameters were created without gradients
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
      throw fault("engine/unknown-parameter", `there is no parameter "${name}"`, name, {
        remedy: "names() lists the parameters.",
      });
    }
    if (array !== "weights" && (!this.trainable || this.#frozen.has(name))) {
      const why = this.trainable ? "it is frozen" : "the parameters were created for inference";
      throw fault("engine/not-trainable", `"${name}" has no ${array}: ${why}`, name, {
        remedy: "Create it with { trainable: true }, not frozen.",
      });
    }
    const { segment, shape, offset, length } = slot;
    return { dtype: "float32", shape, data: segment[array].subarray(offset, offset + length) };
  }
}

const NONE = new Float32Array(0);

/** Values that are kept elsewhere. */
function sharedSegment(weights: Float32Array): Pick<Slot, "segment" | "length"> {
  const { length } = weights;
  const segment = { length, weights, gradients: NONE, firstMoments: NONE, secondMoments: NONE };
  return { segment, length };
}

/** Divides a group's parameters into segments that fit into a memory. */
function plan(
  specs: readonly ParameterSpec[],
  trainable: boolean,
): { length: number; slots: (Omit<Slot, "segment"> & { name: string })[] }[] {
  const limit = trainable ? MAX_SEGMENT_LENGTH : Number.POSITIVE_INFINITY;
  const parts: { length: number; slots: (Omit<Slot, "segment"> & { name: string })[] }[] = [
    { length: 0, slots: [] },
  ];
  for (const { name, shape } of specs) {
    const length = elementCount(shape);
    if (length > limit) {
      throw fault(
        "engine/parameter-too-large",
        `"${name}" [${shape.join(", ")}] has ${length} elements; at most ${limit} can be trained`,
        length,
        {
          remedy: "Make one of its dimensions smaller, or declare it in several parts.",
        },
      );
    }
    let part = parts.at(-1) as (typeof parts)[number]; // there is one from the start
    if (part.length + length > limit) {
      part = { length: 0, slots: [] };
      parts.push(part);
    }
    part.slots.push({ name, shape, offset: part.length, length });
    part.length += length;
  }
  return parts;
}

function checkGroup(group: ParameterGroup, known: ReadonlyMap<string, unknown>): void {
  const { name, weightDecay, learningRateScale } = group;
  if (known.has(name)) {
    throw fault("engine/duplicate-group", `group "${name}" is defined twice`, name, {
      remedy: "Give every group its own name.",
    });
  }
  for (const [field, value] of [
    ["weightDecay", weightDecay],
    ["learningRateScale", learningRateScale],
  ] as const) {
    if (Number.isFinite(value) && value >= 0) continue;
    throw fault(
      "engine/bad-group",
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
    throw fault("engine/duplicate-parameter", `"${name}" is defined twice`, name, {
      remedy: "Give every parameter its own name.",
    });
  }
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  throw fault("engine/bad-shape", `"${name}" has shape [${shape.join(", ")}]`, shape, {
    remedy: "Sizes are integers of at least 0.",
  });
}

function fault(
  code: ErrorCode,
  message: string,
  value: unknown,
  { remedy, cause }: { remedy: string; cause?: unknown },
): EngineError {
  return new EngineError({
    code,
    message: `Parameters: ${message}`,
    value,
    remedy,
    cause,
  });
}
