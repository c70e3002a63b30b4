// Copies the weights of a trained model into one that learns further labels: rows and columns that belong to a label move with it.
import { EncoderError } from "../../base/errors.ts";
import type { WeightSource } from "../../encoders/weight-source.ts";
import { toFloat32 } from "../../engine/safetensors.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import type { ParameterDeclaration } from "../../nn/parameter-scope.ts";

/** Which parameters have an entry per label, by name: the axes that count labels. */
export type LabelAxes = Readonly<Record<string, readonly number[]>>;

/** Labels, or tags, of the trained model and of the new one, in the order of their entries. */
export interface LabelOrders {
  readonly before: readonly string[];
  readonly now: readonly string[];
  readonly axes: LabelAxes;
}

/** What becomes of the new model's parameters. */
export interface CopyPlan {
  /** Parameters that are copied, whole or label by label. */
  readonly copied: readonly string[];
  /** Parameters that keep their initial values: the trained model has none of them, or of another size. */
  readonly fresh: readonly string[];
}

/** Plans the copy. @throws EncoderError `encoder/missing-weight` if a part of the text encoder is missing or has another size */
export function planCopy(
  declarations: Iterable<Pick<ParameterDeclaration, "name" | "shape">>,
  source: WeightSource,
  labels: LabelOrders,
): CopyPlan {
  const known = new Set(source.names());
  const copied: string[] = [];
  const fresh: string[] = [];
  for (const { name, shape } of declarations) {
    const axes = labels.axes[name] ?? [];
    const wanted = shape.map((size, axis) => (axes.includes(axis) ? labels.before.length : size));
    const fits = known.has(name) && String(source.spec(name).shape) === String(wanted);
    (fits ? copied : fresh).push(name);
  }
  const lost = fresh.filter((name) => name.startsWith("encoder."));
  if (lost.length === 0) return { copied, fresh };
  throw new EncoderError({
    code: "encoder/missing-weight",
    message: `${source.path} does not have ${lost.length} weights of the text encoder, among them ${lost[0]}`,
    place: source.path,
    value: lost,
    remedy: "Name a model that was trained with the same text encoder.",
  });
}

/** Copies what is planned into the parameters, which have their initial values. */
export function copyWeights(
  { copied }: CopyPlan,
  source: WeightSource,
  labels: LabelOrders,
  into: (name: string) => HostTensor<"float32">,
): void {
  const position = new Map(labels.before.map((label, i) => [label, i]));
  const moved = labels.now.map((label) => position.get(label));
  for (const name of copied) {
    const { data } = toFloat32(source.tensor(name));
    const target = into(name);
    const axes = labels.axes[name];
    if (axes === undefined) target.data.set(data);
    else copyByLabel(target, data, { axes, moved, before: labels.before.length });
  }
}

/** Copies every element whose labels the trained model has; the others keep their initial values. */
function copyByLabel(
  { data, shape }: HostTensor<"float32">,
  from: Float32Array,
  by: {
    readonly axes: readonly number[];
    readonly moved: readonly (number | undefined)[];
    readonly before: number;
  },
): void {
  for (let at = 0; at < data.length; at++) {
    let rest = at;
    let origin: number | undefined = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis]!; // axis is one of the shape
      const index = rest % size;
      rest = Math.floor(rest / size);
      const isLabel = by.axes.includes(axis);
      const old: number | undefined = isLabel ? by.moved[index] : index;
      if (old === undefined) {
        origin = undefined;
        break;
      }
      origin += old * stride;
      stride *= isLabel ? by.before : size;
    }
    if (origin !== undefined) data[at] = from[origin]!; // within the trained model's tensor, whose shape was checked
  }
}
