// Finds what an experiment would run besides relata itself.
import { codeNamedBy } from "../config/named-code.ts";
import type { Config } from "../config/schema.ts";
import { codeRefused } from "../units/queue/code-refused.ts";
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
export function requireNoPrograms(config: Config, plan: Plan, place: string): void {
  const { variants, shared = [] } = plan;
  const named =
    codeNamedBy(config) ??
    shared.find(({ kind }) => kind === "synthesize")?.name ??
    variants.map(({ overrides }) => codeIn(overrides)).find((one) => one !== undefined) ??
    shared.map((stage) => ("overrides" in stage ? codeIn(stage.overrides) : undefined)).find(Boolean) ??
    variants
      .flatMap(({ evaluations }) => evaluations.flatMap((one) => one.arguments ?? []))
      .find((one) => typeof one === "string" && REFUSED_ARGUMENTS.some((option) => one.startsWith(option)));
  if (named !== undefined) throw codeRefused("the experiment", named, place);
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
