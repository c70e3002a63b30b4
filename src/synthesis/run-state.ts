// The shared state of a run's calls: stop reason, spending, and progress counts.
/** Why a run ended early. */
export type StopReason = "interrupted" | "budget" | "failing";

/**
 * Consecutive failures, over all calls, after which a generator counts as down. Occasional failures of a
 * healthy server are repeated by the next run, but 100,000 calls to a dead one are useless.
 */
const MAX_FAILURES_IN_A_ROW = 20;

/** Calls of a run that failed in the same way. */
export interface FailureKind {
  readonly code: string;
  readonly count: number;
  /** Message and location of the first one. */
  readonly message: string;
  readonly instance: string;
  readonly step: number;
}

/** Progress of a run. */
export interface RunCounts {
  /** Steps with a final row, including those of earlier runs and other processes known at the start. */
  readonly done: number;
  readonly planned: number;
  /** Answered calls of this run. */
  readonly calls: number;
  readonly rejected: number;
  readonly refused: number;
  readonly failed: number;
  /** Cost of the store so far. */
  readonly spent: number;
}

export class RunState {
  readonly signal: AbortSignal;
  readonly #budget: number;
  readonly #onProgress: ((counts: RunCounts) => void) | undefined;
  readonly #counts: { -readonly [Key in keyof RunCounts]: RunCounts[Key] };
  readonly #onFailure: ((failure: FailureKind) => void) | undefined;
  readonly #failures = new Map<string, FailureKind>();
  #failuresInARow = 0;
  #stop: StopReason | undefined;
  #fatal: { readonly error: unknown } | undefined;

  constructor(options: {
    readonly signal: AbortSignal;
    /** Limit on the cost of the store. */
    readonly budget: number;
    readonly done: number;
    readonly planned: number;
    readonly spent: number;
    readonly onProgress?: ((counts: RunCounts) => void) | undefined;
    /** Called for the first failure of each kind. */
    readonly onFailure?: ((failure: FailureKind) => void) | undefined;
  }) {
    const { signal, budget, onProgress, onFailure, ...known } = options;
    this.signal = signal;
    this.#budget = budget;
    this.#onProgress = onProgress;
    this.#onFailure = onFailure;
    this.#counts = { ...known, calls: 0, rejected: 0, refused: 0, failed: 0 };
    this.#onProgress?.({ ...this.#counts });
  }

  get counts(): RunCounts {
    return { ...this.#counts };
  }

  /** This run's failures by code, most frequent first. */
  get failures(): readonly FailureKind[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count);
  }

  /** Why no further calls are started; undefined while they may be. */
  get stop(): StopReason | undefined {
    return this.#stop ?? (this.signal.aborted ? "interrupted" : undefined);
  }

  get isStopped(): boolean {
    return this.#fatal !== undefined || this.stop !== undefined;
  }

  /** Ends the run with an error that every other call would also hit. */
  end(error: unknown): void {
    this.#fatal ??= { error };
  }

  /** Throws the error passed to `end`. */
  throwIfEnded(): void {
    if (this.#fatal !== undefined) throw this.#fatal.error;
  }

  /** Counts the cost of a call before it is made; returns false and stops the run if it exceeds the budget. */
  spend(cost: number): boolean {
    // Sums of prices such as 0.1 have rounding errors, so allow a tolerance.
    if (cost > 0 && this.#counts.spent + cost > this.#budget * (1 + 1e-9)) {
      this.#stop ??= "budget";
      return false;
    }
    this.#counts.spent += cost;
    return true;
  }

  /** Reverts `spend` for a call that reached no server. */
  refund(cost: number): void {
    this.#counts.spent = Math.max(0, this.#counts.spent - cost);
  }

  /** Counts an answered call; `notMade`: steps of its chain that will be skipped because of it. */
  answered(state: "generated" | "rejected" | "refused", notMade: number): void {
    this.#failuresInARow = 0;
    this.#counts.calls++;
    this.#counts.done += 1 + notMade;
    if (state !== "generated") this.#counts[state]++;
    this.#onProgress?.(this.counts);
  }

  /** Counts a call without an answer; many in a row stop the run. */
  failed(failure: Omit<FailureKind, "count">): void {
    const known = this.#failures.get(failure.code);
    const kind = known === undefined ? { ...failure, count: 1 } : { ...known, count: known.count + 1 };
    this.#failures.set(failure.code, kind);
    if (known === undefined) this.#onFailure?.(kind);
    this.#counts.failed++;
    this.#failuresInARow++;
    if (this.#failuresInARow >= MAX_FAILURES_IN_A_ROW) this.#stop ??= "failing";
    this.#onProgress?.(this.counts);
  }
}
