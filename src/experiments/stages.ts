// Turns a plan into stages: every training, evaluation and piece of shared work, with its dependencies.
import { join } from "node:path";
import { parseConfig } from "../config/parse.ts";
import type { Config } from "../config/schema.ts";
import type { Extensions } from "../extensions/extension.ts";
import { joinOverrides, layOver, type PlaceOf } from "./overrides.ts";
import { type EvaluationSet, type Overrides, type Plan, presetError, type SharedStage } from "./plan.ts";
import type { CellEvaluation, Stage, StageGraph } from "./stage.ts";
import { evaluateStage, SHARED_FOLDER, STAGE_FILES, sharedStageOf, trainStage } from "./stage-commands.ts";

export interface StageRequest {
  readonly plan: Plan;
  readonly base: Config;
  readonly sets: readonly EvaluationSet[];
  readonly seeds: readonly number[];
  /** The experiment's folder, absolute. */
  readonly out: string;
  /** Threads of every child. */
  readonly threads: number;
  /** Extensions whose names the configurations may contain. */
  readonly extensions?: Extensions | undefined;
}

const CELLS_FOLDER = "cells";
/** Cache of what frozen networks compute, for all cells. */
const CACHE_FOLDER = join(SHARED_FOLDER, "cache");

/**
 * Returns all stages of a plan for all seeds. Cells with the same configuration are trained once.
 *
 * @throws ConfigError `config/invalid`, `config/contradiction` for an invalid variant, `experiment/bad-name`,
 * `experiment/unknown-stage`, `experiment/unknown-set`, `experiment/no-captions`
 */
export function stagesOf(request: StageRequest): StageGraph {
  const { plan, seeds, out, sets } = request;
  for (const { name } of [...plan.variants, ...(plan.shared ?? [])]) requireName(name);
  const stages = new Map<string, Stage>();
  const evaluations: CellEvaluation[] = [];

  /** Returns the stage of shared work, created when something first needs it, so that only needed work is done. */
  const sharedStage = (name: string, seed: number): Stage => {
    const made = sharedNamed(plan, name);
    const id = [SHARED_FOLDER, name, ...(made.perSeed ? [`seed-${seed}`] : [])].join("/");
    const known = stages.get(id);
    if (known !== undefined) return known;
    const { place, needs } = placing(seed);
    const config =
      made.kind === "score-views"
        ? configOf(made.overrides, seed, request, place, `shared stage "${name}"`)
        : undefined;
    const at = { id, folder: join(out, id), needs: [...needs] };
    const stage = sharedStageOf(made, at, { config, base: request.base, seed });
    stages.set(id, stage);
    return stage;
  };
  /** Turns outputs of shared stages into paths, and remembers these stages. */
  const placing = (seed: number): { readonly place: PlaceOf; readonly needs: Set<string> } => {
    const needs = new Set<string>();
    const place: PlaceOf = ({ $stage, file }) => {
      const { id, folder, kind } = sharedStage($stage, seed);
      needs.add(id);
      const root = kind === "derive" ? folder : join(folder, STAGE_FILES.run);
      return file === undefined ? root : join(root, file);
    };
    return { place, needs };
  };
  /** Returns an existing stage that does the same, or this one. */
  const known = new Map<string, string>();
  const once = (key: string, stage: Stage): string => {
    const id = known.get(key) ?? stage.id;
    if (id !== stage.id) return id;
    known.set(key, id);
    stages.set(id, stage);
    return id;
  };

  for (const seed of seeds) {
    for (const variant of plan.variants) {
      const { place, needs } = placing(seed);
      const config = configOf(variant.overrides, seed, request, place, `variant "${variant.name}"`);
      const cell = [CELLS_FOLDER, variant.name, `seed-${seed}`].join("/");
      const train = once(JSON.stringify(config), trainStage(`${cell}/train`, out, [...needs], config));
      for (const evaluation of variant.evaluations) {
        const set = setNamed(sets, evaluation.set);
        const made = evaluateStage({ cell, train, set, evaluation, config, out, ...placing(seed) });
        const key = made.arguments.map((one) => (one.startsWith(made.folder) ? "" : one));
        const evaluate = once(JSON.stringify(key), made);
        evaluations.push({ variant: variant.name, seed, evaluation, train, evaluate });
      }
    }
  }
  return { stages: [...stages.values()], evaluations };
}

/** Returns the base configuration with overrides, this seed, this many threads and the experiment's cache. */
function configOf(
  overrides: Overrides,
  seed: number,
  { base, out, threads, extensions }: StageRequest,
  place: PlaceOf,
  where: string,
): Config {
  const whole = joinOverrides(overrides, { training: { seed, threads } });
  const config = parseConfig(layOver(base, whole, place), where, extensions);
  return { ...config, cache: config.cache ?? join(out, CACHE_FOLDER) };
}

function sharedNamed({ shared = [] }: Plan, name: string): SharedStage {
  const found = shared.find((stage) => stage.name === name);
  if (found !== undefined) return found;
  throw presetError(
    "experiment/unknown-stage",
    `there is no shared stage named "${name}"`,
    "Name a shared stage of the plan.",
    name,
  );
}

function setNamed(sets: readonly EvaluationSet[], name: string): EvaluationSet {
  const found = sets.find((set) => set.name === name);
  if (found !== undefined) return found;
  throw presetError(
    "experiment/unknown-set",
    `there is no evaluation set named "${name}"`,
    `Name one of: ${sets.map((set) => set.name).join(", ")}.`,
    name,
  );
}

const NAME = /^[a-z0-9][a-z0-9.-]*$/;

function requireName(name: string): void {
  if (NAME.test(name)) return;
  throw presetError(
    "experiment/bad-name",
    `"${name}" cannot be used as the name of a folder`,
    "Use lower-case letters, digits, dots and dashes.",
    name,
  );
}
