// Prepares an experiment: plans its stages, refuses changed ones, and writes down what it consists of. Several processes prepare the same one.
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "../base/errors.ts";
import { differences, type Json, toJson } from "../base/json.ts";
import { describeEnvironment } from "../training/environment.ts";
import { takeClaim } from "../units/claims.ts";
import { type ExperimentFile, readExperimentFile, writeExperimentFile } from "./experiment-file.ts";
import { fingerprintStages, type StageFingerprint } from "./fingerprint.ts";
import { finishedStages, type OnChange } from "./finished-stages.ts";
import { type PlannedWork, type PlanRequest, planOf, workOf } from "./plan-work.ts";
import { type Resources, shareOut, thisMachine, trainingBytes } from "./resources.ts";
import type { CellEvaluation, Stage } from "./stage.ts";

export interface PrepareRequest extends PlanRequest {
  /** Seeds to run; default: those of the earlier run, or else 1, 2 and 3. */
  readonly seeds?: readonly number[] | undefined;
  /** The experiment's folder, absolute; it exists. */
  readonly out: string;
  /** Number of children at a time; default: as many as cores and memory allow. */
  readonly jobs?: number | undefined;
  /** Threads per child; default: the cores divided by the jobs, or the earlier number in a resumed experiment. */
  readonly threads?: number | undefined;
  /** What to do with stages whose settings or inputs have changed; default "refuse". */
  readonly onChange?: OnChange | undefined;
  /** Reference values, by name; default: the earlier ones. */
  readonly ceilings?: Readonly<Record<string, number>> | undefined;
  readonly signal: AbortSignal;
}

/** An experiment whose stages are known. */
export interface PreparedExperiment extends Resources, PlannedWork {
  /** The wanted seeds. */
  readonly seeds: readonly number[];
  /** The stages to do, in order, with those that are done. */
  readonly work: readonly Stage[];
  /** The evaluations among them. */
  readonly asked: readonly CellEvaluation[];
  readonly fingerprints: ReadonlyMap<string, StageFingerprint>;
  /** Seconds of the finished stages, by id. */
  readonly done: ReadonlyMap<string, number>;
  readonly file: Omit<ExperimentFile, "format" | "version">;
}

/** The seeds of an experiment that names none. */
export const DEFAULT_SEEDS: readonly number[] = [1, 2, 3];
const CLAIM = "planning";
const POLL_MS = 100;

/**
 * Plans the stages and writes `experiment.json`, in which earlier seeds stay.
 *
 * @param isShared other processes do cells of the same experiment now, so its settings have to be those that it was begun with
 * @throws ConfigError `experiment/other-experiment`, `experiment/changed`, `experiment/unknown-variant`, the codes of the preset and of
 * `stagesOf`; the signal's reason
 */
export async function prepareExperiment(
  request: PrepareRequest,
  isShared: boolean,
): Promise<PreparedExperiment> {
  const { preset, base, out } = request;
  const planned = await planOf(request);
  const { plan, sets, chosen } = planned;
  const claim = await claimPlanning(request);
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
    if (isShared && before !== undefined) requireSame(before, fingerprints, toJson(base), out);
    const done = await finishedStages(stages, fingerprints, request.onChange ?? "refuse");
    const file = {
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
    };
    await writeExperimentFile(out, file);
    return { ...planned, jobs, threads, seeds: wantedSeeds, work, asked, fingerprints, done, file };
  } finally {
    await claim.finish();
  }
}

/** Processes plan one after the other, so that they agree about threads and seeds. */
async function claimPlanning({ out, signal }: PrepareRequest) {
  for (;;) {
    signal.throwIfAborted();
    const claim = await takeClaim(out, CLAIM);
    if (claim !== undefined) return claim;
    await sleep(POLL_MS);
  }
}

/** Refuses an experiment that was begun with other settings, even where nothing of it is done yet. */
function requireSame(
  before: ExperimentFile,
  now: ReadonlyMap<string, StageFingerprint>,
  config: Json,
  out: string,
): void {
  const others = Object.entries(before.stages).filter(([id, print]) => {
    const own = now.get(id)?.fingerprint;
    return own !== undefined && own !== print;
  });
  if (others.length === 0) return;
  const settings = differences(before.config, config);
  const what = settings.length > 0 ? settings : [`other inputs of ${others[0]?.[0]}`];
  throw new ConfigError({
    code: "experiment/changed",
    message: `${out} was begun with other settings or inputs: ${what.join("; ")}`,
    place: out,
    value: what,
    remedy:
      "Give all shards, --gather and --queue the settings and files that it was begun with, or name another folder with --out.",
  });
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

function goldOf(stages: readonly Stage[], id: string) {
  const stage = stages.find((one) => one.id === id);
  if (stage?.kind !== "evaluate") throw new Error(`${id} is not an evaluation`);
  return stage.gold;
}
