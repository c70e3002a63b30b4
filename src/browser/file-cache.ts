// Keeps downloaded files in the browser's Cache API: contents under their SHA-256, so that another version of a model shares what it has in common, and records under their address.

/** What survives a reload of the page. Without a secure context, or when the browser refuses, nothing does. */
export interface FileCache {
  content(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  keepContent(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The record of a model that was read from this address last. */
  record(url: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  keepRecord(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

const NOTHING: FileCache = {
  content: async () => undefined,
  keepContent: async () => undefined,
  record: async () => undefined,
  keepRecord: async () => undefined,
};

/** Opens the cache of a name; undefined for none. `notice` hears why nothing can be kept. */
export async function openFileCache(
  name: string | undefined,
  notice: (text: string) => void,
): Promise<FileCache> {
  if (name === undefined) return NOTHING;
  if (globalThis.caches === undefined) {
    notice("nothing is kept for the next visit: the page is not in a secure context (https, or localhost)");
    return NOTHING;
  }
  let cache: Cache;
  try {
    cache = await caches.open(name);
  } catch (error) {
    notice(`nothing is kept for the next visit: ${(error as Error).message}`);
    return NOTHING;
  }
  return new BrowserCache(cache, notice);
}

class BrowserCache implements FileCache {
  readonly #cache: Cache;
  readonly #notice: (text: string) => void;
  #isFull = false;

  constructor(cache: Cache, notice: (text: string) => void) {
    this.#cache = cache;
    this.#notice = notice;
  }

  content(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#get(keyOf(sha256));
  }

  keepContent(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#put(keyOf(sha256), bytes);
  }

  record(url: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#get(url);
  }

  keepRecord(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#put(url, bytes);
  }

  async #get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const response = await this.#cache.match(key);
    return response && new Uint8Array(await response.arrayBuffer());
  }

  async #put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#isFull) return;
    try {
      await this.#cache.put(
        key,
        new Response(bytes, { headers: { "content-length": String(bytes.byteLength) } }),
      );
    } catch (error) {
      this.#isFull = true; // most likely: more would not fit either
      this.#notice(`not everything is kept for the next visit: ${(error as Error).message}`);
    }
  }
}

/** The Cache API has addresses for keys; nothing is ever requested from this one. */
function keyOf(sha256: string): string {
  return new URL(`/relata-web/sha256/${sha256}`, globalThis.location?.origin).href;
}
