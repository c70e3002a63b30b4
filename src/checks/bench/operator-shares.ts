// Reads onnxruntime's profile: what share of the runs' time each operator took.
import { z } from "zod";
import { readWholeText } from "../../base/whole-file.ts";

/** One operator's part of a run. */
export interface OperatorShare {
  /** ONNX operator type; nodes inside a Scan count as themselves, not as the Scan. */
  readonly operator: string;
  /** Nodes per run. */
  readonly count: number;
  /** Per run, summed over the nodes. */
  readonly milliseconds: number;
  /** Of all operators' time, 0 to 1. */
  readonly share: number;
}

const eventSchema = z.looseObject({
  name: z.string(),
  cat: z.string(),
  ts: z.number(),
  dur: z.number(),
  args: z.looseObject({ op_name: z.string().optional() }).optional(),
});

const CONTROL_FLOW = new Set(["Scan", "Loop", "If"]);

/** Shares over the second half of the runs in a profile, when caches are warm; the largest first. */
export async function operatorShares(path: string): Promise<OperatorShare[]> {
  const events = z.array(z.unknown()).parse(JSON.parse(await readWholeText(path)));
  const parsed = events.flatMap((event) => {
    const result = eventSchema.safeParse(event);
    return result.success ? [result.data] : [];
  });
  const runs = parsed.filter(({ name }) => name === "model_run");
  const warm = runs.slice(Math.floor(runs.length / 2));
  const from = warm[0]?.ts ?? Number.POSITIVE_INFINITY;
  const totals = new Map<string, { nodes: number; microseconds: number }>();
  for (const { name, cat, ts, dur, args } of parsed) {
    const operator = args?.op_name;
    if (cat !== "Node" || operator === undefined || !name.endsWith("_kernel_time") || ts < from) continue;
    if (CONTROL_FLOW.has(operator)) continue;
    const total = totals.get(operator) ?? { nodes: 0, microseconds: 0 };
    totals.set(operator, { nodes: total.nodes + 1, microseconds: total.microseconds + dur });
  }
  const all = [...totals.values()].reduce((sum, { microseconds }) => sum + microseconds, 0);
  return [...totals]
    .map(([operator, { nodes, microseconds }]) => ({
      operator,
      count: nodes / warm.length,
      milliseconds: microseconds / warm.length / 1000,
      share: microseconds / all,
    }))
    .sort((a, b) => b.share - a.share);
}
