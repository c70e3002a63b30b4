// Collects the names of fields that are not read, to report each once however many rows have it.

const MAX_UNREAD = 20; // enough for a report; every row may have a different field

/** Names of fields in rows that are not read. */
export class UnreadFields {
  readonly #names = new Set<string>();
  #more = false;

  add(name: string): void {
    if (this.#names.has(name)) return;
    if (this.#names.size < MAX_UNREAD) this.#names.add(name);
    else this.#more = true;
  }

  /** The names as text; undefined if there are none. */
  describe(): string | undefined {
    if (this.#names.size === 0) return undefined;
    return `${[...this.#names].join(", ")}${this.#more ? " and others" : ""}`;
  }
}
