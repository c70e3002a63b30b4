// Follows the parts of a store while other processes work on them: steps, failures and cost, by part and together.
import { Gate } from "../../base/gate.ts";
import { totalOf } from "./by-generator.ts";
import { callsOf, type Manifest, manifestOfShard, shardCount } from "./manifest.ts";
import { isFinished } from "./shard.ts";
import { type StoreSurvey, surveyShard } from "./survey.ts";

/** Counts of one part or of all. */
export interface PartCounts {
  readonly done: number;
  readonly calls: number;
  readonly rejected: number;
  readonly refused: number;
  /** Failed attempts at calls that have no answer. */
  readonly failed: number;
  /** What the calls have cost, failed attempts included. */
  readonly spent: number;
  /** What the missing calls cost at most. */
  readonly left: number;
}

const NONE: PartCounts = { done: 0, calls: 0, rejected: 0, refused: 0, failed: 0, spent: 0, left: 0 };
const FIELDS = Object.keys(NONE) as (keyof PartCounts)[];

/** What the missing calls of a part cost at most. */
type CostOf = (part: Manifest, survey: StoreSurvey) => number;

export class PartMeter {
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #costOf: CostOf;
  /** One part at a time, so that no older look replaces a newer one. */
  readonly #one = new Gate(1);
  readonly #parts = new Map<number, PartCounts>();
  #total = NONE;

  private constructor(folder: string, manifest: Manifest, costOf: CostOf) {
    this.#folder = folder;
    this.#manifest = manifest;
    this.#costOf = costOf;
  }

  /**
   * Reads all parts of a store that is not complete.
   *
   * @throws SynthesisError `synthesis/damaged-store`
   */
  static async open(folder: string, manifest: Manifest, costOf: CostOf): Promise<PartMeter> {
    const meter = new PartMeter(folder, manifest, costOf);
    for (let part = 0; part < shardCount(manifest); part++) await meter.read(part);
    return meter;
  }

  /** Sums over all parts as they were last read. */
  get total(): PartCounts {
    return this.#total;
  }

  /** A part as it was last read. */
  of(part: number): PartCounts {
    return this.#parts.get(part) ?? NONE;
  }

  /** The parts that are not finished now. */
  unfinished(): number[] {
    return unfinishedParts(this.#folder, this.#manifest);
  }

  /**
   * Reads a part again.
   *
   * @param atLeast what it has cost, if somebody says so: a finished part no longer has its failed attempts
   */
  read(part: number, atLeast = 0): Promise<void> {
    return this.#one.pass(() => this.#read(part, atLeast));
  }

  async #read(part: number, atLeast: number): Promise<void> {
    const own = manifestOfShard(this.#manifest, part);
    const survey = await surveyShard(this.#folder, own, part);
    const old = this.of(part);
    const now: PartCounts = {
      done: survey.done,
      calls: totalOf(survey.calls),
      rejected: survey.rejected,
      refused: survey.refused,
      failed: survey.failedAttempts,
      spent: Math.max(totalOf(survey.cost), old.spent, atLeast),
      left: survey.done === callsOf(own) ? 0 : this.#costOf(own, survey),
    };
    this.#parts.set(part, now);
    const total = { ...this.#total };
    for (const field of FIELDS) total[field] += now[field] - old[field];
    this.#total = total;
  }
}

/** The parts of a store that are not finished, in order. */
export function unfinishedParts(folder: string, manifest: Manifest): number[] {
  const parts = Array.from({ length: shardCount(manifest) }, (_, part) => part);
  return parts.filter((part) => !isFinished(folder, part));
}
