// Runs an experiment: plans its stages, refuses changed ones, does what is left to do, collects the results.
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { type Json, toJson } from "../base/json.ts";
import { lockFolder } from "../base/output-lock.ts";
import { extensionsWith } from "../extensions/load-extensions.ts";
import { describeEnvironment } from "../training/environment.ts";
import { Execution, type ExecutionRequest } from "./execution.ts";
import { readExperimentFile, writeExperimentFile } from "./experiment-file.ts";
import { fingerprintStages } from "./fingerprint.ts";
import { finishedStages, type OnChange } from "./finished-stages.ts";
import {
  allSets,
  type EvaluationSet,
  type Plan,
  type Preset,
  type PresetOptions,
  presetError,
} from "./plan.ts";
import { writeExperimentReport } from "./report.ts";
import { shareOut, thisMachine, trainingBytes } from "./resources.ts";
import { type ExperimentResults, type GatherOptions, gatherResults } from "./results.ts";
import type { Stage } from "./stage.ts";
import { writeJsonFile } from "./stage-record.ts";
import { type StageRequest, stagesOf } from "./stages.ts";

export interface ExperimentRequest extends ExecutionRequest {
  readonly preset: Preset;
  readonly options: PresetOptions;
  /** Seeds to run; default: those of the earlier run, or else 1, 2 and 3. */
  readonly seeds?: readonly number[] | undefined;
  /** The experiment's folder; an existing experiment is resumed. */
  readonly out: string;
  /** Number of children at a time; default: as many as cores and memory allow. */
  readonly jobs?: number | undefined;
  /** Threads per child; default: the cores divided by the jobs, or the earlier number in a resumed experiment. */
  readonly threads?: number | undefined;
  /** Names of variants or groups to run; default all. The reference is always included. */
  readonly variants?: readonly string[] | undefined;
  /** What to do with stages whose settings or inputs have changed; default "refuse". */
  readonly onChange?: OnChange | undefined;
  /** Reference values, by name; default: the earlier ones. */
  readonly ceilings?: Readonly<Record<string, number>> | undefined;
  readonly gather?: GatherOptions | undefined;
}

/** The results, where they are written, and whether all stages are done. */
export interface ExperimentOutcome {
  readonly status: "finished" | "failed" | "interrupted";
  readonly out: string;
  readonly resultsFile: string;
  /** The page with the results. */
  readonly report: string;
  readonly results: ExperimentResults;
}

/** The seeds of an experiment that names none. */
export const DEFAULT_SEEDS: readonly number[] = [1, 2, 3];
const RESULTS_FILE = "results.json";

/** What of a request decides which stages there are. */
type PlanRequest = Pick<ExperimentRequest, "preset" | "base" | "options" | "variants" | "extensions">;

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

/**
 * Runs the preset's variants with every seed.
 *
 * @throws ConfigError `experiment/other-experiment`, `experiment/changed`, `experiment/unknown-variant`, the codes of the preset and of
 * `stagesOf`; DataError `data/folder-locked` while another process runs it
 */
export async function runExperiment(request: ExperimentRequest): Promise<ExperimentOutcome> {
  const { preset, base, signal, onEvent } = request;
  const planned = await planOf(request);
  const { plan, sets, chosen, extensions } = planned;
  const out = resolve(request.out);
  await mkdir(out, { recursive: true });
  const lock = await lockFolder(out);
  try {
    const before = await readExperimentFile(out);
    if (before !== undefined && before.preset !== preset.name)
      throw otherExperiment(out, before.preset, preset.name);
    const wantedSeeds = request.seeds ?? before?.seeds ?? DEFAULT_SEEDS;
    const seeds = [...new Set([...(before?.seeds ?? []), ...wantedSeeds])].sort((a, b) => a - b);
    const wanted = {
      jobs: request.jobs,
      threads: request.threads ?? before?.threads,
      cells: chosen.size * wantedSeeds.length,
    };
    const { jobs, threads } = shareOut(wanted, thisMachine(), await trainingBytes(base));
    const { stages, evaluations, asked, work } = workOf(planned, { seeds, out, threads }, wantedSeeds);
    const environment = describeEnvironment();
    const fingerprints = await fingerprintStages(stages, out, environment.relata);
    const done = await finishedStages(stages, fingerprints, request.onChange ?? "refuse");
    await writeExperimentFile(out, {
      relata: environment.relata,
      preset: preset.name,
      title: plan.title,
      description: plan.description,
      ...(plan.axis === undefined ? {} : { axis: plan.axis }),
      task: base.task,
      metric: base.training.metric,
      seeds,
      threads,
      reference: plan.reference,
      references: plan.references ?? {},
      ceilings: request.ceilings ?? before?.ceilings ?? {},
      sets: sets
        .map(({ name }) => name)
        .filter((name) => evaluations.some(({ evaluation }) => evaluation.set === name)),
      variants: plan.variants.map(({ evaluations: _, overrides, settings, ...variant }) => ({
        ...variant,
        ...(settings === undefined ? {} : { settings: toJson(settings) as Readonly<Record<string, Json>> }),
        overrides: toJson(overrides),
      })),
      evaluations: evaluations.map(({ evaluation: { set, condition }, ...cell }) => ({
        ...cell,
        set,
        ...(condition === undefined ? {} : { condition }),
        gold: goldOf(stages, cell.evaluate),
      })),
      asked: [...new Set([...(before?.asked ?? []), ...work.map(({ id }) => id)])].filter((id) =>
        fingerprints.has(id),
      ),
      stages: Object.fromEntries([...fingerprints].map(([id, { fingerprint }]) => [id, fingerprint])),
      config: toJson(base),
    });
    const { metric } = base.training;
    onEvent?.({
      kind: "plan",
      plan,
      seeds: wantedSeeds,
      metric,
      stages: work,
      evaluations: asked,
      jobs,
      threads,
    });
    const ends = await new Execution({ ...request, extensions }, work, fingerprints, done).run(jobs);
    // When the user stops an experiment, it does not compute significance tests first.
    const results = await gatherResults(out, {
      extensions,
      ...(signal.aborted ? { samples: 0 } : request.gather),
    });
    const resultsFile = join(out, RESULTS_FILE);
    await writeJsonFile(resultsFile, results);
    const all = [...ends.values()];
    const status = all.every((end) => end === "done")
      ? "finished"
      : signal.aborted
        ? "interrupted"
        : "failed";
    const report = await writeExperimentReport(out, results, { extensions });
    return { status, out, resultsFile, report, results };
  } finally {
    await lock.release();
  }
}

function otherExperiment(out: string, before: string, now: string): ConfigError {
  return new ConfigError({
    code: "experiment/other-experiment",
    message: `the folder contains an experiment of the preset "${before}", not "${now}"`,
    place: out,
    remedy: "Name another folder with --out.",
    value: before,
  });
}

/** Returns the plan of a request and what belongs to it. */
async function planOf({ preset, base, options, variants, extensions }: PlanRequest) {
  const known = await extensionsWith(extensions, base.extensions);
  const plan = preset.plan(base, options);
  const chosen = chosenVariants(plan, variants);
  return { base, plan, chosen, sets: setsOf(plan, options), extensions: known };
}

/** Returns all stages and evaluations of a plan, and those of the chosen variants and wanted seeds: `work` and `asked`. */
function workOf(
  { chosen, ...planned }: Awaited<ReturnType<typeof planOf>>,
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

/** Returns the stages with these ids and all that they need, in order. */
function withNeeds(stages: readonly Stage[], ids: readonly string[]): Stage[] {
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

/** The plan's sets and the user's; the first with each name counts. */
function setsOf(plan: Plan, options: PresetOptions): readonly EvaluationSet[] {
  const sets = [...(plan.sets ?? []), ...allSets(options)];
  return sets.filter(({ name }, i) => sets.findIndex((other) => other.name === name) === i);
}

function goldOf(stages: readonly Stage[], id: string) {
  const stage = stages.find((one) => one.id === id);
  if (stage?.kind !== "evaluate") throw new Error(`${id} is not an evaluation`);
  return stage.gold;
}
