// Lets the rows of a sweep share the teachers that score their views, where no swept setting reaches the teachers.
import { createHash } from "node:crypto";
import type { Config } from "../../config/schema.ts";
import { teacherSettings } from "../../extractors/student/teacher-settings.ts";
import { joinOverrides, layOver } from "../overrides.ts";
import type { Plan, SharedStage, Variant } from "../plan.ts";

/** Returns the variants with the scores of shared teachers, and a stage for each kind of teachers. */
export function withSharedTeachers(
  base: Config,
  variants: readonly Variant[],
): Required<Pick<Plan, "variants" | "shared">> {
  const shared = new Map<string, SharedStage>();
  const taught = variants.map((variant) => {
    const config = layOver(base, variant.overrides, ({ $stage }) => $stage) as unknown as Config; // complete, as the base is
    if (!trainsTeachers(config)) return variant;
    const { selection } = config.synthesis;
    const settings = teacherSettings(config, selection.epochs ?? config.training.epochs);
    const name = `scores-${digest([settings, config.data, selection.teacherStore ?? null])}`;
    if (!shared.has(name))
      shared.set(name, { kind: "score-views", name, perSeed: true, overrides: variant.overrides });
    const scores = { synthesis: { selection: { scores: { $stage: name } } } };
    return { ...variant, overrides: joinOverrides(variant.overrides, scores) };
  });
  return { variants: taught, shared: [...shared.values()] };
}

/** Whether a run would train teachers of its own. */
function trainsTeachers({ method, synthesis }: Config): boolean {
  const { store, rounds, use, selection } = synthesis;
  if (method !== "mi2rage" || store === undefined || rounds === 0 || use === "real") return false;
  return selection.method === "teacher" && selection.scores === undefined;
}

const DIGEST_LENGTH = 10; // as many kinds of teachers as an experiment has rows

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, DIGEST_LENGTH);
}
