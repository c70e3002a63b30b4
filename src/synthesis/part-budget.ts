// Divides a budget among the parts that workers do: what a part may cost is set aside when it is handed out, and what it did not need is free again
// when it has ended.
import type { UnitAnswer } from "../units/queue/broker.ts";
import type { UnitBudget } from "../units/queue/submit-units.ts";
import type { PartMeter } from "./store/part-meter.ts";

/** Sums of prices such as 0.1 have rounding errors. */
const TOLERANCE = 1e-9;

export class PartBudget implements UnitBudget {
  readonly #meter: PartMeter;
  readonly #budget: number;
  readonly #dearest: number;
  /** What the parts in the queue may cost. */
  readonly #granted = new Map<number, number>();

  /**
   * @param budget limit on the cost of the whole store, earlier runs included; infinite for no limit
   * @param dearest the highest price of a call
   */
  constructor(meter: PartMeter, budget: number, dearest: number) {
    this.#meter = meter;
    this.#budget = budget;
    this.#dearest = dearest;
  }

  /** The parts in the queue. */
  get parts(): readonly number[] {
    return [...this.#granted.keys()];
  }

  /** All that the part's missing calls can cost if that is there; else what is left, if it pays for any call. */
  grant(part: number): number | undefined {
    if (!Number.isFinite(this.#budget)) {
      this.#granted.set(part, this.#budget);
      return this.#budget;
    }
    const { spent, left: missing } = this.#meter.of(part);
    const free = this.#free();
    const isEnough = missing <= free + TOLERANCE * this.#budget || missing === 0;
    if (!isEnough && free < this.#dearest) return undefined;
    const allowance = spent + (isEnough ? missing : free);
    this.#granted.set(part, allowance);
    return allowance;
  }

  async ended(part: number, answer: UnitAnswer | undefined): Promise<void> {
    await this.#meter.read(part, answer?.total);
    this.#granted.delete(part);
  }

  /** What is neither spent nor set aside. */
  #free(): number {
    let reserved = 0;
    for (const [part, allowance] of this.#granted)
      reserved += Math.max(0, allowance - this.#meter.of(part).spent);
    return this.#budget - this.#meter.total.spent - reserved;
  }
}
