// Finds what an experiment would run besides relata itself. A queue must not be a way to start programs on the machines of its workers.
import { RelataError } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";
import type { Plan } from "./plan.ts";

/** Options of `relata evaluate` that load code, or write where the plan does not say. */
const REFUSED_ARGUMENTS = ["--extension", "--library", "--provider-library", "--predictions"];

/** Fields of a configuration that name code. */
const CODE_FIELDS = new Set(["extensions", "library", "python"]);

/**
 * Refuses an experiment whose settings name code: modules, libraries of the runtime, Python interpreters, synthesis plans (whose generators
 * may be programs).
 *
 * @throws RelataError `units/program-refused`
 */
export function requireNoPrograms({ extensions = [], training }: Config, plan: Plan, place: string): void {
  const { variants, shared = [] } = plan;
  const named =
    extensions[0] ??
    training.library ??
    training.provider?.library ??
    training.torch?.python ??
    shared.find(({ kind }) => kind === "synthesize")?.name ??
    variants.map(({ overrides }) => codeIn(overrides)).find((one) => one !== undefined) ??
    shared.map((stage) => ("overrides" in stage ? codeIn(stage.overrides) : undefined)).find(Boolean) ??
    variants
      .flatMap(({ evaluations }) => evaluations.flatMap((one) => one.arguments ?? []))
      .find((one) => typeof one === "string" && REFUSED_ARGUMENTS.some((option) => one.startsWith(option)));
  if (named === undefined) return;
  throw new RelataError({
    code: "units/program-refused",
    message: `the experiment names code to run (${String(named)}), and this worker runs none that a queue names`,
    place,
    value: named,
    remedy:
      "Start the worker with --programs, if nobody else can write to the queue and to the folders that it sees.",
  });
}

/** The first field of an override that names code. */
function codeIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [field, inner] of Object.entries(value)) {
    if (CODE_FIELDS.has(field) && inner !== null) return field;
    const found = codeIn(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
