// Which execution provider took which nodes of a session, so that a provider that took none is noticed.
import { EngineError } from "../base/errors.ts";
import type { Environment } from "./environment.ts";
import { hasAssignments, type OrtApi, type Pointer, pointerAt, stringAt } from "./ort-api.ts";

/** The nodes of a session's graph. Operators of a graph inside a node are not counted. */
export interface NodeAssignment {
  /** Nodes that the plugin providers took. */
  readonly taken: number;
  readonly all: number;
  /** Nodes that they left to the device, by operator, the most frequent first. */
  readonly left: Readonly<Record<string, number>>;
}

/** The entry that makes onnxruntime keep what `readAssignment` reads. */
export const RECORD_ASSIGNMENT = { "session.record_ep_graph_assignment_info": "1" } as const;

/**
 * Counts the nodes that each provider took. Undefined where onnxruntime is too old to tell.
 *
 * @param names the plugin providers
 * @throws EngineError `engine/provider-unused` if they took none
 */
export function readAssignment(
  { api }: Pick<Environment, "api">,
  place: string,
  session: Pointer,
  names: readonly string[],
): NodeAssignment | undefined {
  if (!hasAssignments(api)) return undefined;
  const left = new Map<string, number>();
  let taken = 0;
  let all = 0;
  for (const subgraph of listOf(api, place, "Session_GetEpGraphAssignmentInfo", session)) {
    const provider = stringAt(api.create("EpAssignedSubgraph_GetEpName", place, subgraph));
    const nodes = listOf(api, place, "EpAssignedSubgraph_GetNodes", subgraph);
    all += nodes.length;
    if (names.includes(provider)) taken += nodes.length;
    else
      for (const node of nodes) {
        const operator = stringAt(api.create("EpAssignedNode_GetOperatorType", place, node));
        left.set(operator, (left.get(operator) ?? 0) + 1);
      }
  }
  if (taken === 0 && all > 0) throw unused(place, names, all);
  return { taken, all, left: Object.fromEntries([...left].sort(([, a], [, b]) => b - a)) };
}

function listOf(
  api: OrtApi,
  place: string,
  call: "Session_GetEpGraphAssignmentInfo" | "EpAssignedSubgraph_GetNodes",
  of: Pointer,
): Pointer[] {
  const out = new BigUint64Array(2);
  api.call(call, place, of, out.subarray(0, 1), out.subarray(1));
  const [list = 0n, count = 0n] = out;
  return Array.from({ length: Number(count) }, (_, i) => pointerAt(list, i));
}

function unused(place: string, names: readonly string[], all: number): EngineError {
  return new EngineError({
    code: "engine/provider-unused",
    message: `${place}: ${names.join(" and ")} took none of the graph's ${all} nodes, so all of it would run without the provider`,
    place,
    value: names.join(", "),
    remedy: "Leave the provider out, or ask `relata bench providers` which one helps on this machine.",
  });
}
