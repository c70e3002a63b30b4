// How long a run takes, from the speed of its first steps; and how many steps fit into a limit of time.
import type { RunState } from "./run-state.ts";

/** Steps to time before the run is planned. The first one is left out: it also compiles the graphs. */
const PROBE_STEPS = 6;
/** What an evaluation costs per example, as a share of a training step's cost per example: the forward pass and the decoding. */
const EVALUATION_SHARE = 0.4;
/** The share of the remaining time that is planned for; the rest is for slower batches and for saving. */
const PLANNED_SHARE = 0.95;

/** What determines the time of a run. */
export interface RunShape {
  /** Training examples of a step. */
  readonly examplesPerStep: number;
  /** Steps between two evaluations; infinite if there are none before the end. */
  readonly stepsPerEvaluation: number;
  /** Examples that an evaluation scores; 0 if unknown or if there are no evaluations. */
  readonly evaluationExamples: number;
}

/** Times steps and evaluations; the speed is known after the first steps. */
export class Speed {
  readonly #shape: RunShape;
  readonly #steps: number[] = [];
  #evaluation: number | undefined;

  constructor(shape: RunShape) {
    this.#shape = shape;
  }

  /** Notes a step's time. Returns true once: when enough steps have been timed. */
  step(seconds: number): boolean {
    if (this.#steps.length === PROBE_STEPS) return false;
    this.#steps.push(seconds);
    return this.#steps.length === PROBE_STEPS;
  }

  /** Notes an evaluation's time, best model included. Returns true if it is the first one. */
  evaluation(seconds: number): boolean {
    const first = this.#evaluation === undefined;
    this.#evaluation = seconds;
    return first;
  }

  get isKnown(): boolean {
    return this.#steps.length === PROBE_STEPS;
  }

  get secondsPerStep(): number {
    const sorted = this.#steps.slice(1).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  get secondsPerEvaluation(): number {
    const { evaluationExamples, examplesPerStep } = this.#shape;
    return (
      this.#evaluation ?? (EVALUATION_SHARE * evaluationExamples * this.secondsPerStep) / examplesPerStep
    );
  }

  /** Seconds for `steps` more steps with their evaluations, the last one included. */
  secondsFor(steps: number): number {
    const evaluations = Math.max(1, Math.round(steps / this.#shape.stepsPerEvaluation));
    return steps * this.secondsPerStep + evaluations * this.secondsPerEvaluation;
  }

  /** Steps that fit into `seconds` with their evaluations, the last one included; at least 0. */
  stepsWithin(seconds: number): number {
    const { stepsPerEvaluation } = this.#shape;
    const time = PLANNED_SHARE * seconds - this.secondsPerEvaluation;
    return Math.max(
      0,
      Math.floor(time / (this.secondsPerStep + this.secondsPerEvaluation / stepsPerEvaluation)),
    );
  }
}

/** The part of a run's state that planning reads and changes. */
type TimedState = Pick<RunState, "step" | "time">;

/** The clock of a run: it times steps and evaluations, and plans for what fits into the limit of time. */
export class RunClock {
  readonly #speed: Speed;
  readonly #limitSeconds: number | undefined;
  readonly #allSteps: number;
  readonly #now: () => number;
  /** When this process would have started the run, had it done all of it. */
  #start = 0;

  /**
   * @param limitSeconds seconds of the run's steps, evaluations and saving, over all its processes; undefined for no limit
   * @param now monotonic milliseconds
   */
  constructor(
    shape: RunShape,
    allSteps: number,
    limitSeconds: number | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#speed = new Speed(shape);
    this.#allSteps = allSteps;
    this.#limitSeconds = limitSeconds;
    this.#now = now;
  }

  /** Starts the clock, or continues from the time that earlier processes of the run have used. */
  start(state: TimedState): void {
    this.#start = this.#now() - 1000 * (state.time?.elapsedSeconds ?? 0);
    this.note(state);
  }

  /** Notes the time used so far in the state; a run without a limit has no such note, so that its checkpoints do not depend on it. */
  note(state: TimedState): void {
    if (this.#limitSeconds === undefined) return;
    state.time = { ...state.time, elapsedSeconds: this.#elapsedSeconds };
  }

  /** Times a step. Returns the seconds that the rest of the run will take, once, when they become known. */
  async step(state: TimedState, work: () => Promise<void>): Promise<number | undefined> {
    const known = this.#speed.step(await this.#timed(work));
    if (known) this.#plan(state);
    this.#endInTime(state);
    return known ? this.#speed.secondsFor(this.#stepsOf(state) - state.step) : undefined;
  }

  /** Times an evaluation; after the first one a limit is planned for again, because its cost was a guess before. */
  async evaluation<T>(state: TimedState, work: () => Promise<T>): Promise<T> {
    let result: T | undefined;
    const seconds = await this.#timed(async () => {
      result = await work();
    });
    if (this.#speed.evaluation(seconds) && this.#speed.isKnown) this.#plan(state);
    this.#endInTime(state);
    return result as T; // the work has ended
  }

  #stepsOf({ time }: TimedState): number {
    return time?.plannedSteps ?? this.#allSteps;
  }

  get #elapsedSeconds(): number {
    return (this.#now() - this.#start) / 1000;
  }

  #plan(state: TimedState): void {
    if (this.#limitSeconds === undefined) return;
    const left = this.#limitSeconds - this.#elapsedSeconds;
    const fitting = state.step + this.#speed.stepsWithin(left);
    this.#setPlan(state, Math.min(this.#allSteps, fitting));
  }

  /** Ends the run after this step if only an evaluation still fits: the machine has become slower than planned. */
  #endInTime(state: TimedState): void {
    if (this.#limitSeconds === undefined || this.#stepsOf(state) <= state.step) return;
    const left = this.#limitSeconds - this.#elapsedSeconds;
    if (left <= this.#speed.secondsPerEvaluation) this.#setPlan(state, state.step);
  }

  #setPlan(state: TimedState, plannedSteps: number): void {
    state.time = { elapsedSeconds: this.#elapsedSeconds, plannedSteps };
  }

  async #timed(work: () => Promise<void>): Promise<number> {
    const start = this.#now();
    await work();
    return (this.#now() - start) / 1000;
  }
}
