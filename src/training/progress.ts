// Progress events of a run, and the estimate of the remaining time.
import type { EpochPlan } from "./batching.ts";
import type { DiskEstimate } from "./disk.ts";
import type { MemoryEstimate } from "./memory.ts";

/** How a run ended: all epochs done, early stopping, or its signal. */
export type TrainingStatus = "finished" | "early-stopped" | "interrupted";

/** A progress event, distinguished by `kind`. Steps and epochs count from 0, losses are in nats, times in seconds. */
export type TrainingEvent =
  | {
      readonly kind: "start";
      readonly step: number;
      readonly totalSteps: number;
      readonly examples: number;
      /** What an example is: a text, if it is read once for all questions about it. */
      readonly exampleNoun: "example" | "text";
      /** The checkpoint's folder; absent for a fresh run. */
      readonly resumedFrom?: string;
      /** How this machine and its versions differ from the checkpoint's; results may then not be bit-equal. */
      readonly environmentDifferences: readonly string[];
      /** Lines missing from metrics.jsonl because they were removed. */
      readonly missingLogLines: number;
      /** Present if the caller passed a function for activation bytes. */
      readonly memory?: MemoryEstimate;
      readonly disk: DiskEstimate;
    }
  | {
      /** After the first steps, which were timed: how long the rest will take, unless it stops early. */
      readonly kind: "plan";
      readonly step: number;
      /** Fewer than at the start if only these fit into the limit of time. */
      readonly totalSteps: number;
      /** Epochs that are planned in all, rounded up; absent if the run was given a number of steps. */
      readonly epochs?: number;
      readonly remainingSeconds: number;
    }
  | {
      readonly kind: "epoch";
      readonly epoch: number;
      readonly batches: number;
      readonly paddingShare: number;
      /** Entropy of the groups (labels) in a batch, in nats: the mean over the batches, and that of all examples. */
      readonly entropy?: EpochPlan["entropy"];
    }
  | {
      readonly kind: "step";
      readonly step: number;
      readonly totalSteps: number;
      readonly epoch: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly gradientNorm: number;
      readonly examplesPerSecond: number;
      readonly remainingSeconds: number;
    }
  | {
      readonly kind: "evaluation";
      readonly step: number;
      readonly epoch: number;
      readonly metrics: Readonly<Record<string, number>>;
      readonly best: boolean;
    }
  | { readonly kind: "checkpoint"; readonly step: number; readonly path: string }
  | {
      readonly kind: "stop";
      readonly status: TrainingStatus;
      readonly step: number;
      readonly message: string;
    };

const SMOOTHING = 0.1; // weight of the newest step: the speed follows about the last ten

/** Speed of a run, smoothed over its last steps. */
export class Pace {
  readonly #now: () => number;
  #mark: number;
  #secondsPerStep: number | undefined;
  #examplesPerStep = 0;
  #otherSeconds = 0;
  #steps = 0;

  /** @param now monotonic milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#mark = now();
  }

  /** Starts the clock of a step; time since the last step (evaluation, saving) counts as other time. */
  startStep(): void {
    const now = this.#now();
    this.#otherSeconds += (now - this.#mark) / 1000;
    this.#mark = now;
  }

  /** Ends a step of `examples` examples. */
  endStep(examples: number): void {
    const now = this.#now();
    const seconds = (now - this.#mark) / 1000;
    this.#mark = now;
    const weight = this.#secondsPerStep === undefined ? 1 : SMOOTHING;
    this.#secondsPerStep = (this.#secondsPerStep ?? 0) * (1 - weight) + seconds * weight;
    this.#examplesPerStep = this.#examplesPerStep * (1 - weight) + examples * weight;
    this.#steps++;
  }

  get examplesPerSecond(): number {
    return this.#examplesPerStep / Math.max(this.#secondsPerStep ?? 0, 1e-9);
  }

  /** Seconds for `steps` more steps, including the share of evaluation and saving so far. */
  remainingSeconds(steps: number): number {
    if (this.#secondsPerStep === undefined) return Number.NaN;
    return steps * (this.#secondsPerStep + this.#otherSeconds / this.#steps);
  }
}
