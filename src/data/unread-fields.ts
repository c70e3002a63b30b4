// Names of fields that rows have and nobody reads: said once, however many rows have them.

const MAX_UNREAD = 20; // enough to see what they are; rows may each have a field of their own

/** Names of fields that rows have and nobody reads. */
export class UnreadFields {
  readonly #names = new Set<string>();
  #more = false;

  add(name: string): void {
    if (this.#names.has(name)) return;
    if (this.#names.size < MAX_UNREAD) this.#names.add(name);
    else this.#more = true;
  }

  /** The names in words; undefined when there are none. */
  describe(): string | undefined {
    if (this.#names.size === 0) return undefined;
    return `${[...this.#names].join(", ")}${this.#more ? " and others" : ""}`;
  }
}
