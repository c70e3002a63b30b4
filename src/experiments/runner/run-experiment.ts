// Runs an experiment: plans its stages, refuses what was changed, does what is left to do, gathers the results.
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { lockFolder } from "../../data/index.ts";
import { ConfigError } from "../../errors.ts";
import { describeEnvironment, differences, toJson } from "../../training/index.ts";
import type { Config } from "../config/schema.ts";
import { readEvaluationResult, scoreOf } from "./evaluation-result.ts";
import { readExperimentFile, writeExperimentFile } from "./experiment-file.ts";
import { fingerprintStages, type StageFingerprint } from "./fingerprint.ts";
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
import { runStage, type StageEnd } from "./run-stage.ts";
import { runTasks, type Task, type TaskEnd } from "./schedule.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { readStageRecord, writeJsonFile } from "./stage-record.ts";
import { type CellEvaluation, type Stage, stagesOf } from "./stages.ts";

/** What of a trained cell stays on the disk beside its record, logs and predictions: nothing, the best weights, all. */
export type Keep = "results" | "best" | "all";

export interface ExperimentRequest {
  readonly preset: Preset;
  readonly base: Config;
  readonly options: PresetOptions;
  /** Seeds to run; those of before when absent, or else 1, 2 and 3. */
  readonly seeds?: readonly number[];
  /** The experiment's folder; an experiment that is there already is gone on with. */
  readonly out: string;
  /** Children at a time; as many as cores and memory allow when absent. */
  readonly jobs?: number;
  /** Threads of every child; the cores shared out among the jobs when absent, and as before in an experiment that is gone on with. */
  readonly threads?: number;
  /** Names of variants or groups to run; all when absent. The reference is always among them. */
  readonly variants?: readonly string[];
  /** Does stages anew whose settings or inputs have changed, in place of refusing. */
  readonly rerun?: boolean;
  readonly keep?: Keep;
  /** Known values to compare with, by name; those of before when absent. */
  readonly ceilings?: Readonly<Record<string, number>>;
  /** What runs relata: the node binary and the script. */
  readonly program: readonly string[];
  readonly gather?: GatherOptions;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: ExperimentEvent) => void;
}

export type ExperimentEvent =
  | {
      readonly kind: "plan";
      readonly plan: Plan;
      readonly seeds: readonly number[];
      readonly metric: Config["training"]["metric"];
      readonly stages: readonly Stage[];
      readonly evaluations: readonly CellEvaluation[];
      readonly jobs: number;
      readonly threads: number;
    }
  | { readonly kind: "begin"; readonly stage: Stage }
  | { readonly kind: "log"; readonly stage: Stage; readonly text: string }
  | {
      readonly kind: "end";
      readonly stage: Stage;
      readonly end: TaskEnd;
      /** It was finished before. */
      readonly reused: boolean;
      readonly seconds: number;
      /** Of an evaluation that is done. */
      readonly score?: number;
      readonly failure?: string;
    };

/** The results and where they are written, with whether all stages are done. */
export interface ExperimentOutcome {
  readonly status: "finished" | "failed" | "interrupted";
  readonly out: string;
  readonly resultsFile: string;
  /** The page that shows them. */
  readonly report: string;
  readonly results: ExperimentResults;
}

const DEFAULT_SEEDS: readonly number[] = [1, 2, 3];
export const RESULTS_FILE = "results.json";
/** A training's log says so when its data is prepared: the cache of pictures' features is free then. */
const PREPARED = /^(\d+ examples, \d+ steps|training teacher )/m;

/**
 * Runs the preset's variants with every seed.
 *
 * @throws ConfigError `experiment/other-experiment`, `experiment/changed`, `experiment/unknown-variant`, the codes of the preset and of
 * `stagesOf`; DataError `data/folder-locked` while another process runs it
 */
export async function runExperiment(request: ExperimentRequest): Promise<ExperimentOutcome> {
  const { preset, base, options, signal, onEvent } = request;
  const out = resolve(request.out);
  const plan = preset.plan(base, options);
  const chosen = chosenVariants(plan, request.variants);
  const sets = uniqueSets([...(plan.sets ?? []), ...allSets(options)]);
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
    const { stages, evaluations } = stagesOf({ plan, base, sets, seeds, out, threads });
    const environment = describeEnvironment();
    const fingerprints = await fingerprintStages(stages, out, environment.relata);
    const done = await finishedStages(stages, fingerprints, request.rerun === true);
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
      variants: plan.variants.map(({ evaluations: _, overrides, ...variant }) => ({
        ...variant,
        overrides: toJson(overrides),
      })),
      evaluations: evaluations.map(({ evaluation: { set, condition }, ...cell }) => ({
        ...cell,
        set,
        ...(condition === undefined ? {} : { condition }),
        gold: goldOf(stages, cell.evaluate),
      })),
      stages: Object.fromEntries([...fingerprints].map(([id, { fingerprint }]) => [id, fingerprint])),
      config: toJson(base),
    });
    const { metric } = base.training;
    const asked = evaluations.filter(
      ({ variant, seed }) => chosen.has(variant) && wantedSeeds.includes(seed),
    );
    const work = withNeeds(
      stages,
      asked.flatMap(({ train, evaluate }) => [train, evaluate]),
    );
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
    const ends = await new Execution(request, work, fingerprints, done).run(jobs);
    const results = await gatherResults(out, request.gather);
    const resultsFile = join(out, RESULTS_FILE);
    await writeJsonFile(resultsFile, results);
    const all = [...ends.values()];
    const status = all.every((end) => end === "done")
      ? "finished"
      : signal.aborted
        ? "interrupted"
        : "failed";
    const report = await writeExperimentReport(out, results);
    return { status, out, resultsFile, report, results };
  } finally {
    await lock.release();
  }
}

/** The stages at work. */
class Execution {
  readonly #request: ExperimentRequest;
  readonly #stages: readonly Stage[];
  readonly #fingerprints: ReadonlyMap<string, StageFingerprint>;
  readonly #done: ReadonlyMap<string, number>;

  constructor(
    request: ExperimentRequest,
    stages: readonly Stage[],
    fingerprints: ReadonlyMap<string, StageFingerprint>,
    done: ReadonlyMap<string, number>,
  ) {
    this.#request = request;
    this.#stages = stages;
    this.#fingerprints = fingerprints;
    this.#done = done;
  }

  async run(jobs: number): Promise<ReadonlyMap<string, TaskEnd>> {
    const { signal } = this.#request;
    const left = this.#stages.filter(({ id }) => !this.#done.has(id));
    for (const stage of this.#stages) {
      const seconds = this.#done.get(stage.id);
      if (seconds !== undefined) await this.#tell(stage, "done", seconds, true);
    }
    const pending = new Set(left.map(({ id }) => id));
    const tasks = left.map(
      (stage): Task => ({
        id: stage.id,
        needs: stage.needs.filter((id) => pending.has(id)),
        ...turnstileOf(stage),
        run: async (letGo) => {
          const { outcome, seconds, failure } = await this.#runOne(stage, letGo);
          await this.#tell(stage, outcome, seconds, false, failure);
          if (outcome === "done") {
            pending.delete(stage.id);
            await this.#prune(stage, pending);
          }
          return outcome;
        },
      }),
    );
    const stages = new Map(left.map((stage) => [stage.id, stage]));
    return runTasks(tasks, {
      jobs,
      signal,
      onEnd: (id, end) => {
        const stage = stages.get(id);
        if (end === "blocked" && stage !== undefined) void this.#tell(stage, end, 0, false);
      },
    });
  }

  #runOne(stage: Stage, letGo: () => void): Promise<StageEnd> {
    const { program, signal, onEvent } = this.#request;
    onEvent?.({ kind: "begin", stage });
    return runStage(stage, this.#fingerprintOf(stage), {
      program,
      signal,
      onLog: (text) => {
        if (PREPARED.test(text)) letGo();
        onEvent?.({ kind: "log", stage, text });
      },
    });
  }

  #fingerprintOf({ id }: Stage): StageFingerprint {
    const fingerprint = this.#fingerprints.get(id);
    if (fingerprint === undefined) throw new Error(`runExperiment: ${id} has no fingerprint`);
    return fingerprint;
  }

  async #tell(
    stage: Stage,
    end: TaskEnd,
    seconds: number,
    reused: boolean,
    failure?: StageEnd["failure"],
  ): Promise<void> {
    const { onEvent, base } = this.#request;
    if (onEvent === undefined) return;
    const score =
      stage.kind === "evaluate" && end === "done"
        ? scoreOf(await readEvaluationResult(stage.folder), base.training.metric)
        : undefined;
    onEvent({
      kind: "end",
      stage,
      end,
      reused,
      seconds,
      ...(score === undefined ? {} : { score }),
      ...(failure === undefined ? {} : { failure: `${failure.message}\n${failure.log}` }),
    });
  }

  /** Removes what a training or its teachers need no longer when all that reads it is done. */
  async #prune(stage: Stage, pending: ReadonlySet<string>): Promise<void> {
    const { keep = "best" } = this.#request;
    if (keep === "all") return;
    if (stage.kind === "score-views") await removeIn(join(stage.folder, STAGE_FILES.run), /^teacher-\d+$/);
    const trainings = this.#stages.filter(
      ({ id, kind }) => kind === "train" && (stage.id === id || stage.needs.includes(id)),
    );
    for (const training of trainings) {
      if (this.#stages.some(({ id, needs }) => needs.includes(training.id) && pending.has(id))) continue;
      const names =
        keep === "results" ? /^(checkpoints|model-last|model-best)$/ : /^(checkpoints|model-last)$/;
      await removeIn(join(training.folder, STAGE_FILES.run), names);
    }
  }
}

async function removeIn(folder: string, names: RegExp): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    if (names.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Trainings with pictures share a cache of features, which one process at a time may open. */
function turnstileOf(stage: Stage): Pick<Task, "turnstile"> {
  if (stage.kind !== "train" && stage.kind !== "score-views") return {};
  const { visual } = stage.config ?? {};
  return visual?.kind === "pictures" ? { turnstile: visual.features ?? "features" } : {};
}

/**
 * Stages that need not be done again, with the time they took. Those that were made with other settings or inputs are refused, or begun
 * anew.
 */
async function finishedStages(
  stages: readonly Stage[],
  fingerprints: ReadonlyMap<string, StageFingerprint>,
  rerun: boolean,
): Promise<Map<string, number>> {
  const done = new Map<string, number>();
  const changed: { readonly stage: Stage; readonly what: readonly string[] }[] = [];
  for (const stage of stages) {
    const record = await readStageRecord(stage.folder);
    const now = fingerprints.get(stage.id);
    if (record === undefined || now === undefined) continue;
    if (record.fingerprint !== now.fingerprint) {
      changed.push({ stage, what: differences(record.identity, now.identity) });
    } else if (record.status === "finished") done.set(stage.id, record.seconds);
  }
  if (changed.length > 0 && !rerun) throw changedStages(changed);
  for (const { stage } of changed) await rm(stage.folder, { recursive: true });
  // Whoever needs a model that was not kept trains it again.
  for (const stage of stages) {
    if (stage.kind !== "evaluate" || done.has(stage.id)) continue;
    for (const id of stage.needs) {
      const training = stages.find((one) => one.id === id && one.kind === "train");
      if (training && !existsSync(join(training.folder, STAGE_FILES.run, "model-best"))) done.delete(id);
    }
  }
  return done;
}

const MOST_SHOWN = 5;

function changedStages(
  changed: readonly { readonly stage: Stage; readonly what: readonly string[] }[],
): ConfigError {
  const lines = changed
    .slice(0, MOST_SHOWN)
    .map(({ stage, what }) => `    ${stage.id}: ${what.slice(0, 3).join("; ") || "a stage that it needs"}`);
  const rest = changed.length - lines.length;
  return new ConfigError({
    code: "experiment/changed",
    message: [
      `runExperiment: ${changed.length} stages were made with other settings or inputs:`,
      ...lines,
      ...(rest > 0 ? [`    and ${rest} more`] : []),
    ].join("\n"),
    remedy: "Give --rerun to do them anew, name another folder with --out, or put back what was changed.",
    value: changed.map(({ stage }) => stage.id),
  });
}

function otherExperiment(out: string, before: string, now: string): ConfigError {
  return new ConfigError({
    code: "experiment/other-experiment",
    message: `runExperiment: the folder holds an experiment of the preset "${before}", not "${now}"`,
    place: out,
    remedy: "Name another folder with --out.",
    value: before,
  });
}

/** Names of the variants to run, by names or groups; references are always among them. */
function chosenVariants(plan: Plan, names: readonly string[] | undefined): ReadonlySet<string> {
  if (names === undefined) return new Set(plan.variants.map(({ name }) => name));
  const known = plan.variants.flatMap(({ name, group }) => (group === undefined ? [name] : [name, group]));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw presetError(
      "unknown-variant",
      `runExperiment: there is no variant or group "${unknown}"`,
      `Name some of: ${[...new Set(known)].join(", ")}.`,
      unknown,
    );
  }
  const meant = plan.variants.filter(
    ({ name, group }) => names.includes(name) || (group !== undefined && names.includes(group)),
  );
  const references = [plan.reference, ...Object.values(plan.references ?? {})];
  return new Set([...meant.map(({ name }) => name), ...references]);
}

/** The stages of these ids and all that they need, in their order. */
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

/** The first of each name. */
function uniqueSets(sets: readonly EvaluationSet[]): readonly EvaluationSet[] {
  return sets.filter(({ name }, i) => sets.findIndex((other) => other.name === name) === i);
}

function goldOf(stages: readonly Stage[], id: string) {
  const stage = stages.find((one) => one.id === id);
  if (stage?.kind !== "evaluate") throw new Error(`runExperiment: ${id} is no evaluation`);
  return stage.gold;
}
