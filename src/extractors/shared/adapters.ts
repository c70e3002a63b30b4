// Low-rank adapters of a text encoder in training: which layers get one, and how they are saved.
import { ConfigError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import { frozenName } from "../../encoders/adapted-weights.ts";
import type { Parameters } from "../../engine/parameters.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import { adaptedWeights, isAdapter } from "../../nn/low-rank.ts";
import type { LowRankOptions } from "../../nn/parameter-scope.ts";

type Setting = NonNullable<Config["training"]["adapters"]>;

/** Adapters of a model, and the names of the layers that could have had one. */
export interface EncoderAdapters extends LowRankOptions {
  readonly targets: Setting["targets"];
  /** Linear layers of the text encoder that were asked about, by full name. */
  readonly seen: ReadonlySet<string>;
}

const ENCODER = "encoder.";
/** Parts of a full name that mean attention: in BERT and MPNet, in ModernBERT. */
const ATTENTION = new Set(["attention", "attn"]);

/** The adapters of a configuration; undefined for none. */
export function adaptersOf({ adapters }: Pick<Config["training"], "adapters">): EncoderAdapters | undefined {
  if (adapters === undefined) return undefined;
  const { rank, alpha = 2 * rank, targets } = adapters;
  const seen = new Set<string>();
  const isTarget = (layer: string): boolean => {
    if (targets === "all") return true;
    if (targets === "attention") return layer.split(".").some((part) => ATTENTION.has(part));
    return targets.some((name) => layer.endsWith(`.${name}`));
  };
  return {
    ...{ rank, alpha, targets, seen },
    adapts(layer) {
      if (!layer.startsWith(ENCODER)) return false;
      seen.add(layer);
      return isTarget(layer);
    },
  };
}

/** Whether a parameter of a training graph is trained: with adapters, the text encoder's own are not. */
export function isTrainedWith(adapters: LowRankOptions | undefined, parameter: string): boolean {
  return adapters === undefined || !parameter.startsWith(ENCODER) || isAdapter(parameter);
}

/** @throws ConfigError `config/no-adapted-layer` */
export function requireAdapted(parameters: Iterable<string>, { targets, seen }: EncoderAdapters): void {
  if (adaptedWeights(parameters).length > 0) return;
  const names = [...new Set([...seen].map((layer) => layer.split(".").slice(-2).join(".")))];
  const listed = names.length === 0 ? "no linear layer of the text encoder is trained" : names.join(", ");
  throw new ConfigError({
    code: "config/no-adapted-layer",
    message: `training.adapters.targets is ${JSON.stringify(targets)}, but no trained layer has such a name: ${listed}`,
    place: "training.adapters.targets",
    value: targets,
    remedy: "Name layers of this list, or freeze fewer layers.",
  });
}

/** What a model folder holds: every parameter, the weights that have an adapter under the names of frozen ones. */
export function savedParameters(
  parameters: Pick<Parameters, "names" | "weight">,
): Record<string, HostTensor<"float32">> {
  const adapted = new Set(adaptedWeights(parameters.names()).map(({ weight }) => weight));
  return Object.fromEntries(
    parameters.names().map((name) => [adapted.has(name) ? frozenName(name) : name, parameters.weight(name)]),
  );
}
