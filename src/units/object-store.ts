// Where the results of units are published: a folder that all machines share, or an object store.

/** Content under keys. A key is made once and its content never changes, so readers need no locks. */
export interface ObjectStore {
  /** The folder or address, for messages. */
  readonly place: string;
  /** The content of a key; undefined if there is none. @throws DataError `data/cannot-read` */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Whether a key exists. */
  has(key: string): Promise<boolean>;
  /**
   * Creates a key with its content in one step. The content is durable when the promise resolves, and no reader ever sees a part of it.
   * Returns false if the key exists; its content is then left as it is.
   *
   * @throws DataError `data/cannot-write`
   */
  putIfAbsent(key: string, content: Uint8Array): Promise<boolean>;
  /** The keys that begin with `prefix`, which is empty or ends with "/", in ascending order of their UTF-16 code units. */
  list(prefix: string): AsyncIterable<string>;
  /** Removes a key, if it exists. */
  remove(key: string): Promise<void>;
}

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** A key is made of names with "/" between them: letters, digits and "._-", none beginning with ".". @throws RangeError */
export function requireKey(key: string): void {
  if (!KEY.test(key) || key.endsWith(".tmp")) throw new RangeError(`not a key: ${JSON.stringify(key)}`);
}

/** @throws RangeError */
export function requirePrefix(prefix: string): void {
  if (prefix === "") return;
  if (!prefix.endsWith("/")) throw new RangeError(`not a prefix of keys: ${JSON.stringify(prefix)}`);
  requireKey(prefix.slice(0, -1));
}
