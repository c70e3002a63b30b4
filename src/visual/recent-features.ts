// Features of the pictures that were seen last, in memory: a picture that several posts share is decoded and encoded once. Bounded, so that a
// stream of different pictures does not fill the memory.
import type { Features } from "../data/feature-record.ts";

/** About a thousand pictures with ResNet-50's maps of all stages, or 250 with three crops each. */
const MAX_BYTES = 64 * 2 ** 20;

/** Features by key; the ones used longest ago go first. */
export class RecentFeatures {
  readonly #known = new Map<string, Features>(); // in the order of their last use
  readonly #inFlight = new Map<string, Promise<Features>>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the features that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the features of a key; concurrent callers share one computation. What fails is not kept. */
  getOrCompute(key: string, compute: () => Promise<Features>): Promise<Features> {
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#known.delete(key);
      this.#known.set(key, known);
      return Promise.resolve(known);
    }
    const running = this.#inFlight.get(key);
    if (running !== undefined) return running;
    const result = compute()
      .then((features) => {
        this.#keep(key, features);
        return features;
      })
      .finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, result);
    return result;
  }

  #keep(key: string, features: Features): void {
    this.#known.set(key, features);
    this.#bytes += bytesOf(features);
    for (const [oldest, kept] of this.#known) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#known.delete(oldest);
      this.#bytes -= bytesOf(kept);
    }
  }
}

function bytesOf(features: Features): number {
  return Object.values(features).reduce((sum, { data }) => sum + data.byteLength, 0);
}
