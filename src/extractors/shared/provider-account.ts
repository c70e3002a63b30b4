// Says which plugin provider ran a training's graphs, and how many of their nodes: for the run's record, the model's record and the command line.
import { z } from "zod";
import type { Runtime } from "../../engine/runtime.ts";
import type { Environment } from "../../training/environment.ts";

const count = z.int().nonnegative();

/** In training-record.json. */
export const providerAccountSchema = z.strictObject({
  /** As its library spells it. */
  name: z.string(),
  /** Null for a provider that relata does not know. */
  precision: z.enum(["fp32", "bf16"]).nullable(),
  /** Nodes of each graph, and how many of them it took; empty where onnxruntime is too old to tell. */
  graphs: z.array(z.strictObject({ graph: z.string(), taken: count, all: count })),
});

/** A provider and the nodes that it took. */
export type ProviderAccount = z.output<typeof providerAccountSchema>;

type InUse = Pick<Runtime, "plugins" | "assignments">;

/** The provider of a runtime and what it has taken so far; undefined without one. */
export function providerAccount({ plugins, assignments }: InUse): ProviderAccount | undefined {
  const [first] = plugins;
  if (first === undefined) return undefined;
  return {
    name: plugins.map(({ provider }) => provider).join(", "),
    precision: first.precision ?? null,
    graphs: [...assignments].map(([graph, { taken, all }]) => ({ graph, taken, all })),
  };
}

/** The part of a run's environment that is about the provider. */
export function describeProvider({ plugins }: Pick<Runtime, "plugins">): Pick<Environment, "provider"> {
  if (plugins.length === 0) return {};
  const each = plugins.map(({ provider, precision }) =>
    [provider, ...(precision ? [precision] : [])].join(", "),
  );
  return { provider: each.join("; ") };
}

/** For a person: "OpenVINOExecutionProvider (fp32) took 410 of 412 nodes of step plain". */
export function providerWords({ name, precision, graphs }: ProviderAccount): string {
  const who = precision === null ? name : `${name} (${precision})`;
  if (graphs.length === 0) return `${who}; this onnxruntime does not tell which nodes it took`;
  return `${who} took ${graphs.map(({ graph, taken, all }) => `${taken} of ${all} nodes of ${graph}`).join(", ")}`;
}
