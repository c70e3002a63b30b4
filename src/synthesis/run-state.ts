// What the calls of a run share: why it stops, what it spent, and the account that is shown while it runs.
/** Why a run ended before everything was made. */
export type StopReason = "interrupted" | "budget" | "failing";

/**
 * Failures in a row, over all calls, after which a generator counts as down: every call that a healthy server gives up on once in a while is
 * made again by the next run, but 100,000 calls to a dead one help nobody.
 */
const MAX_FAILURES_IN_A_ROW = 20;

/** Calls of a run that failed in the same way. */
export interface FailureKind {
  readonly code: string;
  readonly count: number;
  /** What the first of them was told, and where. */
  readonly message: string;
  readonly instance: string;
  readonly step: number;
}

/** How far a run is. */
export interface RunCounts {
  /** Steps with a final row, those of earlier runs and other processes as far as they were known at the start. */
  readonly done: number;
  readonly planned: number;
  /** Calls that this run made and that were answered. */
  readonly calls: number;
  readonly rejected: number;
  readonly refused: number;
  readonly failed: number;
  /** What the store has cost. */
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
    /** Most that the store may cost. */
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

  /** This run's failures by their code, the commonest first. */
  get failures(): readonly FailureKind[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count);
  }

  /** Why no call is begun any more; undefined while calls may be. */
  get stop(): StopReason | undefined {
    return this.#stop ?? (this.signal.aborted ? "interrupted" : undefined);
  }

  get isStopped(): boolean {
    return this.#fatal !== undefined || this.stop !== undefined;
  }

  /** Ends the run with an error that no other call would escape. */
  end(error: unknown): void {
    this.#fatal ??= { error };
  }

  /** Throws what `end` was given. */
  throwIfEnded(): void {
    if (this.#fatal !== undefined) throw this.#fatal.error;
  }

  /** Counts the cost of a call before it is made; false, and the run stops, when the budget does not allow it. */
  spend(cost: number): boolean {
    // Sums of prices such as 0.1 miss a whole budget by rounding.
    if (cost > 0 && this.#counts.spent + cost > this.#budget * (1 + 1e-9)) {
      this.#stop ??= "budget";
      return false;
    }
    this.#counts.spent += cost;
    return true;
  }

  /** Takes back what `spend` counted, of a call that reached nobody. */
  refund(cost: number): void {
    this.#counts.spent = Math.max(0, this.#counts.spent - cost);
  }

  /** An answered call; `notMade`: steps of its chain that will not be made for it. */
  answered(state: "generated" | "rejected" | "refused", notMade: number): void {
    this.#failuresInARow = 0;
    this.#counts.calls++;
    this.#counts.done += 1 + notMade;
    if (state !== "generated") this.#counts[state]++;
    this.#onProgress?.(this.counts);
  }

  /** A call without an answer; many in a row stop the run. */
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
