// The settings that requests are answered by. `relata serve` has a flag and a variable of the environment for each.

/** What the HTTP side is told; the server's settings have all of it. */
export interface HttpSettings {
  /** The address that the server listens on. */
  readonly host: string;
  /** Longest time that a post may wait for its answer, in seconds. */
  readonly requestTimeout: number;
  readonly maxConcurrentRequests: number;
  /** Posts of one request. */
  readonly maxPosts: number;
  /** Bytes of one request. */
  readonly maxBodyBytes: number;
  readonly maxPictureBytes: number;
  /** Pixels of one picture, width times height. */
  readonly maxPixels: number;
  /** Of a post's text, in UTF-16 units. */
  readonly maxTextLength: number;
  /** Prefixes of the addresses that pictures may be fetched from. */
  readonly pictureUrls: readonly string[];
  /** Origins of other sites whose pages may call the API. */
  readonly corsOrigin: readonly string[];
  /** Names that a server on loopback without tokens may be asked by, besides localhost. */
  readonly allowedHost: readonly string[];
}
