// Posts that wait, in a fair order: callers take turns, so that one with ten thousand posts does not keep another with one waiting.

/** What the queue needs to know of an entry. */
export interface Queued {
  /** Entries of one caller are taken in order; different callers take turns. */
  readonly caller: string | symbol;
  /** Tokens, about. */
  readonly tokens: number;
  readonly bytes: number;
  readonly hasPicture: boolean;
}

/** Limits of one batch. */
export interface BatchLimits {
  readonly posts: number;
  readonly tokens: number;
}

/** A queue with turns. Every operation takes constant time for each entry. */
export class FairQueue<Entry extends Queued> {
  /** In the order of their turns: the first caller is the next. A caller without entries is not in it. */
  readonly #callers = new Map<string | symbol, Set<Entry>>();
  #length = 0;
  #bytes = 0;
  #tokens = 0;
  #pictures = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of all entries. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Tokens of all entries. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Entries with a picture. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Puts an entry behind those of its caller. */
  add(entry: Entry): void {
    const waiting = this.#callers.get(entry.caller);
    if (waiting === undefined) this.#callers.set(entry.caller, new Set([entry]));
    else waiting.add(entry);
    this.#length++;
    this.#bytes += entry.bytes;
    this.#tokens += entry.tokens;
    if (entry.hasPicture) this.#pictures++;
  }

  /** Takes an entry out, whose caller has left or whose time is up. Returns whether it was waiting. */
  remove(entry: Entry): boolean {
    const waiting = this.#callers.get(entry.caller);
    if (waiting?.delete(entry) !== true) return false;
    if (waiting.size === 0) this.#callers.delete(entry.caller);
    this.#length--;
    this.#bytes -= entry.bytes;
    this.#tokens -= entry.tokens;
    if (entry.hasPicture) this.#pictures--;
    return true;
  }

  /** Takes the next batch: one entry of each caller in turn, as many as fit, and at least one if any waits. */
  take({ posts, tokens }: BatchLimits): Entry[] {
    const taken: Entry[] = [];
    let left = tokens;
    for (;;) {
      const next = this.#next();
      if (next === undefined || taken.length >= posts) return taken;
      if (taken.length > 0 && next.tokens > left) return taken; // it is the first of the next batch
      const others = this.#callers.get(next.caller);
      this.remove(next);
      this.#callers.delete(next.caller);
      if (others !== undefined && others.size > 0) this.#callers.set(next.caller, others); // behind all other callers
      taken.push(next);
      left -= next.tokens;
    }
  }

  #next(): Entry | undefined {
    for (const waiting of this.#callers.values()) for (const entry of waiting) return entry;
    return undefined;
  }
}
