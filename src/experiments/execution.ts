// Executes the stages of an experiment: schedules them, reports progress, and cleans up.
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Extensions } from "../extensions/extension.ts";
import { type ExtensionsInput, extensionsWith } from "../extensions/load-extensions.ts";
import { readEvaluationResult, scoreOf } from "./evaluation-result.ts";
import type { ExperimentEvent } from "./events.ts";
import type { StageFingerprint } from "./fingerprint.ts";
import { runStage, type StageEnd } from "./run-stage.ts";
import { runTasks, type Task, type TaskEnd } from "./schedule.ts";
import type { Stage } from "./stage.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { readStageRecord, type StageFailure } from "./stage-record.ts";

/** What to keep of a trained cell besides its record, logs and predictions: nothing, the best weights, everything. */
export type Keep = "results" | "best" | "all";

/** A training's log contains this when its data is prepared. */
const PREPARED = /^(\d+ examples, \d+ steps|training teacher )/m;

export interface ExecutionRequest {
  readonly base: Config;
  readonly keep?: Keep | undefined;
  /** How to run relata: the node binary and the script. */
  readonly program: readonly string[];
  readonly signal: AbortSignal;
  /** Readers of data files, in addition to the base configuration's modules; children get only the modules. */
  readonly extensions?: ExtensionsInput | undefined;
  /** Also takes over from a process of this machine that exists but stands still, as a worker does whose queue gave it the cell. */
  readonly fromStopped?: boolean | undefined;
  readonly onEvent?: ((event: ExperimentEvent) => void) | undefined;
}

/** The running stages. */
export class Execution {
  readonly #request: ExecutionRequest;
  readonly #stages: readonly Stage[];
  readonly #fingerprints: ReadonlyMap<string, StageFingerprint>;
  readonly #done: ReadonlyMap<string, number>;
  readonly #failures = new Map<string, StageFailure>();

  constructor(
    request: ExecutionRequest,
    stages: readonly Stage[],
    fingerprints: ReadonlyMap<string, StageFingerprint>,
    done: ReadonlyMap<string, number>,
  ) {
    this.#request = request;
    this.#stages = stages;
    this.#fingerprints = fingerprints;
    this.#done = done;
  }

  /** Why stages failed, by id. */
  get failures(): ReadonlyMap<string, StageFailure> {
    return this.#failures;
  }

  async run(jobs: number): Promise<ReadonlyMap<string, TaskEnd>> {
    const { signal, base } = this.#request;
    const extensions = await extensionsWith(this.#request.extensions, base.extensions);
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
          const { outcome, seconds, failure, reused } = await this.#runOne(stage, extensions, letGo);
          if (failure !== undefined) this.#failures.set(stage.id, failure);
          await this.#tell(stage, outcome, seconds, reused === true, failure);
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

  #runOne(stage: Stage, extensions: Extensions, letGo: () => void): Promise<StageEnd> {
    const { program, signal, fromStopped, onEvent } = this.#request;
    onEvent?.({ kind: "begin", stage });
    return runStage(stage, this.#fingerprintOf(stage), {
      program,
      signal,
      extensions,
      fromStopped,
      isNeeded: () => this.#isNeeded(stage),
      onLog: (text) => {
        if (PREPARED.test(text)) letGo();
        onEvent?.({ kind: "log", stage, text });
      },
    });
  }

  /** Whether a stage that reads this one's output is not finished, by any process. */
  async #isNeeded({ id }: Stage): Promise<boolean> {
    for (const other of this.#stages) {
      if (!other.needs.includes(id)) continue;
      const record = await readStageRecord(other.folder);
      if (record?.status !== "finished" || record.fingerprint !== this.#fingerprintOf(other).fingerprint)
        return true;
    }
    return false;
  }

  #fingerprintOf({ id }: Stage): StageFingerprint {
    const fingerprint = this.#fingerprints.get(id);
    if (fingerprint === undefined) throw new Error(`${id} has no fingerprint`);
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

  /** Removes what a training or its teachers no longer need when everything that reads it is done. */
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

/**
 * Stages share a cache of what frozen networks compute. They prepare their data one after the other, so that nothing is computed twice; the
 * trainings themselves run side by side.
 */
function turnstileOf(stage: Stage): Pick<Task, "turnstile"> {
  if (stage.kind !== "train" && stage.kind !== "score-views") return {};
  const { visual, training } = stage.config ?? {};
  const computes =
    visual?.kind === "pictures" || visual?.kind === "captions" || (training?.frozenLayers ?? 0) > 0;
  return computes ? { turnstile: "preparation" } : {};
}
