// What of an experiment's plan is to be done: the chosen variants, the wanted seeds, and every stage that they need.
import { resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import { type ExtensionsInput, extensionsWith } from "../extensions/load-extensions.ts";
import {
  allSets,
  type EvaluationSet,
  type Plan,
  type Preset,
  type PresetOptions,
  presetError,
} from "./plan.ts";
import type { Stage } from "./stage.ts";
import { type StageRequest, stagesOf } from "./stages.ts";

/** What of a request decides which stages there are. */
export interface PlanRequest {
  readonly preset: Preset;
  readonly base: Config;
  readonly options: PresetOptions;
  /** Names of variants or groups to run; default all. The reference is always included. */
  readonly variants?: readonly string[] | undefined;
  /** Readers of data files, in addition to the base configuration's modules. */
  readonly extensions?: ExtensionsInput | undefined;
}

/**
 * Plans an experiment and checks every variant's configuration, without running anything. The plan holds the variants that would run.
 *
 * @throws ConfigError `experiment/unknown-variant`, the codes of the preset and of `stagesOf`
 */
export async function dryRun(
  request: PlanRequest,
): Promise<{ readonly plan: Plan; readonly trainings: number }> {
  const planned = await planOf(request);
  const { plan, chosen } = planned;
  const { work } = workOf(planned, { seeds: [1], out: resolve("."), threads: 1 });
  return {
    plan: { ...plan, variants: plan.variants.filter(({ name }) => chosen.has(name)) },
    trainings: work.filter(({ kind }) => kind === "train").length,
  };
}

/** A plan and what belongs to it. */
export interface PlannedWork extends Pick<StageRequest, "plan" | "base" | "sets"> {
  /** Names of the variants to run. */
  readonly chosen: ReadonlySet<string>;
  readonly extensions: NonNullable<StageRequest["extensions"]>;
}

/** Returns the plan of a request and what belongs to it. @throws the codes of the preset, `experiment/unknown-variant` */
export async function planOf(request: PlanRequest): Promise<PlannedWork> {
  const { preset, base, options, variants, extensions } = request;
  const known = await extensionsWith(extensions, base.extensions);
  const plan = preset.plan(base, options);
  const chosen = chosenVariants(plan, variants);
  return { base, plan, chosen, sets: setsOf(plan, options), extensions: known };
}

/** Returns all stages and evaluations of a plan, and those of the chosen variants and wanted seeds: `work` and `asked`. */
export function workOf(
  { chosen, ...planned }: PlannedWork,
  where: Pick<StageRequest, "seeds" | "out" | "threads">,
  wantedSeeds = where.seeds,
) {
  const { stages, evaluations } = stagesOf({ ...planned, ...where });
  const asked = evaluations.filter(({ variant, seed }) => chosen.has(variant) && wantedSeeds.includes(seed));
  const work = withNeeds(
    stages,
    asked.flatMap(({ train, evaluate }) => [train, evaluate]),
  );
  return { stages, evaluations, asked, work };
}

/** Returns the stages with these ids and all that they need, in order. */
export function withNeeds(stages: readonly Stage[], ids: readonly string[]): Stage[] {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const wanted = new Set<string>();
  const add = (id: string) => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const need of byId.get(id)?.needs ?? []) add(need);
  };
  for (const id of ids) add(id);
  return stages.filter(({ id }) => wanted.has(id));
}

/** Returns the variants to run, by names or groups; references are always included. */
function chosenVariants(plan: Plan, names: readonly string[] | undefined): ReadonlySet<string> {
  if (names === undefined) return new Set(plan.variants.map(({ name }) => name));
  const known = plan.variants.flatMap(({ name, group }) => (group === undefined ? [name] : [name, group]));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw presetError(
      "experiment/unknown-variant",
      `there is no variant or group "${unknown}"`,
      `Choose from: ${[...new Set(known)].join(", ")}.`,
      unknown,
    );
  }
  const meant = plan.variants.filter(
    ({ name, group }) => names.includes(name) || (group !== undefined && names.includes(group)),
  );
  const own = meant.flatMap(({ reference }) => reference ?? []);
  const references = [plan.reference, ...Object.values(plan.references ?? {}), ...own];
  return new Set([...meant.map(({ name }) => name), ...references]);
}

/** The plan's sets and the user's; the first with each name counts. */
function setsOf(plan: Plan, options: PresetOptions): readonly EvaluationSet[] {
  const sets = [...(plan.sets ?? []), ...allSets(options)];
  return sets.filter(({ name }, i) => sets.findIndex((other) => other.name === name) === i);
}
