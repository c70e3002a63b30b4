// The training loop for any model: epochs, accumulation, schedule, evaluation, early stopping, checkpoints, resume.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { replaceOwnFile } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { TrainingError } from "../base/errors.ts";
import { exists } from "../base/exists.ts";
import { differences, type Json, toJson } from "../base/json.ts";
import { lockFolder } from "../base/output-lock.ts";
import type { EpochPlan } from "./batching.ts";
import { checkIdentity, readCheckpoint, removeOutdated, saveCheckpoint, type Tensors } from "./checkpoint.ts";
import { recoverFolder } from "./durable-folder.ts";
import { CHECKPOINTS_FOLDER, ENDED_FILE, readEndedRun, releaseCheckpoints } from "./ended-run.ts";
import { describeEnvironment, type Environment } from "./environment.ts";
import { EpochPlans } from "./epoch-plans.ts";
import { nonFinite, noSuchMetric, runFolderInUse } from "./failures.ts";
import { verifyModelFolder, writeModelFolder } from "./model-folder.ts";
import { decisiveOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { Pace, type TrainingEvent, type TrainingStatus } from "./progress.ts";
import { type Reporter, reportEpoch, reportEvaluation, reportStep } from "./reporting.ts";
import { endingOf } from "./run-ending.ts";
import { METRICS_FILE, RunLog } from "./run-log.ts";
import { diskOf, memoryOf, shapeOf } from "./run-needs.ts";
import { checkpointIsDue, enterMetric, evaluationIsDue, initialState, type RunState } from "./run-state.ts";
import { learningRateFactor } from "./schedule.ts";
import { RunClock } from "./time-plan.ts";
import type { TrainArguments, TrainingOutcome } from "./train-arguments.ts";

/** Folder inside the run folder with the weights of the best evaluation. */
export const BEST_MODEL_FOLDER = "model-best";
/** Folder inside the run folder with the weights after the last step. */
export const LAST_MODEL_FOLDER = "model-last";
export const RUN_FILE = "run.json";

/**
 * Trains a model and stores everything about the run in `runFolder`. The same arguments on the same machine produce the
 * same weights bit for bit, even if the run was killed at any point and resumed.
 *
 * @throws TrainingError `training/run-folder-in-use` if the folder has a run and `resume` is not set,
 * `training/bad-options`, `training/not-enough-memory`, `training/checkpoint-mismatch`, `training/corrupt-checkpoint`,
 * `training/non-finite-loss`, `training/non-finite-gradient`, `training/no-such-metric`; DataError `data/folder-locked` while another
 * process trains into the folder
 * @example
 * import { type TrainArguments, trainModel } from "relata/training";
 *
 * declare const run: TrainArguments<string>; // model, optimizer, examples, evaluate, options, modelFiles
 * const { status, best } = await trainModel({ ...run, runFolder: "runs/first", signal: AbortSignal.timeout(60_000) });
 * console.log(status, best?.value);
 */
export async function trainModel<Example>(request: TrainArguments<Example>): Promise<TrainingOutcome> {
  const run = new Run(request);
  await writingTo(request.runFolder, () => mkdir(request.runFolder, { recursive: true }));
  const lock = await lockFolder(request.runFolder);
  try {
    await run.open();
    return await run.loop();
  } finally {
    run.close();
    await lock.release();
  }
}

class Run<Example> {
  readonly #arguments: TrainArguments<Example>;
  readonly #options: ResolvedOptions;
  readonly #plans: EpochPlans;
  readonly #tensors: { readonly weights: Tensors; readonly moments: Tensors };
  readonly #environment: Environment;
  readonly #identity: Json;
  /** Steps of all epochs; a limit of time may leave room for fewer. */
  readonly #allSteps: number;
  readonly #clock: RunClock;
  readonly #pace = new Pace();
  readonly #emit: (event: TrainingEvent) => void;
  #state: RunState = initialState();
  #log: RunLog | undefined;
  #checkpoint = "";
  #savedStep = -1;
  #savedAt = performance.now();
  /** Whether the run had ended, and only its record is left. */
  #released = false;

  constructor(request: TrainArguments<Example>) {
    const { model, examples, modelFiles } = request;
    this.#arguments = request;
    this.#options = resolveOptions(request.options);
    if (this.#options.evaluateEvery !== "never" && request.evaluate === undefined) {
      throw new TrainingError({
        code: "training/bad-options",
        message: "there is no evaluate function",
        remedy: 'Pass evaluate, or set evaluateEvery to "never".',
      });
    }
    this.#emit = request.onProgress ?? (() => {});
    const lengths = examples.map((example) => model.lengthOf(example));
    const { parameters } = model;
    this.#tensors = {
      weights: Object.fromEntries(parameters.names().map((name) => [name, parameters.weight(name)])),
      moments: Object.fromEntries(
        parameters.trainedNames().flatMap((name) => [
          [`${name}.first_moment`, parameters.firstMoment(name)],
          [`${name}.second_moment`, parameters.secondMoment(name)],
        ]),
      ),
    };
    this.#environment = request.environment ?? describeEnvironment();
    const groups = request.groupOf && numbered(examples.map(request.groupOf));
    this.#plans = new EpochPlans(lengths, this.#options, groups);
    this.#allSteps = this.#plans.stepsOfRun(this.#options);
    const shape = shapeOf(request, this.#options, this.#plans);
    this.#clock = new RunClock(shape, this.#allSteps, this.#options.timeLimitSeconds);
    const decisive = decisiveOptions(this.#options);
    this.#identity = toJson({
      options: decisive,
      examples: {
        count: examples.length,
        lengths: crc32(lengths.join(",")),
        // Without a composition, the groups do not affect the weights.
        ...(groups !== undefined && decisive.batching?.composition !== undefined
          ? { groups: crc32(groups.join(",")) }
          : {}),
      },
      config: modelFiles.config,
    });
  }

  /** Prepares the run folder, or resumes the run in it. */
  async open(): Promise<void> {
    const { runFolder, examples, exampleNoun = "example", resume = false } = this.#arguments;
    const memory = memoryOf(this.#arguments, this.#tensors, this.#options, this.#plans);
    await recoverFolder(join(runFolder, BEST_MODEL_FOLDER));
    await recoverFolder(join(runFolder, LAST_MODEL_FOLDER));
    const stored = await readCheckpoint<RunState>(join(runFolder, CHECKPOINTS_FOLDER));
    const used = stored !== undefined || (await exists(join(runFolder, METRICS_FILE)));
    if (used && !resume) throw runFolderInUse(runFolder);
    const environment = toJson(this.#environment);
    const ended = stored === undefined ? await readEndedRun(runFolder) : undefined;
    if (ended !== undefined) {
      checkIdentity(join(runFolder, ENDED_FILE), ended.identity, this.#identity);
      const best = join(runFolder, BEST_MODEL_FOLDER);
      if (await exists(best)) await verifyModelFolder(best);
      this.#released = true;
      this.#state = ended.state;
      this.#savedStep = ended.state.step;
      this.#log = RunLog.open(runFolder, { step: ended.state.step, lines: ended.state.logLines });
    } else if (stored === undefined) {
      const description = { identity: this.#identity, environment };
      await replaceOwnFile(join(runFolder, RUN_FILE), `${JSON.stringify(description, null, 2)}\n`);
      this.#log = RunLog.open(runFolder);
    } else {
      checkIdentity(stored.path, stored.identity, this.#identity);
      const best = join(runFolder, BEST_MODEL_FOLDER);
      if (stored.state.best !== null && (await exists(best))) await verifyModelFolder(best);
      await stored.restore("weights", this.#tensors.weights);
      await stored.restore("optimizer", this.#tensors.moments);
      await removeOutdated(join(runFolder, CHECKPOINTS_FOLDER), this.#options.keepCheckpoints);
      this.#state = stored.state;
      this.#checkpoint = stored.path;
      this.#savedStep = stored.state.step;
      this.#log = RunLog.open(runFolder, { step: stored.state.step, lines: stored.state.logLines });
    }
    this.#emit({
      kind: "start",
      step: this.#state.step,
      totalSteps: this.#totalSteps,
      examples: examples.length,
      exampleNoun,
      disk: diskOf(this.#tensors, this.#options),
      ...(stored && { resumedFrom: stored.path }),
      environmentDifferences: stored ? differences(stored.environment, environment) : [],
      missingLogLines: this.#state.logLines - this.#openLog.lines,
      ...(memory && { memory }),
    });
  }

  close(): void {
    this.#log?.close();
  }

  async loop(): Promise<TrainingOutcome> {
    const { signal } = this.#arguments;
    const state = this.#state;
    this.#clock.start(state);
    while (state.status === "running") {
      if (signal?.aborted) return this.#interrupted();
      if (!evaluationIsDue(state, this.#options, this.#totalSteps)) {
        const seconds = await this.#clock.step(state, () => this.#step());
        if (seconds !== undefined) this.#announcePlan(seconds);
      }
      if (evaluationIsDue(state, this.#options, this.#totalSteps)) {
        if (signal?.aborted) return this.#interrupted();
        if (!(await this.#clock.evaluation(state, () => this.#evaluate()))) return this.#interrupted();
      }
      if (state.step === this.#totalSteps) state.status = "finished";
      if (this.#shouldSave()) await this.#save();
    }
    return this.#end(state.status);
  }

  /** Writes the last model if it is kept, and removes what is not. */
  async #end(status: Exclude<RunState["status"], "running">): Promise<TrainingOutcome> {
    const { runFolder, modelFiles } = this.#arguments;
    const { best } = this.#state;
    const { keep } = this.#options;
    const last = join(runFolder, LAST_MODEL_FOLDER);
    if (!this.#released) {
      if (keep !== "best" || best === null) {
        await this.#arguments.model.parameters.fetch?.("weights");
        await writeModelFolder(last, modelFiles, this.#savedWeights());
      }
      if (keep !== "all") {
        this.#settleState();
        await releaseCheckpoints(runFolder, { state: this.#state, identity: this.#identity });
        this.#checkpoint = "";
      }
    }
    return this.#outcome(status, endingOf(this.#state, this.#options, this.#allSteps));
  }

  #savedWeights(): Tensors {
    return this.#arguments.model.savedWeights?.() ?? this.#tensors.weights;
  }

  /** One optimiser step: the micro-batches, clipping, the update. */
  async #step(): Promise<void> {
    const { model, optimizer, examples } = this.#arguments;
    const {
      accumulation,
      seed,
      maxGradientNorm,
      learningRate: base,
      schedule,
      logEverySteps,
    } = this.#options;
    const state = this.#state;
    const { batches } = this.#currentPlan();
    const microBatches = batches.slice(state.position, state.position + accumulation);
    const step = state.step + 1;
    this.#pace.startStep();
    let loss = 0;
    const terms: Record<string, number> = {};
    const at = { seed, step: state.step, epoch: state.epoch };
    // the plan's indices are those of the examples
    const chosen = microBatches.map((indices) => indices.map((index) => examples[index] as Example));
    const together = await model.stepAll?.(chosen, at);
    for (const [microStep, indices] of microBatches.entries()) {
      const result = together?.[microStep] ?? (await model.step(chosen[microStep]!, { ...at, microStep }));
      if (!Number.isFinite(result.loss)) this.#failNonFinite("loss", result.loss, step, [indices]);
      loss += result.loss / microBatches.length;
      for (const [name, term] of Object.entries(result.terms)) {
        terms[name] = (terms[name] ?? 0) + term / microBatches.length;
      }
      await optimizer.accumulate();
    }
    const learningRate = base * learningRateFactor(schedule, state.step, this.#totalSteps);
    const { gradientNorm } = await optimizer.apply(step, learningRate, {
      ...(maxGradientNorm !== undefined && { maxGradientNorm }),
      accumulated: microBatches.length,
    });
    if (!Number.isFinite(gradientNorm)) this.#failNonFinite("gradient", gradientNorm, step, microBatches);
    const seen = microBatches.reduce((sum, indices) => sum + indices.length, 0);
    this.#pace.endStep(seen);

    const { epoch } = state;
    state.step = step;
    state.examplesSeen += seen;
    state.position += microBatches.length;
    if (state.position === batches.length) {
      state.position = 0;
      state.epoch++;
    }
    const report = { epoch, loss, terms, gradientNorm, learningRate };
    const totalSteps = this.#totalSteps;
    reportStep(this.#reporter, state, report, this.#pace, { totalSteps, logEverySteps });
  }

  /** Evaluates and keeps the best model; returns false if the signal interrupted the evaluation. */
  async #evaluate(): Promise<boolean> {
    const { evaluate, signal, runFolder, modelFiles } = this.#arguments;
    const state = this.#state;
    if (evaluate === undefined) return true; // if it is needed, the constructor has refused its absence
    let metrics: Readonly<Record<string, number>>;
    await this.#arguments.model.parameters.fetch?.("weights");
    try {
      metrics = await evaluate({ step: state.step, epoch: state.epoch });
    } catch (error) {
      if (signal?.aborted) return false; // a resumed run starts with this evaluation
      throw error;
    }
    state.evaluatedAt = state.step;
    const value = this.#chosenMetric(metrics);
    const best = value !== undefined && enterMetric(state, this.#options, value);
    if (best) await writeModelFolder(join(runFolder, BEST_MODEL_FOLDER), modelFiles, this.#savedWeights());
    reportEvaluation(this.#reporter, state, metrics, best);
    return true;
  }

  #chosenMetric(metrics: Readonly<Record<string, number>>): number | undefined {
    const { metric } = this.#options;
    if (metric === undefined) return undefined;
    const value = metrics[metric.name];
    if (value !== undefined && Number.isFinite(value)) return value;
    throw noSuchMetric(metric.name, this.#state.step, metrics);
  }

  /** Whether to write a checkpoint now; a run that ends and keeps none needs none. */
  #shouldSave(): boolean {
    const { keep, checkpointGapSeconds = 0 } = this.#options;
    if (this.#state.status !== "running") return keep === "all";
    const isFresh = performance.now() - this.#savedAt < 1000 * checkpointGapSeconds;
    return !isFresh && checkpointIsDue(this.#state, this.#options);
  }

  async #save(): Promise<void> {
    const { runFolder } = this.#arguments;
    const { step } = this.#state;
    await this.#arguments.model.parameters.fetch?.("all");
    this.#settleState();
    this.#checkpoint = await saveCheckpoint(
      join(runFolder, CHECKPOINTS_FOLDER),
      {
        state: this.#state,
        identity: this.#identity,
        environment: toJson(this.#environment),
        tensors: { weights: this.#tensors.weights, optimizer: this.#tensors.moments },
      },
      { step, keep: this.#options.keepCheckpoints },
    );
    this.#savedStep = step;
    this.#savedAt = performance.now();
    this.#emit({ kind: "checkpoint", step, path: this.#checkpoint });
  }

  /** Brings the state up to date with the clock and the log, which is then safe on the disk. */
  #settleState(): void {
    this.#clock.note(this.#state);
    this.#state.logLines = this.#openLog.lines;
    this.#openLog.flush();
  }

  async #interrupted(): Promise<TrainingOutcome> {
    const { step } = this.#state;
    if (this.#savedStep !== step) await this.#save();
    const message = `stopped after step ${step} of ${this.#totalSteps}; resume the run in ${this.#arguments.runFolder} to continue`;
    return this.#outcome("interrupted", message);
  }

  #outcome(status: TrainingStatus, message: string): TrainingOutcome {
    const { step, epoch, best } = this.#state;
    this.#emit({ kind: "stop", status, step, message });
    const totalSteps = this.#totalSteps;
    return { status, step, totalSteps, epoch, best, checkpoint: this.#checkpoint, message };
  }

  /** Steps of the run as far as it is planned. */
  get #totalSteps(): number {
    return this.#state.time?.plannedSteps ?? this.#allSteps;
  }

  get #openLog(): RunLog {
    if (this.#log === undefined) throw new Error("the log is used before open()");
    return this.#log;
  }

  get #reporter(): Reporter {
    return { log: this.#openLog, emit: this.#emit };
  }

  /** The plan of the current epoch; announces it when the epoch begins. */
  #currentPlan(): EpochPlan {
    const { epoch, position } = this.#state;
    const plan = this.#plans.of(epoch);
    if (position === 0) reportEpoch(this.#reporter, this.#state, plan);
    return plan;
  }

  #announcePlan(remainingSeconds: number): void {
    const { step, epoch } = this.#state;
    const { epochs } = this.#options;
    const totalSteps = this.#totalSteps;
    if (step === totalSteps) return;
    const ofAll = (all: number) => Math.max(epoch + 1, Math.ceil((totalSteps / this.#allSteps) * all));
    const inEpochs = epochs === undefined ? {} : { epochs: Math.min(epochs, ofAll(epochs)) };
    this.#emit({ kind: "plan", step, totalSteps, ...inEpochs, remainingSeconds });
  }

  #failNonFinite(
    what: "loss" | "gradient",
    value: number,
    step: number,
    microBatches: readonly (readonly number[])[],
  ): never {
    const { examples, nameOf } = this.#arguments;
    const name = (index: number): string => (nameOf ? nameOf(examples[index] as Example) : `#${index}`);
    throw nonFinite(what, value, {
      step,
      examples: microBatches.flat().map(name),
      checkpoint: this.#checkpoint,
    });
  }
}

/** Numbers names by their order, so that equal names have equal numbers, whatever the order of the examples. */
function numbered(names: readonly string[]): number[] {
  const known = new Map([...new Set(names)].sort().map((name, i) => [name, i]));
  return names.map((name) => known.get(name)!); // every name is known
}
