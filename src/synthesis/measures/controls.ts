// Views and origins of other instances, drawn at random: what a measure gives where nothing is related.

import { stream } from "../../training/random.ts";
import type { Embedded, EmbeddedInstance, MeasureSpace, StoreSample } from "./store-contents.ts";

/** Draws before giving up: an instance's own real view may be that of many others. */
const TRIES = 20;

/** A view that could be drawn. */
interface Candidate {
  readonly origin: string;
  readonly vector: Float32Array;
}

/** Unrelated counterparts from a sample; the same for the same store. */
export class Controls {
  readonly #sample: readonly EmbeddedInstance[];
  readonly #candidates = new Map<string, Candidate[]>();

  constructor({ instances }: StoreSample) {
    this.#sample = [...instances.values()];
    for (const { origin, views } of this.#sample) {
      for (const { row, embedded } of views) {
        if (embedded === undefined || row.step % 2 === 0) continue;
        const key = `${embedded.space}/${row.step}`;
        const list = this.#candidates.get(key) ?? [];
        this.#candidates.set(key, list);
        list.push({ origin, vector: embedded.vector });
      }
    }
  }

  /** Something of an instance with another real view, if `pick` finds it there. */
  other(
    { index, origin }: EmbeddedInstance,
    site: string,
    pick: (instance: EmbeddedInstance) => Embedded | undefined,
  ): Embedded | undefined {
    const draws = stream(0, index, `unrelated/${site}`);
    for (let i = 0; i < TRIES && this.#sample.length > 1; i++) {
      const drawn = this.#sample[draws.integer(this.#sample.length)]!; // below its length
      const found = drawn.origin === origin ? undefined : pick(drawn);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** One candidate view for each step, of instances with different real views; undefined if there are not enough. */
  group(
    { index, origin }: EmbeddedInstance,
    space: MeasureSpace,
    steps: readonly number[],
    site: string,
  ): readonly Float32Array[] | undefined {
    const draws = stream(0, index, `unrelated/group/${site}`);
    const used = new Set([origin]);
    const found: Float32Array[] = [];
    for (const step of steps) {
      const list = this.#candidates.get(`${space}/${step}`) ?? [];
      let drawn: Candidate | undefined;
      for (let i = 0; i < TRIES && list.length > 0 && drawn === undefined; i++) {
        const one = list[draws.integer(list.length)]!; // below its length
        if (!used.has(one.origin)) drawn = one;
      }
      if (drawn === undefined) return undefined;
      used.add(drawn.origin);
      found.push(drawn.vector);
    }
    return found;
  }
}
